"""What stays to be done in an incident: each task as it stands."""

from __future__ import annotations

from datetime import datetime

import msgspec

from kuaihui.incident.tasks import TaskDone, TaskGiven, TaskLinked, TaskMade, TaskReminded, TaskReopened
from kuaihui.incident.timeline import Timeline
from kuaihui.language import Text


class Task(msgspec.Struct):
    """One task: whose it is now, when it is due (UTC), and whether it is done. `number` is that of its TaskMade."""

    id: str
    title: Text
    owner: str
    made: datetime
    number: int
    due: datetime | None = None
    draft: str = ""
    reason: Text | None = None
    done: datetime | None = None
    reminded: int = 0
    last_reminded: datetime | None = None
    links: dict[str, TaskLinked] = {}  # by the integration that it stands in too


def tasks(timeline: Timeline) -> dict[str, Task]:
    """Every task that was ever made, by id, in their order."""
    found: dict[str, Task] = {}
    for number, made in timeline.numbered(TaskMade):
        found.setdefault(made.task, Task(made.task, made.title, made.owner, made.at, number, made.due, made.draft, made.reason))
    for given in timeline.all(TaskGiven):
        if task := found.get(given.task):
            task.owner = given.owner
    for reminded in timeline.all(TaskReminded):
        if task := found.get(reminded.task):
            task.reminded, task.last_reminded = reminded.count, reminded.at
    for linked in timeline.all(TaskLinked):
        if task := found.get(linked.task):
            task.links[linked.by] = linked
    ended = [*timeline.numbered(TaskDone), *timeline.numbered(TaskReopened)]
    for _, fact in sorted(ended, key=lambda one: one[0]):
        if task := found.get(fact.task):
            task.done = fact.at if isinstance(fact, TaskDone) else None
    return found


def open_tasks(timeline: Timeline) -> list[Task]:
    """The tasks that are not done, in the order they were made."""
    return [task for task in tasks(timeline).values() if not task.done]
