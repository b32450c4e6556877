"""Tasks (task v2): made, given to people, reminded of, finished; those who may see one hear of its changes."""

from __future__ import annotations

from datetime import timedelta
from typing import cast

import msgspec

from kuaihui.emulators.feishu.call import Answer, Call, Operation
from kuaihui.emulators.feishu.clock import milliseconds
from kuaihui.emulators.feishu.errors import NO_SUCH_TASK, TASK_BAD_ARGUMENT, TASK_FORBIDDEN, TASK_HAS_REMINDER, Rejected
from kuaihui.emulators.feishu.limits import TEN_A_SECOND, TIER_3
from kuaihui.emulators.feishu.papers import Task, TaskComment
from kuaihui.emulators.feishu.records import Json
from kuaihui.emulators.feishu.world import World

SAME_TOKEN = timedelta(minutes=5)
LONGEST_SUMMARY = 3000
CHANGEABLE = {"summary", "description", "due", "completed_at", "extra", "mode"}


class Member(msgspec.Struct):
    """Somebody of a task: assignee or follower."""

    id: str
    type: str = "user"
    role: str = "assignee"


class NewTask(msgspec.Struct):
    """The body of `task.create`."""

    summary: str
    description: str = ""
    due: dict[str, object] | None = None
    members: list[Member] = []
    reminders: list[dict[str, object]] = []
    origin: dict[str, object] | None = None
    client_token: str = ""
    extra: str = ""
    mode: int = 1
    completed_at: int = 0


class TaskFields(msgspec.Struct):
    """The fields `task.patch` may set."""

    summary: str = ""
    description: str = ""
    due: dict[str, object] | None = None
    completed_at: int = 0
    extra: str = ""
    mode: int = 1


class Patch(msgspec.Struct):
    """The body of `task.patch`: a name in `update_fields` without a value clears it."""

    task: TaskFields
    update_fields: list[str]


class Members(msgspec.Struct):
    """The body of the member calls."""

    members: list[Member]
    client_token: str = ""


class Reminders(msgspec.Struct):
    """The body of `task.add_reminders`."""

    reminders: list[dict[str, object]]


class ReminderIds(msgspec.Struct):
    """The body of `task.remove_reminders`."""

    reminder_ids: list[str]


class NewComment(msgspec.Struct):
    """The body of `comment.create`."""

    content: str
    resource_id: str
    resource_type: str = "task"


class Watching(msgspec.Struct):
    """The body of the subscription call."""

    event_types: list[str] = []


def create(call: Call) -> Answer:
    """A task; the same client token within five minutes is the same task."""
    said, world = call.body(NewTask, TASK_BAD_ARGUMENT), call.world
    if not 0 < len(said.summary) <= LONGEST_SUMMARY:
        raise TASK_BAD_ARGUMENT.because("summary of 1 to 3000 characters")
    if len(said.reminders) > 1 or (said.reminders and not said.due):
        raise TASK_BAD_ARGUMENT.because("one reminder at most, and only with a due time")
    earlier = world.task_tokens.get(said.client_token) if said.client_token else None
    if earlier and world.now() - earlier[1] < SAME_TOKEN:
        return {"task": shown(world.tasks[earlier[0]])}
    made = _made(call, said)
    world.tasks[made.guid] = made
    if said.client_token:
        world.task_tokens[said.client_token] = (made.guid, world.now())
    _announce(world, made, "task_create")
    return {"task": shown(made)}


def _made(call: Call, said: NewTask) -> Task:
    world = call.world
    made = Task(
        guid=world.new_id("task-"),
        task_id=f"t{100000 + len(world.tasks)}",
        summary=said.summary,
        creator=call.actor,
        created=world.now(),
        updated=world.now(),
        description=said.description,
        due=said.due,
        mode=said.mode,
        extra=said.extra,
        origin=said.origin,
        members=[_member(call, one) for one in said.members],
        completed_at=said.completed_at,
    )
    made.reminders = [{"id": world.new_id("rem"), **one} for one in said.reminders]
    return made


def _member(call: Call, one: Member) -> Json:
    named = call.world.person(one.id, call.id_type).open_id if one.type == "user" else one.id
    return {"id": named, "type": one.type, "role": one.role}


def _task(call: Call) -> Task:
    found = call.world.tasks.get(call.path["task_guid"])
    if found is None:
        raise Rejected(NO_SUCH_TASK)
    if call.actor != found.creator and not any(one["id"] == call.actor for one in found.members):
        raise Rejected(TASK_FORBIDDEN)
    return found


def get(call: Call) -> Answer:
    """A task the caller made or was added to."""
    return {"task": shown(_task(call))}


def patch(call: Call) -> Answer:
    """Change fields; completing by `completed_at`, re-opening by "0"."""
    found, said = _task(call), call.body(Patch, TASK_BAD_ARGUMENT)
    if not said.update_fields or set(said.update_fields) - CHANGEABLE:
        raise TASK_BAD_ARGUMENT.because(f"update_fields {said.update_fields}")
    for name in said.update_fields:
        if name == "completed_at":
            complete(call.world, found, said.task.completed_at)
        else:
            setattr(found, name, getattr(said.task, name))
            _announce(call.world, found, f"task_{name}_update" if name != "due" else "task_start_due_update")
    found.updated = call.world.now()
    return {"task": shown(found)}


