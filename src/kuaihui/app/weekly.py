"""
The week's note: one to each owner, with everything that is open of theirs over all incidents.

Rule 1: the incident that asks first writes the note; it is settled by a note in the journal, so that two machines write no two.
Rule 2: a drill's tasks are nobody's.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime, timedelta
from typing import Final

from kuaihui.incident.open_tasks import open_tasks
from kuaihui.incident.tasks import StillOpen, WeekListed
from kuaihui.journal.journal import Journal, timeline_of
from kuaihui.journal.notes import Note
from kuaihui.orders import ListTheWeek

KIND: Final = "week"
BEHIND: Final = timedelta(days=366)  # what has not changed for a year is not asked for any more
MOST_LISTED: Final = 20
_MOST_INCIDENTS: Final = 1_000
_STANDS: Final = timedelta(days=8)


def lister(journal: Journal) -> Callable[[ListTheWeek, str, datetime], Awaitable[WeekListed | None]]:
    """What lists somebody's open tasks in this journal."""

    async def week(order: ListTheWeek, incident: str, now: datetime) -> WeekListed | None:
        if not await _is_ours(journal, order, incident, now):
            return None
        found = sorted([task async for task in _open(journal, order.person, now)], key=lambda one: (one.due is None, one.due or now))
        listed = tuple(found[:MOST_LISTED])
        return WeekListed(at=now, by="builtin", person=order.person, week=order.week, tasks=listed, more=len(found) - len(listed))

    return week


async def _is_ours(journal: Journal, order: ListTheWeek, incident: str, now: datetime) -> bool:
    """Whether this incident is the one that writes the note; the journal keeps whoever came first."""
    note = Note(f"{KIND}/{order.week}/{order.person}", KIND, incident.encode(), now, now + _STANDS, "kuaihui", now)
    await journal.stand(note)
    return any(one.id == note.id and one.body == note.body for one in await journal.standing(KIND, now))


async def _open(journal: Journal, person: str, now: datetime) -> AsyncIterator[StillOpen]:
    for summary in await journal.summaries(limit=_MOST_INCIDENTS):
        if summary.drill or now - summary.changed > BEHIND:
            continue
        timeline = timeline_of(summary.incident, await journal.read(summary.incident))
        for task in open_tasks(timeline):
            if task.owner == person:
                yield StillOpen(summary.incident, summary.title, task.title, task.due)
