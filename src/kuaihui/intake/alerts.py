"""
What alerts mean to one incident: which facts, and what became of each alert.

Rule 1: an episode is a key and its start. A source's "resolved" ends every episode that began no later than the one it names, and a firing
        that is heard of such an episode afterwards is late: in whatever order messages come, the same alerts are firing in the end.
Rule 2: an episode that only expired (its source fell silent) goes on when it is heard again.
Rule 3: an unchanged repeat writes nothing. A change of state, or a value that moved by enough, writes one fact.
Rule 4: every alert gets its verdict with the reason; nothing is dropped without one.
Rule 5: nothing is written to a closed incident but the re-opening and what follows it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec

from kuaihui.incident.alerts import Alert, AlertCleared, AlertFired, AlertMeasured, Opened, Reopened
from kuaihui.incident.fact import HOUSE, Fact
from kuaihui.incident.phases import Phase
from kuaihui.incident.recovery import Closed, ObservationStarted, RecoveryDoubted
from kuaihui.incident.timeline import Timeline
from kuaihui.intake.ringing import Ringing
from kuaihui.language import Text, text
from kuaihui.language.durations import roughly

# A relapse this soon after the closing is the same outage. Alertmanager groups re-notify within 5 minutes and flapping detection commonly
# looks back 20 to 30; the observation before the closing has already taken 10.
RELAPSE: Final = timedelta(minutes=30)

OPENED: Final = "opened"
JOINED: Final = "joined"
REOPENED: Final = "re-opened"
FOLDED: Final = "folded"
CLEARED: Final = "cleared"
LATE: Final = "late"
REFUSED: Final = "refused"
VERDICTS: Final = (OPENED, JOINED, REOPENED, FOLDED, CLEARED, LATE, REFUSED)


_LONG_AGO: Final = datetime.min.replace(tzinfo=UTC)
# What a fact tells of an alert; all but a "resolved" that came after the closing.
_TOLD: Final = frozenset((OPENED, JOINED, REOPENED, CLEARED))


class Verdict(msgspec.Struct, frozen=True, gc=False):
    """What became of one alert, and why."""

    ringing: Ringing
    verdict: str
    reason: Text


class Fold(msgspec.Struct):
    """What one hearing means to an incident: the facts to be added, and a verdict for each alert in the order they were told."""

    facts: list[Fact]
    verdicts: list[Verdict]


FIRST: Final = text("the first alert of this incident")
BEGAN: Final = text("began to fire; joins the open incident")
AGAIN: Final = text("fires again after it had expired or was resolved")
NEW_EPISODE: Final = text("its source tells a later start: a new episode of an alert that was still firing")
_UNCHANGED: Final = text("firing as before: nothing new to write down")
_QUIET: Final = text("its value moved by too little to matter")
_MEASURED: Final = text("its value moved by enough to be written down")
_STILL_AFTER_CLOSING: Final = text("rings on since before the incident was closed: the same episode re-opens nothing")
_TOO_LATE_TO_REOPEN: Final = text("the incident is closed for too long to be re-opened")
RESOLVED: Final = text("its source says that it is resolved")
_RESOLVED_TOO_LATE: Final = text("resolved after the incident was closed: nothing is written to it any more")
RESOLVED_AFTER_EXPIRY: Final = text("it had expired; now its source says that it is resolved")
_RESOLVED_BEFORE: Final = text("resolved as before: nothing new to write down")
_NOT_FIRING: Final = text("resolved, but not known to be firing: remembered, so that a late firing of this episode opens nothing")
_OLD_RESOLVED: Final = text("resolved, but an episode that has ended already: a later one is firing")
_OLD_FIRING: Final = text("firing, but this episode was already resolved: the message is late")
_IN_OBSERVATION: Final = text("an alert fires again while the recovery is being observed")


def untold(verdicts: Iterable[Verdict]) -> list[Verdict]:
    """Those that no fact tells, so that somebody must write them down beside."""
    return [one for one in verdicts if (one.verdict not in _TOLD and one.reason is not NEW_EPISODE) or one.reason is _RESOLVED_TOO_LATE]


def relapse(timeline: Timeline, now: datetime) -> Text | None:
    """Why a newly firing alert re-opens this incident; None where it does not."""
    if timeline.phase is Phase.OBSERVING or _doubted_by_the_house(timeline):
        return _IN_OBSERVATION
    closed = timeline.last(Closed) if timeline.phase is Phase.CLOSED else None  # not the newest fact: reminders and the review follow it
    if closed and now - closed.at < RELAPSE:
        return text("an alert fires again {span} after the closing", span=roughly(now - closed.at))
    return None


def _doubted_by_the_house(timeline: Timeline) -> bool:
    """Whether it was observed, and the signal went bad before an alert said so: people were sent home by then, and are paged."""
    if timeline.phase is not Phase.ENGAGED or timeline.firing:
        return False
    doubted = timeline.numbered(RecoveryDoubted, timeline.occasion)
    return bool(doubted) and doubted[-1][1].by == HOUSE and timeline.has(ObservationStarted, timeline.occasion)


def over(timeline: Timeline, now: datetime) -> bool:
    """Whether this incident is so long closed that a newly firing alert begins another one."""
    return timeline.phase is Phase.CLOSED and relapse(timeline, now) is None


def fold(timeline: Timeline, ringings: Iterable[Ringing], resolved: Mapping[str, datetime], matters_by: float, now: datetime) -> Fold:
    """
    What these alerts mean to this incident; to an empty timeline, what became of those that open none.

    `resolved` are the newest starts that sources have called resolved, by key, where the timeline does not tell; `matters_by` is the share
    of the last kept value by which a value must have moved to be kept.
    """
    folding = _Folding(timeline, resolved, matters_by, now)
    verdicts = folding.hear(ringings)
    return Fold(folding.finished(), verdicts)


def starts_something(timeline: Timeline, ringing: Ringing, resolved: Mapping[str, datetime]) -> bool:
    """Whether this alert newly fires: what re-opens an incident, or begins another one after it."""
    if not resolved and not len(timeline):
        return ringing.firing
    return ringing.firing and not _known_firing(timeline, ringing) and not _is_late(timeline, ringing, resolved)


def _known_firing(timeline: Timeline, ringing: Ringing) -> bool:
    """Whether this episode is firing in the timeline already."""
    known = timeline.firing.get(ringing.alert.key)
    return known is not None and (not ringing.dated or ringing.alert.started <= known.started)


def _is_late(timeline: Timeline, ringing: Ringing, resolved: Mapping[str, datetime]) -> bool:
    """Whether this episode was already resolved by its source."""
    until = resolved_until(timeline, ringing.alert.key, resolved)
    return ringing.dated and until is not None and ringing.alert.started <= until


def resolved_until(timeline: Timeline, key: str, resolved: Mapping[str, datetime]) -> datetime | None:
    """The newest start of an episode of this alert that its source has called resolved."""
    told = resolved.get(key)
    if timeline.cleared.get(key) != "resolved":
        return told
    kept = timeline.alerts[key].started
    return max(kept, told) if told else kept


class _Folding:
    """One fold under way: the state that the facts so far would make."""

    def __init__(self, timeline: Timeline, resolved: Mapping[str, datetime], matters_by: float, now: datetime) -> None:
        self.timeline, self.resolved, self.matters_by, self.now = timeline, resolved, matters_by, now
        self.closed = timeline.phase is Phase.CLOSED
        self.ever = timeline.alerts
        # Nothing that newly fires re-opens it or comes too late: an alert that nobody ever told of begins to fire, and that is all.
        self.takes_new = not self.closed and relapse(timeline, now) is None
        self.opening = bool(len(timeline)) and isinstance(timeline.facts[-1], Opened)
        self.reopened: Text | None = None
        self.facts: list[Fact] = []
        # What was heard in this fold so far: who fires now (None: cleared), up to which start it is resolved, its newest value.
        self.state: dict[str, Alert | None] = {}
        self.until: dict[str, datetime] = {}
        self.values: dict[str, float] = {}
        # Not yet facts: all that newly fires, and all that clears, becomes one fact each.
        self.fired: dict[str, Alert] = {}
        self.cleared: dict[str, None] = {}

    def hear(self, ringings: Iterable[Ringing]) -> list[Verdict]:
        """The verdict on each alert. Most of a storm are new, with nothing to compare them with: those are told from the others at once."""
        verdict, reason = (OPENED, FIRST) if self.opening else (JOINED, BEGAN)
        ever, state, until, resolved = self.ever, self.state, self.until, self.resolved
        verdicts: list[Verdict] = []
        for ringing in ringings:
            alert = ringing.alert
            key = alert.key
            if self.takes_new and ringing.firing and key not in ever and key not in state and key not in until and key not in resolved:
                self.fired[key] = state[key] = alert
                if alert.value is not None:
                    self.values[key] = alert.value
                verdicts.append(Verdict(ringing, verdict, reason))
            else:
                verdicts.append(Verdict(ringing, *(self._firing(ringing) if ringing.firing else self._resolved(ringing))))
        return verdicts

    def _known(self, key: str) -> Alert | None:
        """The alert as it is firing, what this fold has heard included."""
        return self.state[key] if key in self.state else self.timeline.firing.get(key)

    def _resolved_until(self, key: str) -> datetime:
        """The newest start that was called resolved, in this fold or before: an older "resolved" takes nothing of that back."""
        return max(self.until.get(key, _LONG_AGO), resolved_until(self.timeline, key, self.resolved) or _LONG_AGO)

    def _firing(self, ringing: Ringing) -> tuple[str, Text]:
        alert = ringing.alert
        if ringing.dated and alert.started <= self._resolved_until(alert.key):
            return LATE, _OLD_FIRING
        known = self._known(alert.key)
        if known is not None and (not ringing.dated or alert.started <= known.started):
            return self._goes_on(alert)
        return self._begins(alert, known)

    def _begins(self, alert: Alert, known: Alert | None) -> tuple[str, Text]:
        if self.reopened is None:
            self.reopened = relapse(self.timeline, self.now)
            if self.reopened is not None:
                self.facts.append(Reopened(at=self.now, reason=self.reopened))
        if self.closed and self.reopened is None:
            return LATE, _TOO_LATE_TO_REOPEN
        if alert.key in self.cleared or alert.key in self.fired:
            self._write_down()
        self.fired[alert.key] = self.state[alert.key] = alert
        if alert.value is not None:
            self.values[alert.key] = alert.value
        return self._how_it_began(alert, known)

    def _how_it_began(self, alert: Alert, known: Alert | None) -> tuple[str, Text]:
        if self.opening:
            return OPENED, FIRST
        if self.reopened is not None:
            return REOPENED, self.reopened
        if known is not None:
            return FOLDED, NEW_EPISODE
        return JOINED, AGAIN if alert.key in self.timeline.alerts else BEGAN

    def _goes_on(self, alert: Alert) -> tuple[str, Text]:
        if self.closed and self.reopened is None:
            return FOLDED, _STILL_AFTER_CLOSING
        kept = self.values.get(alert.key, self.timeline.values.get(alert.key))
        if alert.value is None or kept == alert.value:
            return FOLDED, _UNCHANGED
        if kept is not None and abs(alert.value - kept) < self.matters_by * abs(kept):
            return FOLDED, _QUIET
        self._write_down()
        self.values[alert.key] = alert.value
        self.facts.append(AlertMeasured(at=self.now, by=alert.source or HOUSE, key=alert.key, value=alert.value))
        return FOLDED, _MEASURED

    def _resolved(self, ringing: Ringing) -> tuple[str, Text]:
        alert, key = ringing.alert, ringing.alert.key
        known = self._known(key)
        if known is not None and ringing.dated and alert.started < known.started:
            return LATE, _OLD_RESOLVED
        if ringing.dated:
            self.until[key] = max(alert.started, self.until.get(key, alert.started))
        if known is None and ringing.dated and alert.started <= (resolved_until(self.timeline, key, self.resolved) or _LONG_AGO):
            return FOLDED, _RESOLVED_BEFORE
        if self.closed and self.reopened is None:
            return (CLEARED, _RESOLVED_TOO_LATE) if known is not None else (LATE, _NOT_FIRING)
        if known is None and (key in self.state or self.timeline.cleared.get(key) != "expired"):
            return LATE, _NOT_FIRING
        self.cleared[key] = self.state[key] = None
        return CLEARED, RESOLVED if known is not None else RESOLVED_AFTER_EXPIRY

    def _write_down(self) -> None:
        """Turn what was gathered into facts, so that what follows stands behind it."""
        if self.fired:
            alerts = tuple(self.fired.values())
            self.facts.append(AlertFired(at=self.now, by=alerts[0].source or HOUSE, alerts=alerts))
        if self.cleared:
            self.facts.append(AlertCleared(at=self.now, keys=tuple(self.cleared)))
        self.fired, self.cleared = {}, {}

    def finished(self) -> list[Fact]:
        """All facts of this fold, in order."""
        self._write_down()
        return self.facts


def expired(timeline: Timeline, keys: Sequence[str], now: datetime) -> list[Fact]:
    """The fact that these alerts' source has fallen silent, for those that are still firing in an incident that is not closed."""
    silent = tuple(key for key in keys if key in timeline.firing)
    if not silent or timeline.phase is Phase.CLOSED:
        return []
    return [AlertCleared(at=now, keys=silent, how="expired")]
