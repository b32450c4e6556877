"""
Weigh the hypotheses: what may be the cause, what speaks for and against it, and which a check confirms.

Rule 1: a hypothesis is confirmed by the house only on a proof that nothing contradicts; else a person decides.
Rule 2: what a person rejected the house does not confirm, and what they raised it does not reject; what it rejected itself, a later look
        may prove.
Rule 3: a piece of evidence is weighed once, however often the same is seen again.
Rule 4: nothing that is not proved is raised while a look of the first look is under way: what it shows may speak against it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from kuaihui.catalog.catalog import Catalog
from kuaihui.diagnosis.hypotheses import RULED_OUT, WORTH_RAISING, Weighed, weigh
from kuaihui.duties.due import Conclude
from kuaihui.duties.take_the_first_look import ASKER, BROKEN
from kuaihui.incident.evidence import Looked
from kuaihui.incident.fact import HOUSE
from kuaihui.incident.thinking import EvidenceWeighed, HypothesisConfirmed, HypothesisRaised, HypothesisRejected
from kuaihui.incident.timeline import Timeline
from kuaihui.language import text
from kuaihui.orders import Look

# More than a person can hold in mind at once.
MOST: Final = 4


def due(timeline: Timeline, catalog: Catalog, now: datetime) -> Iterator[Conclude]:
    """Hypotheses worth raising, their evidence, and the verdict of a check."""
    if timeline.phase not in BROKEN or not _anything_seen(timeline):
        return
    raised = {fact.hypothesis: fact.by for fact in timeline.all(HypothesisRaised, timeline.occasion)}
    for weighed in weigh(timeline):
        known = weighed.known
        if known.id in raised:
            yield from _evidence(timeline, weighed, now)
            yield from _verdict(timeline, weighed, raised[known.id], now)
        elif weighed.score >= WORTH_RAISING and len(raised) < MOST:
            raised[known.id] = HOUSE
            yield Conclude(
                now if weighed.proof else max(now, _seen_by(timeline)),
                HypothesisRaised(
                    at=now, hypothesis=known.id, claim=known.claim, cause=known.id, verify=known.verify, mitigations=known.mitigations
                ),
            )


def _anything_seen(timeline: Timeline) -> bool:
    return any(issubclass(kind, Looked) for kind in timeline.standing.kinds)


def _seen_by(timeline: Timeline) -> datetime:
    """When the first look of this occasion is over: it was answered, or is no longer waited for."""
    looks = [fact for fact in timeline.orders.values() if isinstance(fact.order, Look) and fact.order.asked_by == ASKER]
    open_ = [fact for fact in looks if fact.order.occasion >= timeline.occasion and fact.order.identity not in timeline.answers]
    return max((fact.at + fact.order.timeout for fact in open_), default=timeline.opened.at)


def _evidence(timeline: Timeline, weighed: Weighed, now: datetime) -> Iterator[Conclude]:
    name = weighed.known.id
    known = {(one.side, one.says.says) for one in timeline.all(EvidenceWeighed, timeline.occasion) if one.hypothesis == name}
    for piece in weighed.pieces:
        if (piece.side, piece.says.says) not in known:
            weight = round(piece.weight, 3)
            yield Conclude(
                now, EvidenceWeighed(at=now, hypothesis=name, side=piece.side, number=piece.fact, weight=weight, says=piece.says)
            )


def _verdict(timeline: Timeline, weighed: Weighed, raised_by: str, now: datetime) -> Iterator[Conclude]:
    since, name = timeline.occasion, weighed.known.id
    judged = [
        fact for fact in (*timeline.all(HypothesisConfirmed, since), *timeline.all(HypothesisRejected, since)) if fact.hypothesis == name
    ]
    if weighed.proof and not any(isinstance(fact, HypothesisConfirmed) or fact.by != HOUSE for fact in judged):
        reason = text("by a check: {seen}", seen=weighed.proof.says)
        yield Conclude(now, HypothesisConfirmed(at=now, hypothesis=name, claim=weighed.known.claim, reason=reason))
    elif weighed.refuted and weighed.score < RULED_OUT and raised_by == HOUSE and not judged:
        reason = text("by a check: {seen}", seen=weighed.refuted.says)
        yield Conclude(now, HypothesisRejected(at=now, hypothesis=name, claim=weighed.known.claim, reason=reason))
