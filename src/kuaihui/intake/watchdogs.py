"""
Which watchdogs there are, when each was last heard, and what is said when one falls silent.

Rule 1: a watchdog that rings opens nothing; that it was heard leaves a trace under its rule, a few in each `silent_after`.
Rule 2: nothing falls silent because we were not listening: after a start, and after it came into the catalog, each has a whole
        `silent_after` to be heard.
Rule 3: silence is an alert of our own, which fires until the watchdog is heard again: it pages, is observed and closes like any other.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final

import msgspec

from kuaihui.catalog.matchers import Matcher, fits, parse
from kuaihui.catalog.watchdogs import Watchdog
from kuaihui.incident.alerts import Alert
from kuaihui.incident.fact import HOUSE
from kuaihui.intake.fingerprints import fingerprint
from kuaihui.intake.ringing import Ringing
from kuaihui.intake.traces import written
from kuaihui.journal.journal import Trace
from kuaihui.language import say, text
from kuaihui.language.durations import in_words

PREFIX: Final = "watchdog:"  # before a watchdog's id, where its rule stands among those of silences
ALIVE: Final = "alive"
SILENT: Final = "WatchdogSilent"  # the name of the alert that we make
# A trace each such share of `silent_after`: another process, and whoever starts anew, knows by them that it was heard.
NOTED: Final = 4

_HEARD: Final = text("a watchdog: it is to ring all the time, and opens an incident when it does not")


class Ear(msgspec.Struct):
    """
    One watchdog: since when it is silent (`heard`; at the latest when we began to listen), when it rang `last` as far as we know, and how
    often since that was noted.

    `rung`: our alert that it is silent fires. `awake`: it was heard since, so that this alert is over.
    """

    watchdog: Watchdog
    matchers: tuple[Matcher, ...]
    heard: datetime
    last: datetime | None = None
    noted: datetime | None = None
    count: int = 0
    rung: bool = False
    awake: bool = False

    @property
    def rule(self) -> str:
        """The rule that its traces name."""
        return PREFIX + self.watchdog.id

    @property
    def due(self) -> datetime:
        """When it has fallen silent unless it is heard before."""
        return self.heard + self.watchdog.silent_after

    def was_heard(self, at: datetime) -> None:
        """It rang at the instant `at`."""
        self.heard = self.last = max(self.heard, at)
        self.awake = True

    @property
    def silence_key(self) -> str:
        """The key of our alert that it is silent."""
        return fingerprint(_labels(self.watchdog))


class Watchdogs:
    """The watchdogs of a catalog, and how each was heard."""

    def __init__(self) -> None:
        self.ears: dict[str, Ear] = {}
        self._traces: list[Trace] = []

    def __bool__(self) -> bool:
        return bool(self.ears)

    def keep(self, watchdogs: Mapping[str, Watchdog], now: datetime) -> list[Ear]:
        """Watch over these from now on; what was heard of those that stay is kept. Returns those that are watched no more."""
        gone = [ear for ear in self.ears.values() if ear.watchdog.id not in watchdogs]
        self.ears = {one.id: self._ear(one, now) for one in watchdogs.values()}
        return gone

    def _ear(self, watchdog: Watchdog, now: datetime) -> Ear:
        before = self.ears.get(watchdog.id)
        ear = Ear(watchdog, parse(watchdog.match), now)
        if before is not None and before.watchdog.match == watchdog.match:
            ear.heard, ear.last, ear.noted, ear.count = before.heard, before.last, before.noted, before.count
            ear.rung, ear.awake = before.rung, before.awake
        return ear

    def hear(self, ringing: Ringing, now: datetime) -> Ear | None:
        """Take this alert where it is a watchdog: whose it is. One that is over was not heard: it is on its way to fall silent."""
        alert = ringing.alert
        if alert.source == HOUSE:
            return None
        ear = next((ear for ear in self.ears.values() if fits(ear.matchers, alert.labels)), None)
        if ear is not None and ringing.firing:
            ear.was_heard(now)
            ear.count += 1
            if ear.noted is None or now - ear.noted >= ear.watchdog.silent_after / NOTED:
                trace = Trace(alert.key, ear.noted or now, ALIVE, written(_HEARD), alert.labels, count=ear.count, last=now, rule=ear.rule)
                self._traces.append(trace)
                ear.noted, ear.count = now, 0
        return ear

    def silent(self, now: datetime) -> list[Ear]:
        """Those that fell silent by now, and of which nobody was told yet."""
        return [ear for ear in self.ears.values() if ear.due <= now and not ear.rung]

    def awake(self) -> list[Ear]:
        """Those that were heard again after somebody was told that they are silent."""
        return [ear for ear in self.ears.values() if ear.rung and ear.awake]

    def next_look(self) -> datetime | None:
        """The earliest instant at which one may fall silent, or is to be called awake."""
        looks = [ear.heard for ear in self.awake()] + [ear.due for ear in self.ears.values() if not ear.rung]
        return min(looks, default=None)

    def traces(self) -> list[Trace]:
        """The traces that are to be written now."""
        traces, self._traces = self._traces, []
        return traces


def heard_until(traces: Iterable[Trace]) -> datetime | None:
    """When a watchdog was last heard by anybody, as its traces tell."""
    return max((trace.last or trace.at for trace in traces), default=None)


def silence(ear: Ear, language: str) -> Alert:
    """The alert that a watchdog is silent, in the team's language; its episode began when it should have been heard at the latest."""
    watchdog = ear.watchdog
    name = watchdog.name.told(language) if watchdog.name else watchdog.id
    span = in_words(watchdog.silent_after)
    summary = say(text("{name} silent for {span}: what it watches may be on fire and nobody told", name=name, span=span), language)
    return Alert(ear.silence_key, SILENT, _labels(watchdog), ear.due, summary=summary, source=HOUSE)


def _labels(watchdog: Watchdog) -> dict[str, str]:
    return {"alertname": SILENT, "service": watchdog.service, "watchdog": watchdog.id}
