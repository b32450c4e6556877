"""
What is known, and what is believed: looks, suspect changes, guides, runbooks and hypotheses, as they stand on this occasion.

Rule 1: the newest look about one thing stands for it; what was seen before is in the timeline.
Rule 2: the last word on a hypothesis or a change counts, whoever said it; a confirmed hypothesis stands first, a rejected one last.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from kuaihui.incident.evidence import ChangesListed, LogsSearched, Looked, MetricsRead, RedisInspected
from kuaihui.incident.thinking import (
    FOR,
    ChangeExcluded,
    ChangeSuspected,
    EvidenceWeighed,
    GuideConcluded,
    GuideStepTaken,
    GuideTakenOver,
    HypothesisConfirmed,
    HypothesisRaised,
    HypothesisRejected,
    NoRunbookFits,
    RunbooksMatched,
)
from kuaihui.incident.timeline import Timeline

Verdict = HypothesisConfirmed | HypothesisRejected


class Belief(msgspec.Struct, frozen=True):
    """A hypothesis with what speaks for and against it, the weightiest first, and the last word on it."""

    raised: HypothesisRaised
    speaks_for: tuple[EvidenceWeighed, ...]
    speaks_against: tuple[EvidenceWeighed, ...]
    verdict: Verdict | None = None

    @property
    def confirmed(self) -> bool:
        """Whether the last word is that it is so."""
        return isinstance(self.verdict, HypothesisConfirmed)

    @property
    def rejected(self) -> bool:
        """Whether the last word is that it is not so."""
        return isinstance(self.verdict, HypothesisRejected)


class Suspect(msgspec.Struct, frozen=True):
    """A change that may have done it, or that was excluded (by the house, or by a person)."""

    change: str
    title: str
    suspected: ChangeSuspected | None = None
    excluded: ChangeExcluded | None = None


class Followed(msgspec.Struct, frozen=True):
    """A guide: the steps taken, and how it ended so far."""

    guide: str
    steps: tuple[GuideStepTaken, ...]
    ended: GuideConcluded | GuideTakenOver | None = None


class Findings(msgspec.Struct, frozen=True):
    """Everything seen and thought; `looks` are the newest ones about each thing, with the numbers of their facts."""

    looks: tuple[tuple[int, Looked], ...]
    beliefs: tuple[Belief, ...]
    suspects: tuple[Suspect, ...]
    guides: tuple[Followed, ...]
    runbooks: RunbooksMatched | NoRunbookFits | None

    @property
    def empty(self) -> bool:
        """Whether nobody has looked or thought yet."""
        return not (self.looks or self.beliefs or self.suspects or self.guides or self.runbooks)


def findings(timeline: Timeline) -> Findings:
    """What this occasion has brought to light."""
    since = timeline.occasion
    matched, none_fits = timeline.last(RunbooksMatched, since), timeline.last(NoRunbookFits, since)
    return Findings(
        looks=tuple(_looks(timeline, since)),
        beliefs=tuple(sorted(_beliefs(timeline, since), key=_standing)),
        suspects=tuple(_suspects(timeline, since)),
        guides=tuple(_guides(timeline, since)),
        runbooks=matched or none_fits,
    )


def _looks(timeline: Timeline, since: int) -> list[tuple[int, Looked]]:
    """The newest look of each kind about each thing; changes are shown as suspects where there are any."""
    newest: dict[tuple[type[Looked], str, str], tuple[int, Looked]] = {}
    for kind in (MetricsRead, LogsSearched, RedisInspected, ChangesListed):
        for number, look in timeline.numbered(kind, since):
            about = look.expression if isinstance(look, MetricsRead) else ""
            newest[kind, look.service, about] = (number, look)
    return list(newest.values())


def _standing(belief: Belief) -> tuple[bool, bool, float]:
    return (not belief.confirmed, belief.rejected, -sum(piece.weight for piece in belief.speaks_for))


def _beliefs(timeline: Timeline, since: int) -> list[Belief]:
    said: list[tuple[int, Verdict]] = [*timeline.numbered(HypothesisConfirmed, since), *timeline.numbered(HypothesisRejected, since)]
    last = {fact.hypothesis: fact for _, fact in sorted(said, key=lambda one: one[0])}
    weighed = timeline.all(EvidenceWeighed, since)
    return [
        Belief(raised, *_sides([piece for piece in weighed if piece.hypothesis == raised.hypothesis]), last.get(raised.hypothesis))
        for raised in timeline.all(HypothesisRaised, since)
    ]


def _sides(pieces: Sequence[EvidenceWeighed]) -> tuple[tuple[EvidenceWeighed, ...], tuple[EvidenceWeighed, ...]]:
    ordered = sorted(pieces, key=lambda piece: -piece.weight)
    return tuple(one for one in ordered if one.side == FOR), tuple(one for one in ordered if one.side != FOR)


def _suspects(timeline: Timeline, since: int) -> list[Suspect]:
    """The likeliest first, the excluded ones last."""
    excluded = {fact.change: fact for fact in timeline.all(ChangeExcluded, since)}
    suspected = {fact.change: fact for fact in timeline.all(ChangeSuspected, since)}
    found = [Suspect(change, fact.title, fact, excluded.get(change)) for change, fact in suspected.items()]
    found += [Suspect(change, fact.title, None, fact) for change, fact in excluded.items() if change not in suspected]
    return sorted(found, key=lambda one: (one.excluded is not None, -(one.suspected.score if one.suspected else 0)))


def _guides(timeline: Timeline, since: int) -> list[Followed]:
    ends = {fact.guide: fact for fact in (*timeline.all(GuideConcluded, since), *timeline.all(GuideTakenOver, since))}
    steps: dict[str, list[GuideStepTaken]] = {}
    for fact in timeline.all(GuideStepTaken, since):
        steps.setdefault(fact.guide, []).append(fact)
    return [Followed(guide, tuple(steps.get(guide, ())), ends.get(guide)) for guide in dict.fromkeys((*steps, *ends))]
