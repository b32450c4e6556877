"""MakeTask, PassTask, EndTask, ResumeTask: follow-ups where their owners keep theirs, with a due time and a reminder before it."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from kuaihui.errors import GiveUp
from kuaihui.incident.fact import Fact
from kuaihui.incident.tasks import TaskLinked
from kuaihui.incident.timeline import Timeline
from kuaihui.integrations.feishu.client.failures import FeishuRefused
from kuaihui.integrations.feishu.desk import NAME, Desk, key
from kuaihui.language import text
from kuaihui.orders import EndTask, MakeTask, PassTask, ResumeTask

# A working day's notice would come on a Sunday for what is due on Monday; the morning of the day does.
REMIND_BEFORE: Final = 60  # minutes
LONGEST_DESCRIPTION: Final = 3_000
GONE: Final = 1470404


class Tasker:
    """Keeps tasks."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def make(self, order: MakeTask, timeline: Timeline, now: datetime) -> list[Fact]:
        """The task in its owner's list; the same order within five minutes makes no second one."""
        owner = await self._desk.directory.open_id(order.person, now)
        language = self._desk.language_of(order.person)
        link = (order.link or self._desk.link(timeline), timeline.incident)
        made = await self._desk.feishu.tasks.create(
            self._desk.told(order.title, language),
            [owner],
            due=order.due,
            description=order.draft[:LONGEST_DESCRIPTION],
            link=link,
            remind_minutes=REMIND_BEFORE,
            key=key(timeline, order),
        )
        return [TaskLinked(at=now, by=NAME, task=order.task, reference=made.guid, link=made.url)]

    async def pass_on(self, order: PassTask, timeline: Timeline, now: datetime) -> list[Fact]:
        """The new owner has it, and nobody else. Raises GiveUp where the task is not in Feishu."""
        guid = _guid(order)
        owner = await self._desk.directory.open_id(order.person, now)
        there = await self._desk.feishu.tasks.get(guid)
        others = [one.id for one in there.members or [] if one.role == "assignee" and one.id != owner]
        await self._desk.feishu.tasks.hand_over(guid, to=[owner], away_from=others)
        return []

    async def end(self, order: EndTask, timeline: Timeline, now: datetime) -> list[Fact]:
        """Ticked off; one that its owner has ticked off or thrown away stays so."""
        try:
            there = await self._desk.feishu.tasks.get(_guid(order))
            if there.completed is None:
                await self._desk.feishu.tasks.complete(there.guid, now)
        except FeishuRefused as refused:
            if refused.code != GONE:
                raise
        return []

    async def resume(self, order: ResumeTask, timeline: Timeline, now: datetime) -> list[Fact]:
        """Its tick taken back; one that its owner has thrown away stays so."""
        try:
            there = await self._desk.feishu.tasks.get(_guid(order))
            if there.completed is not None:
                await self._desk.feishu.tasks.reopen(there.guid)
        except FeishuRefused as refused:
            if refused.code != GONE:
                raise
        return []


def _guid(order: PassTask | EndTask | ResumeTask) -> str:
    if not order.reference:
        raise GiveUp(text("the task {task} is not in Feishu", task=order.task))
    return order.reference
