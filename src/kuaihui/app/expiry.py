"""
Whose source has fallen silent: written down once its deadline has passed.

Rule 1: where others hear too, what they have heard lately is asked before anything expires here.
Rule 2: what could not be written down is tried again; nothing is forgotten over it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from kuaihui.incident.alerts import AlertCleared, AlertFired
from kuaihui.incident.fact import Fact
from kuaihui.incident.timeline import Timeline
from kuaihui.intake.alerts import REFUSED, expired
from kuaihui.intake.register import Entry, Register
from kuaihui.intake.traces import Tracing
from kuaihui.loop import Loop

# What could not be written down is tried again after this.
TRY_AGAIN: Final = timedelta(seconds=1)


class Expiry:
    """Notices who has fallen silent among the alerts of a register."""

    def __init__(self, loop: Loop, register: Register, tracing: Tracing, resolve_timeout: timedelta) -> None:
        self.loop, self.register, self.tracing, self.resolve_timeout = loop, register, tracing, resolve_timeout
        self._repeats_noted: datetime | None = None

    def note_repeats(self, now: datetime) -> None:
        """Where others hear too, let them know what rings on here: their deadlines did not move with ours."""
        if not self.loop.journal.exclusive and (self._repeats_noted is None or now - self._repeats_noted >= self.resolve_timeout / 5):
            self._repeats_noted = now
            self.tracing.repeats(self.register.alerts.values(), now)

    async def turn(self, now: datetime) -> int:
        """Write down whose source has fallen silent by now; how many alerts those were."""
        silent = list(self.register.silent(now))
        if not self.loop.journal.exclusive:
            silent = [entry for entry in silent if not await self._heard_elsewhere(entry, now)]
        by_incident: dict[str, list[Entry]] = {}
        for entry in silent:
            by_incident.setdefault(entry.incident, []).append(entry)
        for incident, entries in by_incident.items():
            await self._expire(incident, entries, now)
        return len(silent)

    async def _heard_elsewhere(self, entry: Entry, now: datetime) -> bool:
        """Whether another process has heard this alert lately: its traces say so, or the facts."""
        key, timeline = entry.alert.key, await self.loop.timeline(entry.incident)
        heard = [trace.last or trace.at for trace in await self.loop.journal.traces(key) if trace.verdict != REFUSED]
        heard += [fact.at for fact in timeline.all(AlertFired) if any(alert.key == key for alert in fact.alerts)]
        again = max(heard, default=entry.changed) + self.resolve_timeout
        if again > now:
            self.register.look_again(entry, again)
        return again > now

    async def _expire(self, incident: str, entries: Sequence[Entry], now: datetime) -> None:
        def meaning(timeline: Timeline) -> list[Fact]:
            return expired(timeline, [entry.alert.key for entry in entries if _still_silent(entry, now)], now)

        try:
            facts = await self.loop.hear(incident, meaning)
        except Exception:
            for entry in entries:
                self.register.look_again(entry, now + TRY_AGAIN)
            raise
        told = {key for fact in facts if isinstance(fact, AlertCleared) for key in fact.keys}
        for entry in entries:
            if _still_silent(entry, now):
                self.tracing.expired(entry, now, told=entry.alert.key in told)
                self.register.expired(entry.alert.key, now)
            else:
                self.register.look_again(entry, entry.ends or now)


def _still_silent(entry: Entry, now: datetime) -> bool:
    """Whether it was not heard again while it was being written down."""
    return entry.ends is not None and entry.ends <= now
