"""
What is ringing now: each alert's episode, deadline and incident, so that a repeat costs one look.

Rule 1: the register only remembers: what it knows stands in the timelines, from which it is rebuilt, or will be told again by its sender.
Rule 2: nothing expires because we were not listening: after a start every deadline is at least one whole `resolve_timeout` away.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from heapq import heappop, heappush
from typing import Final

import msgspec

from kuaihui.incident.alerts import Alert
from kuaihui.intake.alerts import LATE, Verdict
from kuaihui.intake.ringing import Ringing

# An episode that is over is remembered this long, so that a message that was on its way finds it resolved. Alertmanager keeps resolved
# alerts for 30 minutes (its own garbage collection) and may send them for as long.
REMEMBERED: Final = timedelta(minutes=60)


class Entry(msgspec.Struct, gc=False):
    """
    One alert as it stands.

    `told` is what was last heard and folded (None: it fires no more), `ends` when it counts as over unless it is heard again (None: only
    its source ends it), `resolved` the newest start its source called resolved, `repeats` how often it was told again as before since that
    was last noted.
    """

    alert: Alert
    group: str
    incident: str
    firing: bool
    changed: datetime
    told: Ringing | None = None
    ends: datetime | None = None
    resolved: datetime | None = None
    repeats: int = 0
    waits: datetime | None = None  # where it stands in the queue of deadlines


# A ringing that a door has seen before exactly so, and its new end.
Again = tuple[Ringing, datetime | None]


class Register:
    """Every alert that rings, and those that lately did."""

    def __init__(self) -> None:
        self.alerts: dict[str, Entry] = {}
        self.groups: dict[str, str] = {}  # group key → the incident that is newest
        self._resolved: set[str] = set()  # the keys of those whose source has ever called them resolved: in a storm of new ones, none
        # Deadlines, and the keys that wait for each: the alerts of a batch mostly share one.
        self._deadlines: list[datetime] = []
        self._waiting: dict[datetime, list[str]] = {}

    def repeats(self, again: Iterable[Again]) -> list[Again]:
        """Take the unchanged repeats among these; those that are more than that, and must be folded, are given back."""
        known, news = self.alerts.get, list[Again]()
        for ringing, ends in again:
            entry = known(ringing.alert.key)
            if entry is None or entry.told is not ringing:
                news.append((ringing, ends))
                continue
            entry.repeats += 1
            if ends is not None and (until := entry.ends) is not None and ends > until:
                entry.ends = ends
        return news

    def took(self, verdicts: Iterable[Verdict], group: str, incident: str, now: datetime) -> None:
        """These alerts, with what became of them, belong to this incident."""
        alerts = self.alerts
        for one in verdicts:
            ringing = one.ringing
            if not ringing.firing:
                self.cleared(ringing, group, incident, now)
            elif one.verdict != LATE:
                alert = ringing.alert
                if alert.key in alerts:
                    self._goes_on(alerts[alert.key], ringing, group, incident, now)
                else:
                    alerts[alert.key] = entry = Entry(alert, group, incident, True, now, ringing.seen or ringing, alert.ends)
                    self._wait(entry)

    def _goes_on(self, entry: Entry, ringing: Ringing, group: str, incident: str, now: datetime) -> None:
        """This alert, which is known, fires."""
        alert = ringing.alert
        if not entry.firing:
            entry.ends, entry.changed = alert.ends, now
        elif alert.ends is None or (entry.ends is not None and alert.ends > entry.ends):
            entry.ends = alert.ends
        entry.alert, entry.group, entry.incident, entry.firing, entry.told = alert, group, incident, True, ringing.seen or ringing
        self._wait(entry)

    def cleared(self, ringing: Ringing, group: str, incident: str, now: datetime) -> None:
        """This alert's source has called it resolved, whether or not we knew it to fire."""
        alert = ringing.alert
        entry = self.alerts.get(alert.key)
        if entry is None:
            entry = self.alerts[alert.key] = Entry(alert, group, incident, False, now)
        if ringing.dated and (entry.resolved is None or alert.started > entry.resolved):
            entry.resolved = alert.started
            self._resolved.add(alert.key)
        if entry.firing and ringing.dated and alert.started < entry.alert.started:
            return
        entry.firing, entry.told, entry.changed, entry.ends = False, None, now, now + REMEMBERED
        self._wait(entry)

    def expired(self, key: str, now: datetime) -> None:
        """This alert's source has fallen silent."""
        entry = self.alerts[key]
        entry.firing, entry.told, entry.changed, entry.ends = False, None, now, now + REMEMBERED
        self._wait(entry)

    def restored(self, alerts: Iterable[Alert], group: str, incident: str, now: datetime, grace: timedelta) -> None:
        """Alerts that fire in a timeline, known again after a start."""
        for alert in alerts:
            ends = max(alert.ends, now + grace) if alert.ends else None
            entry = self.alerts[alert.key] = Entry(alert, group, incident, True, now, None, ends)
            self._wait(entry)

    def resolved_starts(self, keys: Iterable[str]) -> dict[str, datetime]:
        """The newest start that its source has called resolved, for those of these alerts that have one."""
        known = self._resolved.intersection(keys) if self._resolved else ()
        return {key: resolved for key in known if (resolved := self.alerts[key].resolved) is not None}

    # -- deadlines -----------------------------------------------------------------------------------------------------------------------

    def _wait(self, entry: Entry) -> None:
        if entry.ends is not None and (entry.waits is None or entry.ends < entry.waits):
            self._queue_at(entry, entry.ends)

    def _queue_at(self, entry: Entry, at: datetime) -> None:
        entry.waits = at
        waiting = self._waiting.get(at)
        if waiting is None:
            waiting = self._waiting[at] = []
            heappush(self._deadlines, at)
        waiting.append(entry.alert.key)

    def next_deadline(self) -> datetime | None:
        """The earliest instant at which something may expire; never later than the real one."""
        return self._deadlines[0] if self._deadlines else None

    def silent(self, now: datetime) -> Iterator[Entry]:
        """The firing alerts whose deadline has passed, each once; what is long over is forgotten on the way."""
        while self._deadlines and self._deadlines[0] <= now:
            at = heappop(self._deadlines)
            for key in self._waiting.pop(at):
                entry = self.alerts.get(key)
                if entry is not None and entry.waits == at:
                    entry.waits = None
                    if self._is_silent(entry, now):
                        yield entry

    def _is_silent(self, entry: Entry, now: datetime) -> bool:
        """Whether this one fires though its deadline has passed. Where that moved, it waits on; where it is long over, it is forgotten."""
        if entry.ends is None:
            return False
        if entry.ends > now:
            self._wait(entry)
            return False
        if not entry.firing:
            del self.alerts[entry.alert.key]
            self._resolved.discard(entry.alert.key)
        return entry.firing

    def look_again(self, entry: Entry, at: datetime) -> None:
        """Look at this alert's deadline again at the instant `at`: what was due could not be written down."""
        self._queue_at(entry, at)
