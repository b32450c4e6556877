"""
Proving a recovery: the signal that broke is read again, and what supports the confirmed cause beside it.

Rule 1: a look is for the one before it (its occasion is that answer's number), so each is asked once however often the house restarts.
Rule 2: waiting for the signal to come down it is asked again soon, then more slowly; a source that is not set up is not asked twice.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

import msgspec

from kuaihui.briefing.clocks import broke_at
from kuaihui.catalog.catalog import Catalog
from kuaihui.diagnosis.known_errors import KNOWN, Supporting
from kuaihui.diagnosis.recovery_signals import PER_SECOND, UNSURE, Judged, fallen, judged
from kuaihui.duties.due import Conclude, Due
from kuaihui.incident.evidence import MetricsRead
from kuaihui.incident.pages import Answered
from kuaihui.incident.recovery import BAD, SILENT, RecoveryMeasured
from kuaihui.incident.thinking import HypothesisConfirmed, HypothesisRaised, HypothesisRejected
from kuaihui.incident.timeline import Timeline
from kuaihui.language import Text, say, text
from kuaihui.orders import ReadMetrics

ASKER: Final = "recovery"
SOONEST: Final = timedelta(seconds=30)
# Where the window itself is short: sooner than a scrape and the rate over it move, there is nothing new to see.
SHORTEST: Final = timedelta(seconds=5)
OVER: Final = timedelta(minutes=1)
SLOWEST: Final = timedelta(minutes=5)
SPAN: Final = timedelta(minutes=5)  # of a look: enough for its newest points, whatever the scrape interval
STEP: Final = timedelta(seconds=15)  # between its points, of which the newest two must be well; less where it is asked again sooner


class Claim(msgspec.Struct, frozen=True):
    """That it is over: the fact which says so, its instant, and the reason in words; what was measured before `told` answers another."""

    number: int
    at: datetime
    reason: Text
    told: int = -1

    @property
    def told_since(self) -> int:
        """From which fact on a measurement is an answer to this claim."""
        return self.number if self.told < 0 else self.told


class Attempt(msgspec.Struct, frozen=True):
    """One look that has come to an end: with an answer, or with the reason why there is none; `nobody`: no source is set up."""

    number: int
    at: datetime
    read: MetricsRead | None = None
    why: Text | None = None
    nobody: bool = False


class Proving:
    """Reads the signal of an incident's service again."""

    def __init__(self, timeline: Timeline, catalog: Catalog, now: datetime) -> None:
        self.timeline, self.now = timeline, now
        self.service = catalog.service(timeline.service)
        self.language = catalog.language
        self.signal = self.service.signal

    @property
    def what(self) -> str:
        """The signal's name in the team's language."""
        return self.signal.name.told(self.language) if self.signal else ""

    @property
    def can(self) -> bool:
        """Whether the catalog says what to read, and where."""
        return bool(self.signal and self.signal.expression and self.service.sources.metrics)

    @property
    def why_not(self) -> Text:
        """Why it cannot be proved."""
        if self.signal and self.signal.expression:
            return text("the catalog names no source for it ({source})", source="metrics")
        return text("the catalog names no signal of the service")

    # -- the signal that broke -------------------------------------------------------------------------------------------------------------

    def looks(self, claim: Claim, every: timedelta | None = None, until: datetime | None = None, *, once: bool = False) -> Iterator[Due]:
        """The next look: at once for the claim, then again after each answer."""
        assert self.signal
        attempts = self.attempts(claim, self.what)
        last = attempts[-1] if attempts else None
        if last and (once or last.nobody):
            return
        occasion, at = (last.number, last.at + (every or self._patience(claim, last))) if last else (claim.number, claim.at)
        if every and last is None:
            at = claim.at + every
        if until is None or at < until:
            yield Due(at, self._read(occasion, self.what, self.signal.expression, SPAN, min(STEP, self.soonest), at))

    def _patience(self, claim: Claim, last: Attempt) -> timedelta:
        """A quarter of how long we have waited already: a signal that is slow to come down is not asked a thousand times."""
        return min(max((last.at - claim.at) / 4, self.soonest), SLOWEST)

    @property
    def soonest(self) -> timedelta:
        """How soon it is asked again at the earliest: half a minute, or a twentieth of a window that is shorter than ten."""
        return min(SOONEST, max(SHORTEST, self.service.observe_for / 20))

    def _read(self, occasion: int, about: str, expression: str, span: timedelta, step: timedelta, at: datetime) -> ReadMetrics:
        place = dict(self.service.sources.metrics)
        signal = self.signal if about == self.what else None
        until = max(at, self.now)
        return ReadMetrics(
            occasion=occasion,
            asked_by=ASKER,
            about=about,
            service=self.service.id,
            source=place.pop("from", ""),
            place=place,
            expression=expression,
            since=until - span,
            until=until,
            step=step,
            unit=signal.unit if signal else "",
            usual=(signal.usual_low, signal.usual_high) if signal else None,
        )

    def attempts(self, claim: Claim, about: str) -> list[Attempt]:
        """The looks that have ended since the claim, in their order."""
        reads = self.timeline.numbered(MetricsRead, claim.number)
        found = [Attempt(number, fact.at, fact) for number, fact in reads if fact.asked_by == ASKER and fact.about == about]
        for number, fact in self.timeline.numbered(Answered, claim.number):
            if fact.outcome in ("gave up", "nobody") and self._is_ours(fact.identity, about):
                found.append(Attempt(number, fact.at, None, fact.reason, fact.outcome == "nobody"))
        return sorted(found, key=lambda one: one.number)

    def _is_ours(self, identity: str, about: str) -> bool:
        given = self.timeline.orders.get(identity)
        order = given.order if given else None
        return isinstance(order, ReadMetrics) and order.asked_by == ASKER and order.about == about

    def news(self, claim: Claim) -> RecoveryMeasured | None:
        """What the newest look comes to; None while there is none, or while it cannot be told yet."""
        attempts = self.attempts(claim, self.what)
        if not attempts or self.signal is None:
            return None
        last = attempts[-1]
        verdict = judged(self.signal, last.read) if last.read else Judged(SILENT, reason=_silence(last))
        return None if verdict.verdict == UNSURE else self._measured(verdict, last, self.what, self.signal.unit)

    def _measured(self, verdict: Judged, attempt: Attempt, what: str, unit: str, *, supporting: bool = False) -> RecoveryMeasured:
        return RecoveryMeasured(
            at=self.now,
            verdict=verdict.verdict,
            what=what,
            value=_kept(verdict.value, supporting=supporting),
            limit=None if verdict.limit is None else round(verdict.limit, 9),
            unit=unit,
            number=attempt.number,
            supporting=supporting,
            reason=verdict.reason,
            peak=_kept(verdict.peak, supporting=True),
        )

    def vanished(self, claim: Claim) -> bool:
        """Whether the signal's source answers, but has no value any more where it had one: the alert may have resolved for want of data."""
        attempts = self.attempts(claim, self.what)
        if self.signal is None or not attempts or attempts[-1].read is None or attempts[-1].read.last is not None:
            return False
        earlier = self.timeline.all(MetricsRead, self.timeline.occasion)
        return any(read.expression == self.signal.expression and read.last is not None for read in earlier)

    def highest(self, claim: Claim) -> float | None:
        """The greatest value that was read since the claim."""
        values = [attempt.read.last for attempt in self.attempts(claim, self.what) if attempt.read]
        return max((value for value in values if value is not None), default=None)

    # -- what supports it ------------------------------------------------------------------------------------------------------------------

    def supporting(self, claim: Claim) -> Iterator[Due | Conclude]:
        """What the confirmed cause would have driven up: read again until it has fallen or tells nothing; told when that changes."""
        for one in _supporting(self.timeline):
            name = say(one.name, self.language)
            told = [fact.verdict for fact in self.timeline.all(RecoveryMeasured, claim.number) if fact.supporting and fact.what == name]
            if told and told[-1] != BAD:
                continue
            attempts, broke = self.attempts(claim, name), broke_at(self.timeline)
            last = attempts[-1] if attempts else None
            if last and last.read:
                verdict = fallen(last.read, broke, self.over)
                if [verdict.verdict] != told[-1:] and not (verdict.verdict == SILENT and verdict.value is None):
                    yield Conclude(self.now, self._measured(verdict, last, name, PER_SECOND, supporting=True))
            if not (last and last.nobody):
                yield self._again(claim, name, one, last, broke)

    def _again(self, claim: Claim, name: str, one: Supporting, last: Attempt | None, broke: datetime) -> Due:
        """The next look at a supporting signal; the first one when its rate is all of after the claim."""
        occasion, at = (last.number, last.at + self._patience(claim, last)) if last else (claim.number, claim.at + self.over)
        span = max(self.now - broke, SPAN) + SPAN
        selector = self.service.sources.metrics.get(one.selector, "")
        return Due(at, self._read(occasion, name, one.promql(selector, self.over), span, max(self.over / 4, span / 100), at))

    @property
    def over(self) -> timedelta:
        """The span of a supporting signal's rate: a minute, or a tenth of a window that is shorter than ten."""
        return min(OVER, max(SHORTEST * 3, self.service.observe_for / 10))


def _kept(value: float | None, *, supporting: bool) -> float | None:
    """A measured value as it is kept; a supporting one is a rate, of which three digits say all."""
    if value is None:
        return None
    return float(f"{value:.3g}") if supporting else round(value, 9)


def _silence(attempt: Attempt) -> Text:
    return text("no metric source is set up") if attempt.nobody else attempt.why or text("nobody answered")


def _supporting(timeline: Timeline) -> tuple[Supporting, ...]:
    """What the known error of the last confirmed hypothesis names."""
    judged_ = [*timeline.numbered(HypothesisConfirmed), *timeline.numbered(HypothesisRejected)]
    last = {fact.hypothesis: fact for _, fact in sorted(judged_, key=lambda one: one[0])}
    causes = {fact.hypothesis: fact.cause for fact in timeline.all(HypothesisRaised)}
    for name in reversed(last):
        known = KNOWN.get(causes.get(name) or name)
        if known and isinstance(last[name], HypothesisConfirmed):
            return known.supporting
    return ()
