"""The tasks of an incident as they stand: whose each is by now, by when, and whether it is done."""

from __future__ import annotations

from datetime import datetime

import msgspec

from kuaihui.incident.tasks import TaskDone, TaskGiven, TaskMade
from kuaihui.incident.timeline import Timeline
from kuaihui.language import Text


class Errand(msgspec.Struct, frozen=True):
    """One task with its newest owner; `due` and `done` are instants (UTC)."""

    task: str
    title: Text
    owner: str
    due: datetime | None = None
    done: datetime | None = None

    def late(self, now: datetime) -> bool:
        """Whether it should have been done by now."""
        return self.done is None and self.due is not None and self.due < now


def errands(timeline: Timeline) -> list[Errand]:
    """Every task: what is still to be done first, the soonest due before the others."""
    owners = {fact.task: fact.owner for fact in timeline.all(TaskGiven)}
    done = {fact.task: fact.at for fact in timeline.all(TaskDone)}
    found = [Errand(one.task, one.title, owners.get(one.task, one.owner), one.due, done.get(one.task)) for one in timeline.all(TaskMade)]
    return sorted(found, key=lambda one: (one.done is not None, one.due is None, one.due or timeline.opened.at))
