"""
Watch the recovery: claimed, proved on the signal that broke, observed for the service's window, then closed.

Rule 1: "resolved" is a claim, whoever says it. Where the signal can be read again, it alone begins the observation; where it cannot, that
        is said, and every alert having cleared is enough.
        A signal that was there and has vanished with the alert proves nothing: no data is not recovery, until a person says that it is.
Rule 2: a word that it is resolved does not start the window while an alert is still firing.
Rule 3: the signal is read again all through the window. If it is bad again recovery is in doubt, and the window begins anew once it holds.
Rule 4: a relapse in the window re-opens (that is heard in intake); a person's doubt ends with a person's word.
Rule 5: an incident is closed by the house only after a whole window without a firing alert.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from kuaihui.catalog.catalog import Catalog
from kuaihui.duties.due import Conclude, Due
from kuaihui.duties.proving import Claim, Proving
from kuaihui.incident.alerts import AlertCleared, measured
from kuaihui.incident.fact import HOUSE
from kuaihui.incident.phases import Phase
from kuaihui.incident.recovery import BAD, SILENT, WELL, Closed, ObservationStarted, RecoveryDoubted, RecoveryMeasured, Resolved
from kuaihui.incident.timeline import Timeline
from kuaihui.language import Text, plain, text
from kuaihui.language.durations import in_words
from kuaihui.orders import Post


def due(timeline: Timeline, catalog: Catalog, now: datetime) -> Iterator[Due | Conclude]:
    """The looks that prove it, what they come to, the start of the observation, and the closing at its end."""
    if timeline.phase is Phase.CLOSED:
        return
    proving = Proving(timeline, catalog, now)
    if timeline.phase is Phase.OBSERVING:
        yield from _observe(timeline, proving, now)
    elif timeline.firing:
        yield from _claimed_too_soon(timeline, proving)
    elif (claim := claimed(timeline)) is not None:
        window = catalog.service(timeline.service).observe_for
        yield from _prove(timeline, proving, claim, window, now)


def claimed(timeline: Timeline) -> Claim | None:
    """Since when it counts as recovered, and who or what says so; None while nobody does, or a person's doubt stands."""
    doubted = timeline.numbered(RecoveryDoubted, timeline.occasion)
    since = doubted[-1][0] if doubted else timeline.occasion
    cleared, resolved = timeline.numbered(AlertCleared, since), timeline.numbered(Resolved, since)
    if resolved:
        number = max(resolved[-1][0], cleared[-1][0] if cleared else 0)
        return Claim(number, timeline.facts[number].at, resolved[-1][1].said)
    if cleared:
        number, fact = cleared[-1]
        silent = fact.how == "expired"
        return Claim(number, fact.at, text("every alert expired: the source is silent") if silent else text("every alert has cleared"))
    if doubted and doubted[-1][1].by == HOUSE:
        return Claim(doubted[-1][0], doubted[-1][1].at, text("no alert is firing"), timeline.occasion)
    return None


def _prove(timeline: Timeline, proving: Proving, claim: Claim, window: timedelta, now: datetime) -> Iterator[Due | Conclude]:
    """The observation begins with the proof; without a source for one, with the claim."""
    if not proving.can:
        reason = text("{claim}; not proved on the metric: {why}", claim=claim.reason, why=proving.why_not)
        yield Conclude(claim.at, ObservationStarted(at=claim.at, until=max(now, claim.at) + window, reason=reason))
        return
    yield from proving.looks(claim)
    yield from proving.supporting(claim)
    if (newest := proving.news(claim)) is None:
        return
    if not any(fact.verdict == newest.verdict for fact in _told(timeline, claim.told_since)[-1:]):
        yield Conclude(now, newest)
    elif newest.verdict != BAD and not (proving.vanished(claim) and not timeline.has(Resolved, timeline.occasion)):
        yield Conclude(now, ObservationStarted(at=now, until=now + window, reason=_proof(claim, newest)))


def _proof(claim: Claim, newest: RecoveryMeasured) -> Text:
    if newest.verdict == SILENT:
        return text("{claim}; not proved on the metric: {why}", claim=claim.reason, why=newest.reason or text("it has no value"))
    value = measured(newest.value or 0.0, newest.unit)
    return text("{claim}; proved: {what} is at {value}", claim=claim.reason, what=plain(newest.what), value=value)


def _told(timeline: Timeline, since: int) -> list[RecoveryMeasured]:
    return [fact for fact in timeline.all(RecoveryMeasured, since) if not fact.supporting]


def _observe(timeline: Timeline, proving: Proving, now: datetime) -> Iterator[Due | Conclude]:
    """Read again all through the window; in doubt when it is bad again; closed at the window's end."""
    number, watched = timeline.numbered(ObservationStarted)[-1]
    window = watched.until - watched.at
    claim = Claim(number, watched.at, watched.reason)
    if proving.can:
        yield from proving.looks(claim, every=max(proving.soonest, window / 10), until=watched.until)
        yield from proving.supporting(claimed(timeline) or claim)  # asked for with the claim; its answer may come after the proof
        newest = proving.news(claim)
        last = next((fact.verdict for fact in reversed(_told(timeline, timeline.occasion))), "")
        if newest and newest.verdict != last:
            yield Conclude(now, newest)
        if newest and newest.verdict == BAD:
            yield Conclude(now, RecoveryDoubted(at=now, reason=newest.said))
            return
    if not timeline.firing:
        yield Conclude(watched.until, Closed(at=watched.until, verdict="recovered", reason=_closing(window, proving, claim)))


def _closing(window: timedelta, proving: Proving, claim: Claim) -> Text:
    highest = proving.highest(claim) if proving.can else None
    if highest is not None and (newest := proving.news(claim)) and newest.verdict == WELL:
        return text(
            "no alert for the whole observation of {span}, {what} at most {value}",
            span=in_words(window),
            what=plain(newest.what),
            value=measured(highest, newest.unit),
        )
    return text("no alert for the whole observation of {span}", span=in_words(window))


def _claimed_too_soon(timeline: Timeline, proving: Proving) -> Iterator[Due | Conclude]:
    """Somebody says that it is resolved while an alert still fires: measured once, and both are said."""
    resolved = timeline.numbered(Resolved, timeline.occasion)
    if not resolved:
        return
    number, fact = resolved[-1]
    claim = Claim(number, fact.at, fact.said)
    words = text(
        "{by} calls it resolved, but {count} alert(s) still fire: not under observation yet", by=f"@{fact.by}", count=len(timeline.firing)
    )
    yield Due(fact.at, Post(occasion=number, about="still firing", words=words, mentions=(fact.by,)))
    if proving.can:
        yield from proving.looks(claim, once=True)
        newest = proving.news(claim)
        if newest and not _told(timeline, number):
            yield Conclude(proving.now, newest)
