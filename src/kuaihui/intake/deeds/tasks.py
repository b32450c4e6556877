"""Tasks: made, given, done."""

from __future__ import annotations

from datetime import datetime

from kuaihui.catalog.catalog import Catalog
from kuaihui.errors import Refused
from kuaihui.incident.fact import Fact
from kuaihui.incident.open_tasks import open_tasks
from kuaihui.incident.tasks import TaskDone, TaskGiven, TaskMade, TaskReopened
from kuaihui.incident.timeline import Timeline
from kuaihui.intake import signals
from kuaihui.intake.deeds.refusing import known_person
from kuaihui.language import plain, text


def make(deed: signals.MakeTask, timeline: Timeline, catalog: Catalog, now: datetime) -> list[Fact]:
    """Somebody is to do this; a task stays open when the incident is closed."""
    known_person(deed.owner, catalog)
    if not deed.title.strip():
        raise Refused(text("a task needs a title"))
    if any(fact.task == deed.task for fact in timeline.all(TaskMade)):
        return []
    return [TaskMade(at=now, by=deed.person, task=deed.task, title=plain(deed.title), owner=deed.owner, due=deed.due)]


def give(deed: signals.GiveTask, timeline: Timeline, catalog: Catalog, now: datetime) -> list[Fact]:
    """Another owner does it."""
    known_person(deed.owner, catalog)
    made = _task(timeline, deed.task)
    return [TaskGiven(at=now, by=deed.person, task=deed.task, title=made.title, owner=deed.owner)]


def finish(deed: signals.FinishTask, timeline: Timeline, catalog: Catalog, now: datetime) -> list[Fact]:
    """Done."""
    made = _task(timeline, deed.task)
    return [TaskDone(at=now, by=deed.person, task=deed.task, title=made.title)] if _open(timeline, deed.task) else []


def reopen(deed: signals.ReopenTask, timeline: Timeline, catalog: Catalog, now: datetime) -> list[Fact]:
    """To be done again."""
    made = _task(timeline, deed.task)
    return [] if _open(timeline, deed.task) else [TaskReopened(at=now, by=deed.person, task=deed.task, title=made.title)]


def _open(timeline: Timeline, task: str) -> bool:
    return any(one.id == task for one in open_tasks(timeline))


def _task(timeline: Timeline, task: str) -> TaskMade:
    for fact in timeline.all(TaskMade):
        if fact.task == task:
            return fact
    raise Refused(text("there is no task {task}", task=task))
