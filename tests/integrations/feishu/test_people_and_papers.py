"""Roles, meeting, people pulled in, tasks, evidence: what the other carriers promise."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from kuaihui.emulators.feishu import content
from kuaihui.emulators.feishu.faults import CallFault
from kuaihui.errors import GiveUp
from kuaihui.incident.pages import Sent
from kuaihui.incident.room import MeetingOpened, PulledIn
from kuaihui.incident.tasks import TaskLinked
from kuaihui.incident.timeline import Timeline
from kuaihui.integrations.feishu.desk import Places
from kuaihui.language import plain
from kuaihui.orders import EndTask, MakeTask, PassTask, PullIn
from tests.integrations.feishu.team import Team, at_work
from tests.integrations.feishu.test_page import presses

MONDAY = datetime(2023, 3, 13, 10, 0, tzinfo=UTC)


async def test_the_meeting_is_reserved_and_everybody_asked_gets_its_link(team: Team) -> None:
    await team.rings(0.10)
    await team.passes(minutes=1, seconds=5)
    await team.acks("dazhuang")
    await team.passes(seconds=5)
    opened = (await team.timeline()).last(MeetingOpened)
    (meeting,) = team.world.meetings.values()

    assert opened
    assert (opened.reference, opened.number) == (meeting.reserve_id, meeting.number)
    assert meeting.owner == "ou_dazhuang"
    for person in ("axin", "dazhuang", "amao", "xiaomei"):
        assert len([one for one in team.sent_to(person) if opened.link in one.content and "请入会" in content.shown(one)]) == 1
    found = await team.index.find(opened.number, team.now)
    assert found
    assert found.kind == "meeting"


async def test_a_service_with_a_meeting_of_its_own_keeps_it(team: Team) -> None:
    service = team.catalog.services["config-center"].model_copy(update={"meeting_link": "https://meet.example.org/{incident}"})
    team.edits(lambda catalog: catalog.model_copy(update={"services": {**catalog.services, "config-center": service}}))
    await team.rings(0.10)
    await team.acks("axin")
    opened = (await team.timeline()).last(MeetingOpened)

    assert opened
    assert opened.link == f"https://meet.example.org/{await team.incident()}"
    assert not team.world.meetings


async def test_a_role_is_asked_for_with_a_button_to_take_it(team: Team) -> None:
    await team.rings(0.10)
    await team.acks("axin")
    await team.passes(seconds=1)
    asked = [press for one in team.sent_to("amao") for press in presses(one) if press.about == "incident-lead"]

    assert [press.op for press in asked] == ["take-role", "decline-role"]


async def test_whoever_is_pulled_in_is_let_in_and_told_why(team: Team) -> None:
    await team.rings(0.10)
    timeline = await team.timeline()
    carry = team.workplace.carries[PullIn]
    facts = await carry(PullIn(occasion=0, person="xiaoshuai", reason=plain("请到预发布验证")), timeline, team.now)

    assert [type(fact) for fact in facts] == [PulledIn, Sent]
    assert "ou_xiaoshuai" in team.world.chats["oc_alerts"].members
    assert ["请到预发布验证" in content.shown(one) for one in team.sent_to("xiaoshuai")] == [True]


class Tasks:
    """The carriers of tasks, called as the loop calls them."""

    def __init__(self, team: Team, timeline: Timeline) -> None:
        self._team, self._timeline = team, timeline

    async def make(self, owner: str = "xiaomei") -> TaskLinked:
        order = MakeTask(occasion=7, task="cause", title=plain("查清热 key 的根因"), person=owner, due=MONDAY, draft="先看监控")
        (linked,) = await self._team.workplace.carries[MakeTask](order, self._timeline, self._team.now)
        assert isinstance(linked, TaskLinked)
        return linked

    async def carry(self, order: PassTask | EndTask) -> None:
        await self._team.workplace.carries[type(order)](order, self._timeline, self._team.now)


async def test_a_task_stands_in_its_owners_list_with_a_due_time_and_a_reminder(team: Team) -> None:
    await team.rings(0.10)
    linked = await Tasks(team, await team.timeline()).make()
    task = team.world.tasks[linked.reference]

    assert (linked.by, linked.task) == ("feishu", "cause")
    assert (task.summary, task.description) == ("查清热 key 的根因", "先看监控")
    assert str(int(MONDAY.timestamp() * 1000)) in str(task)
    assert "ou_xiaomei" in str(task.members)
    assert len(task.reminders) == 1


async def test_a_task_is_made_once_though_its_answer_is_lost(team: Team) -> None:
    await team.rings(0.10)
    tasks = Tasks(team, await team.timeline())
    team.world.faults.calls.append(CallFault(kind="lost_answer", operation="task.v2.task.create"))
    first, second = await tasks.make(), await tasks.make()

    assert first.reference == second.reference
    assert len(team.world.tasks) == 1


async def test_a_task_changes_hands_and_is_ticked_off(team: Team) -> None:
    await team.rings(0.10)
    tasks = Tasks(team, await team.timeline())
    guid = (await tasks.make()).reference
    await tasks.carry(PassTask(occasion=9, task="cause", title=plain("…"), person="ayi", reference=guid))
    members = str(team.world.tasks[guid].members)
    for _ in range(2):
        await tasks.carry(EndTask(occasion=11, task="cause", title=plain("…"), reference=guid))

    assert ("ou_ayi" in members, "ou_xiaomei" in members) == (True, False)
    assert team.world.tasks[guid].completed_at


async def test_a_task_that_is_not_in_feishu_is_given_up(team: Team) -> None:
    await team.rings(0.10)
    tasks = Tasks(team, await team.timeline())
    with pytest.raises(GiveUp):
        await tasks.carry(EndTask(occasion=11, task="cause", title=plain("…")))


async def test_without_anybody_to_own_it_the_meeting_is_our_own() -> None:
    async with at_work(places=Places(chat="oc_alerts")) as team:
        team.world.faults.calls += [CallFault(kind="error", operation="vc.v1.reserve.apply", code=121001, http=400)]
        await team.rings(0.10)
        await team.acks("axin")
        await team.passes(seconds=5)
        opened = (await team.timeline()).last(MeetingOpened)

        assert opened
        assert opened.by == "builtin"
        assert timedelta(0) <= opened.at - (await team.timeline()).opened.at
