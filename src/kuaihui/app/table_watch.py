"""
The team's table, kept up by all workers of a deployment: one reads it, the others take over what it has read.

Rule 1: who reads is elected through the journal; whoever becomes the reader reads at once, then every few minutes, and when it changes.
Rule 2: whichever worker hears of a change, it says so in the journal: the reader finds it there within LOOK_AGAIN, and everybody else
        what was read within as long again.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final

from kuaihui.app.feishu_listening import OFFICE
from kuaihui.app.team_table import TeamTable
from kuaihui.catalog.catalog import Catalog
from kuaihui.incident.fact import HOUSE
from kuaihui.journal.journal import Journal
from kuaihui.journal.notes import Note
from kuaihui.loop import Clock

log = logging.getLogger(__name__)

NEWS: Final = "table-changed"
LOOK_AGAIN: Final = 2.0  # seconds
# A reader that died takes its place back, or another one does, long before.
NEWS_LAST: Final = timedelta(minutes=10)


class TableWatch:
    """One worker's part in it. `catalog` is the one in force, `every` how often it is read, `changed` is set when a change is heard of."""

    def __init__(
        self, table: TeamTable, journal: Journal, catalog: Callable[[], Catalog], clock: Clock, every: timedelta, changed: asyncio.Event
    ) -> None:
        self._table, self._journal, self._catalog, self._clock = table, journal, catalog, clock
        self._every, self._changed = every, changed
        self._next: datetime | None = None
        self._known: frozenset[str] = frozenset()

    async def run(self) -> None:
        """Keep the table up, for ever."""
        alone = self._journal.exclusive
        while True:
            try:
                await self.turn()
            except Exception:
                log.exception("the team's table could not be kept up; trying again")
            with suppress(TimeoutError):
                await asyncio.wait_for(self._changed.wait(), self._every.total_seconds() if alone else LOOK_AGAIN)

    async def turn(self) -> None:
        """Read the table where it is this worker's and time, or take over what was read."""
        now = self._clock.now()
        if not await self._journal.lead(OFFICE):
            self._next = None
            await self._pass_on(now)
            await self._table.recall(now)
            return
        heard = self._changed.is_set()
        self._changed.clear()
        if await self._news(now) or heard or self._next is None or now >= self._next:
            self._next = None  # should the reading fail, it is done again
            await self._table.look(self._catalog(), now)
            self._next = now + self._every

    async def _pass_on(self, now: datetime) -> None:
        """Tell the reader what was heard here."""
        if self._changed.is_set():
            self._changed.clear()
            await self._journal.stand(Note(f"{NEWS}-{now:%Y%m%dT%H%M%S%f}", NEWS, b"{}", now, now + NEWS_LAST, HOUSE, now))

    async def _news(self, now: datetime) -> bool:
        """Whether another worker has heard of a change since the last look."""
        if self._journal.exclusive:
            return False
        told = frozenset(note.id for note in await self._journal.standing(NEWS, now))
        news, self._known = bool(told - self._known), told
        return news
