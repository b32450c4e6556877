"""Tasks: follow-ups with an owner and a due time, finished in Feishu and heard of by event."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec

from kuaihui.integrations.feishu.client.caller import Ask, Caller, Nothing, Operation
from kuaihui.integrations.feishu.client.paces import Pace
from kuaihui.integrations.feishu.client.times import from_milliseconds, to_milliseconds

TASK = "task/v2/tasks/{guid}"
TEN = (Pace(10),)
CREATE = Operation("task.v2.task.create", "POST", "task/v2/tasks", TEN)
GET = Operation("task.v2.task.get", "GET", TASK, TEN)
PATCH = Operation("task.v2.task.patch", "PATCH", TASK, TEN)
ADD = Operation("task.v2.task.add_members", "POST", f"{TASK}/add_members", TEN)
REMOVE = Operation("task.v2.task.remove_members", "POST", f"{TASK}/remove_members", TEN)
ADD_REMINDERS = Operation("task.v2.task.add_reminders", "POST", f"{TASK}/add_reminders", (Pace(100, 60),))
REMOVE_REMINDERS = Operation("task.v2.task.remove_reminders", "POST", f"{TASK}/remove_reminders", (Pace(100, 60),))
COMMENT = Operation("task.v2.comment.create", "POST", "task/v2/comments", TEN)
SUBSCRIBE = Operation("task.v2.task_v2.task_subscription", "POST", "task/v2/task_v2/task_subscription", (Pace(100, 60),))
LONGEST_SUMMARY = 3000
EVENT_TYPES = ("task_completed_update", "task_assignees_update", "task_start_due_update", "task_deleted")


class Member(msgspec.Struct, frozen=True):
    """Somebody of a task: `assignee` or `follower`."""

    id: str
    type: str = "user"
    role: str = "assignee"


class Due(msgspec.Struct, frozen=True):
    """When a task is due, in milliseconds."""

    timestamp: int = 0
    is_all_day: bool = False


class Reminder(msgspec.Struct, frozen=True):
    """A reminder, in minutes before the due time."""

    id: str
    relative_fire_minute: int = 0


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """A task."""

    guid: str
    summary: str = ""
    description: str = ""
    due: Due | None = None
    members: list[Member] | None = None
    reminders: list[Reminder] | None = None
    completed_at: int = 0  # milliseconds; 0: open
    url: str = ""

    @property
    def completed(self) -> datetime | None:
        """When it was finished; None while it is open."""
        return from_milliseconds(self.completed_at) if self.completed_at else None

    @property
    def due_at(self) -> datetime | None:
        """When it is due."""
        return from_milliseconds(self.due.timestamp) if self.due else None


class _Task(msgspec.Struct):
    task: Task


class Tasks:
    """Tasks the app makes; it sees no others. The `key` keeps a task from being made twice for five minutes only."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    async def create(
        self,
        summary: str,
        assignees: Sequence[str],
        *,
        due: datetime | None = None,
        description: str = "",
        link: tuple[str, str] | None = None,
        remind_minutes: int | None = None,
        key: str,
    ) -> Task:
        """A task for these people. `link` is an address and its title, shown as where the task comes from."""
        body: dict[str, object] = {
            "summary": summary[:LONGEST_SUMMARY],
            "description": description,
            "members": [{"id": one, "type": "user", "role": "assignee"} for one in assignees],
            "client_token": key,
        }
        if due:
            body["due"] = {"timestamp": str(to_milliseconds(due)), "is_all_day": False}
        if due and remind_minutes is not None:
            body["reminders"] = [{"relative_fire_minute": remind_minutes}]
        if link:
            body["origin"] = {"platform_i18n_name": {"zh_cn": "快恢", "en_us": "Kuaihui"}, "href": {"url": link[0], "title": link[1]}}
        return (await self._caller.ask(Ask(operation=CREATE, shape=_Task, query=_BY_OPEN_ID, body=body, twice_is_once=True))).task

    async def get(self, guid: str) -> Task:
        """One task."""
        return (await self._caller.ask(Ask(operation=GET, shape=_Task, path={"guid": guid}, query=_BY_OPEN_ID))).task

    async def complete(self, guid: str, at: datetime) -> Task:
        """Mark a task as done at this instant."""
        return await self._set(guid, {"completed_at": str(to_milliseconds(at))})

    async def reopen(self, guid: str) -> Task:
        """Open a task again."""
        return await self._set(guid, {"completed_at": "0"})

    async def describe(self, guid: str, summary: str, description: str) -> Task:
        """Give a task other words."""
        return await self._set(guid, {"summary": summary[:LONGEST_SUMMARY], "description": description})

    async def put_off(self, guid: str, due: datetime) -> Task:
        """Give a task another due time."""
        return await self._set(guid, {"due": {"timestamp": str(to_milliseconds(due)), "is_all_day": False}})

    async def hand_over(self, guid: str, *, to: Sequence[str], away_from: Sequence[str] = ()) -> Task:
        """Give a task to other people; the new ones are added first, so that nobody is never."""
        changed = await self._people(ADD, guid, to)
        return await self._people(REMOVE, guid, away_from) if away_from else changed

    async def remind(self, guid: str, minutes: int) -> Task:
        """Remind so many minutes before the due time, and no longer as before."""
        there = (await self.get(guid)).reminders or []
        if there:
            await self._post(REMOVE_REMINDERS, guid, {"reminder_ids": [one.id for one in there]})
        return await self._post(ADD_REMINDERS, guid, {"reminders": [{"relative_fire_minute": minutes}]})

    async def comment(self, guid: str, words: str) -> None:
        """Say something on a task; its people are told."""
        body = {"content": words, "resource_type": "task", "resource_id": guid}
        await self._caller.ask(Ask(operation=COMMENT, shape=Nothing, query=_BY_OPEN_ID, body=body))

    async def follow(self) -> None:
        """Ask for the events of the app's tasks."""
        body = {"event_types": list(EVENT_TYPES)}
        await self._caller.ask(Ask(operation=SUBSCRIBE, shape=Nothing, query=_BY_OPEN_ID, body=body, twice_is_once=True))

    async def _set(self, guid: str, fields: dict[str, object]) -> Task:
        body = {"task": fields, "update_fields": list(fields)}
        return await self._post(PATCH, guid, body)

    async def _people(self, operation: Operation, guid: str, people: Sequence[str]) -> Task:
        return await self._post(operation, guid, {"members": [{"id": one, "type": "user", "role": "assignee"} for one in people]})

    async def _post(self, operation: Operation, guid: str, body: object) -> Task:
        ask = Ask(operation=operation, shape=_Task, path={"guid": guid}, query=_BY_OPEN_ID, body=body, twice_is_once=True)
        return (await self._caller.ask(ask)).task


_BY_OPEN_ID = {"user_id_type": "open_id"}