def complete(world: World, found: Task, at: int) -> None:
    """Done at this instant, or with 0 open again."""
    found.completed_at = at
    found.updated = world.now()
    _announce(world, found, "task_completed_update")


def add_members(call: Call) -> Answer:
    """More people on a task."""
    found, said = _task(call), call.body(Members, TASK_BAD_ARGUMENT)
    new = [_member(call, one) for one in said.members]
    found.members += [one for one in new if one not in found.members]
    _announce(call.world, found, "task_assignees_update")
    return {"task": shown(found)}


def remove_members(call: Call) -> Answer:
    """People off a task."""
    found, said = _task(call), call.body(Members, TASK_BAD_ARGUMENT)
    gone = [_member(call, one) for one in said.members]
    found.members = [one for one in found.members if one not in gone]
    _announce(call.world, found, "task_assignees_update")
    return {"task": shown(found)}


def add_reminders(call: Call) -> Answer:
    """A reminder before the due time; a task has one."""
    found, said = _task(call), call.body(Reminders, TASK_BAD_ARGUMENT)
    if found.reminders:
        raise Rejected(TASK_HAS_REMINDER)
    if not found.due:
        raise TASK_BAD_ARGUMENT.because("no due time")
    found.reminders = [{"id": call.world.new_id("rem"), **one} for one in said.reminders[:1]]
    return {"task": shown(found)}


def remove_reminders(call: Call) -> Answer:
    """Reminders off a task."""
    found, said = _task(call), call.body(ReminderIds, TASK_BAD_ARGUMENT)
    found.reminders = [one for one in found.reminders if one["id"] not in said.reminder_ids]
    return {"task": shown(found)}


def comment(call: Call) -> Answer:
    """A comment on a task."""
    said = call.body(NewComment, TASK_BAD_ARGUMENT)
    found = call.world.tasks.get(said.resource_id)
    if found is None:
        raise Rejected(NO_SUCH_TASK)
    made = TaskComment(call.world.new_id("tc"), call.actor, said.content, call.world.now())
    found.comments.append(made)
    _announce(call.world, found, "task_comment_create")
    shown_comment: Json = {"id": made.comment_id, "content": made.content, "creator": {"id": made.author, "type": call.actor_kind}}
    return {"comment": {**shown_comment, "resource_type": "task", "resource_id": found.guid}}


def watch(call: Call) -> Answer:
    """Events of the tasks this app can see."""
    call.body(Watching, TASK_BAD_ARGUMENT)
    call.world.task_watchers.add(call.app.app_id)
    return {}


def _announce(world: World, found: Task, what: str) -> None:
    watching = [app for app in world.task_watchers if app == found.creator or any(one["id"] == app for one in found.members)]
    if watching:
        world.publish(watching, "task.task.update_user_access_v2", {"task_guid": found.guid, "event_types": [what]}, found.guid)


def shown(one: Task) -> Json:
    """A task as every task call answers it."""
    return {
        "guid": one.guid,
        "task_id": one.task_id,
        "summary": one.summary,
        "description": one.description,
        "due": {**one.due, "timestamp": str(one.due.get("timestamp"))} if one.due else None,
        "reminders": one.reminders,
        "creator": {"id": one.creator, "type": "app" if one.creator.startswith("cli_") else "user"},
        "members": one.members,
        "completed_at": str(one.completed_at),
        "status": "done" if one.completed_at else "todo",
        "url": f"https://applink.feishu.cn/client/todo/detail?guid={one.guid}",
        "mode": one.mode,
        "extra": one.extra,
        "origin": one.origin,
        "created_at": str(milliseconds(one.created)),
        "updated_at": str(milliseconds(one.updated)),
    }


def assignees(one: Task) -> set[str]:
    """Who is to do it."""
    return {cast("str", each["id"]) for each in one.members if each["role"] == "assignee"}


TASK = "task/v2/tasks/{task_guid}"
OPERATIONS = [
    Operation("task.v2.task.create", "POST", "task/v2/tasks", create, "TU", TEN_A_SECOND),
    Operation("task.v2.task.get", "GET", TASK, get, "TU", TEN_A_SECOND),
    Operation("task.v2.task.patch", "PATCH", TASK, patch, "TU", TEN_A_SECOND),
    Operation("task.v2.task.add_members", "POST", f"{TASK}/add_members", add_members, "TU", TEN_A_SECOND),
    Operation("task.v2.task.remove_members", "POST", f"{TASK}/remove_members", remove_members, "TU", TEN_A_SECOND),
    Operation("task.v2.task.add_reminders", "POST", f"{TASK}/add_reminders", add_reminders, "TU", TIER_3),
    Operation("task.v2.task.remove_reminders", "POST", f"{TASK}/remove_reminders", remove_reminders, "TU", TIER_3),
    Operation("task.v2.comment.create", "POST", "task/v2/comments", comment, "TU", TEN_A_SECOND),
    Operation("task.v2.task_v2.task_subscription", "POST", "task/v2/task_v2/task_subscription", watch, "TU", TIER_3),
]
