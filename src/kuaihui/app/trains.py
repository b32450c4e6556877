"""
News of changes, from the door to the hotfixes they move.

Rule 1: news is kept first, as a change like any other; only what is kept is looked at, all of it each time, so that a crash in between
        loses nothing and no order of arrival makes a difference.
Rule 2: what moves no hotfix is kept all the same: looking for changes finds it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Final

import msgspec

from kuaihui.catalog.catalog import Catalog
from kuaihui.incident.fact import Fact
from kuaihui.incident.repair import HotfixLinked, HotfixStarted
from kuaihui.incident.timeline import Timeline
from kuaihui.intake.movements import Movement
from kuaihui.intake.moving import LOOK_BACK, moves, projects_of
from kuaihui.integrations.changes.hook import KIND, movement_of, note_of
from kuaihui.journal.journal import Summary
from kuaihui.loop import Clock, Loop

_MOMENT: Final = timedelta(microseconds=1)
STILL_ON_ITS_WAY: Final = timedelta(days=1)
MOST_CLOSED: Final = 100


class Trains:
    """Keeps news of changes, and moves the hotfixes of open incidents by it."""

    def __init__(self, loop: Loop, catalog: Callable[[], Catalog], clock: Clock) -> None:
        self.loop, self.catalog, self.clock = loop, catalog, clock

    async def hear(self, news: Sequence[Movement], by: str, delivery: str = "") -> dict[str, list[Fact]]:
        """Keep this news, and give the facts it became by incident. Raises what the journal raises when it cannot keep them."""
        now = self.clock.now()
        for one in news:
            await self.loop.journal.stand(note_of(self._of_a_service(one), by, now, delivery))
        return await self.look() if news else {}

    async def after(self, incident: str, facts: Sequence[Fact]) -> None:
        """Where a hotfix was begun or linked by a person, move it by what is kept already: the code may be older than the word."""
        if any(isinstance(fact, HotfixStarted | HotfixLinked) for fact in facts):
            await self.look(incident)

    async def look(self, incident: str = "") -> dict[str, list[Fact]]:
        """Move the hotfixes of every open incident (or of this one) by all that is kept; the facts by incident."""
        found: dict[str, list[Fact]] = {}
        kept: list[Movement] | None = None
        newest: dict[str, str] = {}
        for summary in await self._lately():
            if not summary.closed and not summary.drill:  # what is merged for real is no part of a drill
                newest.setdefault(summary.service, summary.incident)
            if incident in ("", summary.incident):
                kept = await self._kept() if kept is None else kept
                if facts := await self._move(summary, kept, may_start=newest.get(summary.service) == summary.incident):
                    found[summary.incident] = facts
        return found

    async def _lately(self) -> list[Summary]:
        """Incidents that are open, and those closed so lately that their hotfix may still be on its way."""
        journal, since = self.loop.journal, self.clock.now() - STILL_ON_ITS_WAY
        closed = [one for one in await journal.summaries(limit=MOST_CLOSED) if one.closed and one.closed >= since]
        return [*await journal.summaries(open_only=True), *closed]

    async def _kept(self) -> list[Movement]:
        notes = await self.loop.journal.standing(KIND, self.clock.now() - LOOK_BACK - _MOMENT)
        return [movement_of(note) for note in notes]

    async def _move(self, summary: Summary, kept: Sequence[Movement], *, may_start: bool) -> list[Fact]:
        def meaning(timeline: Timeline) -> list[Fact]:
            return moves(timeline, self.catalog(), kept, self.clock.now(), may_start=may_start)

        # Most news moves nothing: it is not worth a write.
        return await self.loop.hear(summary.incident, meaning) if meaning(await self.loop.timeline(summary.incident)) else []

    def _of_a_service(self, one: Movement) -> Movement:
        """News whose sender names no service is that of the one service which names its project."""
        if one.service or not one.project:
            return one
        of = [service.id for service in self.catalog().services.values() if one.project in projects_of(service)]
        return msgspec.structs.replace(one, service=of[0]) if len(of) == 1 else one
