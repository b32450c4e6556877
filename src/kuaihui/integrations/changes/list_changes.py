"""Listing the changes that pipelines told us."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, Protocol

from kuaihui.diagnosis.listed_changes import listed
from kuaihui.diagnosis.scrubbing import DEFAULT, Scrubber
from kuaihui.incident.evidence import Change
from kuaihui.incident.fact import Fact
from kuaihui.incident.timeline import Timeline
from kuaihui.integrations.changes.hook import KIND, change_of, note_of
from kuaihui.journal.notes import Note
from kuaihui.orders import ListChanges, Order

_MOMENT: Final = timedelta(microseconds=1)


class Notes(Protocol):
    """The part of a journal that keeps notes."""

    async def stand(self, note: Note) -> None: ...

    async def standing(self, kind: str, at: datetime | None = None) -> list[Note]: ...


class Changes:
    """Keeps what pipelines tell in the journal, and lists it."""

    name = "changes"
    channels: frozenset[str] = frozenset()

    def __init__(self, journal: Notes, scrub: Scrubber = DEFAULT) -> None:
        self._journal, self.scrub = journal, scrub
        self.carries: dict[type[Order], Callable[[Any, Timeline, datetime], Awaitable[list[Fact]]]] = {ListChanges: self.list_changes}

    async def close(self) -> None:
        """The journal is closed by who opened it."""

    async def keep(self, changes: Sequence[Change], by: str, now: datetime) -> None:
        """Keep these changes; those that are kept already stay as they are."""
        for change in changes:
            await self._journal.stand(note_of(change, by, now))

    async def list_changes(self, order: ListChanges, timeline: Timeline, now: datetime) -> list[Fact]:
        """The changes of the span and service (those that name no service are everybody's), the newest first."""
        notes = await self._journal.standing(KIND, order.since - _MOMENT)
        told = (change_of(note) for note in notes if order.since <= note.since < order.until)
        wanted = {order.service, order.place.get("service", order.service), ""}
        found = [change for change in told if not order.service or change.service in wanted]
        return [listed(order, found, now, self.name, scrub=self.scrub)]
