"""
Watching over the watchdogs: rings where one has fallen silent, and says so when it is heard again.

Rule 1: where others hear too, what they have heard lately is asked before anybody is told of a silence.
Rule 2: what could not be kept is tried again at the next turn.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Final

from kuaihui.catalog.catalog import Catalog
from kuaihui.intake.register import Register
from kuaihui.intake.ringing import Ringing
from kuaihui.intake.watchdogs import Ear, Watchdogs, heard_until, silence
from kuaihui.journal.journal import Journal

# How often is asked whether somebody else has heard one that is silent here.
ASK_EVERY: Final = timedelta(seconds=5)


class Watching:
    """Watches over the watchdogs of the catalog in force; `hear` takes our own alerts in."""

    def __init__(self, journal: Journal, register: Register, hear: Callable[[Sequence[Ringing]], Awaitable[object]]) -> None:
        self.journal, self.register, self._hear = journal, register, hear
        self.watchdogs = Watchdogs()
        self._catalog: Catalog | None = None
        self._asked: datetime | None = None
        self._gone: list[Ear] = []

    def keep(self, catalog: Catalog, now: datetime) -> None:
        """Watch over the watchdogs of this catalog from now on."""
        if catalog is self._catalog:
            return
        self._catalog = catalog
        self._gone += [ear for ear in self.watchdogs.keep(catalog.watchdogs, now) if ear.rung]
        for ear in self.watchdogs.ears.values():
            entry = self.register.alerts.get(ear.silence_key)
            ear.rung = ear.rung or (entry is not None and entry.firing)

    async def turn(self, catalog: Catalog, now: datetime) -> None:
        """Tell of those that have fallen silent by now, and of those that were heard again."""
        self.keep(catalog, now)
        if traces := self.watchdogs.traces():
            await self.journal.note(traces)
        if not self.journal.exclusive:
            await self._ask(now)
        silent, awake = self.watchdogs.silent(now), [*self.watchdogs.awake(), *self._gone]
        ringings = [Ringing(silence(ear, catalog.language)) for ear in silent]
        ringings += [Ringing(silence(ear, catalog.language), firing=False, dated=False) for ear in awake]
        if ringings:
            await self._hear(ringings)
            self._told(silent, awake)

    def _told(self, silent: Sequence[Ear], awake: Sequence[Ear]) -> None:
        for ear in silent:
            ear.rung, ear.awake = True, False
        for ear in awake:
            ear.rung = False
        self._gone = []

    async def _ask(self, now: datetime) -> None:
        """What others have heard of those that are silent here."""
        asked = [ear for ear in self.watchdogs.ears.values() if ear.due <= now]
        if not asked or (self._asked is not None and now - self._asked < ASK_EVERY and not self.watchdogs.silent(now)):
            return
        self._asked = now
        for ear in asked:
            elsewhere = heard_until(await self.journal.traces_of(ear.rule, limit=1))
            if elsewhere is not None and elsewhere > ear.heard:
                ear.was_heard(elsewhere)

    def next_look(self) -> datetime | None:
        """When to turn next because a watchdog may have fallen silent."""
        return self.watchdogs.next_look()
