"""
What it means for a task that its issue was closed or opened again in the repository.

Rule 1: an issue is a task's by the mark that it was made with; where the task is linked to another issue, a copy of it says nothing.
Rule 2: all that was told of one issue is looked at by its own clock: what comes late or twice makes no difference to where the task stands.
Rule 3: what the task's owner or anybody says here is not measured against the repository's clock: only what is newer than the last news
        of the issue that was followed counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Final

import msgspec

from kuaihui.catalog.catalog import Catalog
from kuaihui.incident.fact import Fact
from kuaihui.incident.open_tasks import Task, tasks
from kuaihui.incident.tasks import TaskDone, TaskReopened
from kuaihui.incident.timeline import Timeline

CLOSED, REOPENED = "closed", "reopened"
_MARK: Final = re.compile(r"<!-- kuaihui (\S+) (.+?) -->")


class IssueMoved(msgspec.Struct, frozen=True, kw_only=True):
    """
    An issue was closed or re-opened at `at` (UTC, by the product's clock), by `author` as the product calls them.

    `number` is what the product calls the issue in its project; `incident` and `task` stand in its mark, and are empty where it has none.
    """

    source: str
    project: str
    number: str
    outcome: str
    at: datetime
    author: str = ""
    email: str = ""
    link: str = ""
    incident: str = ""
    task: str = ""

    @property
    def issue(self) -> tuple[str, str, str]:
        """Which issue it is."""
        return self.source, self.project, self.number


def mark_of(incident: str, task: str) -> str:
    """What a task's issue is found again by; Markdown does not show it."""
    return f"<!-- kuaihui {incident} {task} -->"


def marked(words: str) -> tuple[str, str]:
    """The incident and the task whose mark an issue's words carry; empty where they carry none."""
    found = _MARK.search(words)
    return (found[1], found[2]) if found else ("", "")


def newest(told: Iterable[IssueMoved], issue: tuple[str, str, str]) -> IssueMoved | None:
    """The last news of an issue by its own clock, in whatever order it came."""
    return max((one for one in told if one.issue == issue), key=lambda one: one.at, default=None)


def follow(timeline: Timeline, catalog: Catalog, last: IssueMoved, now: datetime) -> list[Fact]:
    """The facts that the last news of an issue becomes; none where the task stands so already, or the issue is not its own."""
    task = _task(timeline, last)
    if task is None or last.at <= _followed(timeline, task.id, last.source):
        return []
    by = _person(catalog, last) or last.source
    if last.outcome == CLOSED and task.done is None:
        return [TaskDone(at=now, by=by, task=task.id, title=task.title, source=last.source, author=last.author, told=last.at)]
    if last.outcome == REOPENED and task.done is not None:
        return [TaskReopened(at=now, by=by, task=task.id, title=task.title, source=last.source, author=last.author, told=last.at)]
    return []


def _task(timeline: Timeline, last: IssueMoved) -> Task | None:
    for task in tasks(timeline).values():
        links = [link.link for by, link in task.links.items() if f"{by}.".startswith(f"{last.source}.")]
        if last.link in links or (not links and task.id == last.task):
            return task
    return None


def _followed(timeline: Timeline, task: str, source: str) -> datetime:
    """The repository's instant up to which its news of this task was followed."""
    ended = [*timeline.all(TaskDone), *timeline.all(TaskReopened)]
    return max((one.told for one in ended if one.task == task and one.source == source and one.told), default=_NEVER)


def _person(catalog: Catalog, last: IssueMoved) -> str:
    """Whom the catalog has by this name or address; empty where it has nobody."""
    author, email = last.author.casefold(), last.email.casefold()
    for person, one in catalog.people.items():
        if author == person.casefold() or (email and email == one.email.casefold()):
            return person
    return ""


_NEVER: Final = datetime.fromisoformat("0001-01-01T00:00:00+00:00")
