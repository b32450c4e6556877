"""
Where a troubleshooting guide stands, and what an answer means for its step.

Rule 1: the steps taken are read from the timeline, so that a guide goes on where it was after a restart.
Rule 2: a question that nobody could answer does not hold, and the step says that it was not answered.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Final

import msgspec

from kuaihui.catalog.guides import Condition, Guide, GuideStep
from kuaihui.diagnosis.hypotheses import in_line
from kuaihui.diagnosis.suspect_changes import went_elsewhere
from kuaihui.incident.evidence import ChangesListed, LogsSearched, Looked, MetricsRead, RedisInspected
from kuaihui.incident.thinking import GuideConcluded, GuideStepTaken, GuideTakenOver
from kuaihui.incident.timeline import Timeline
from kuaihui.language import Text, text
from kuaihui.language.durations import in_words

_KINDS: Final[tuple[type[Looked], ...]] = (LogsSearched, MetricsRead, ChangesListed, RedisInspected)


class Judged(msgspec.Struct, frozen=True):
    """Whether a step's condition holds, and by what."""

    holds: bool
    answer: Text


def asker(guide: str, step: str) -> str:
    """Who asks, as the look writes it down."""
    return f"guide:{guide}/{step}"


def current(timeline: Timeline, guide: Guide) -> str:
    """The step to take now; empty when the guide is at its end."""
    taken = [fact for fact in timeline.all(GuideStepTaken, timeline.occasion) if fact.guide == guide.id]
    return taken[-1].next if taken else guide.first


def ended(timeline: Timeline, guide: Guide) -> bool:
    """Whether it was concluded, or a person has taken over."""
    since = timeline.occasion
    over = (*timeline.all(GuideConcluded, since), *timeline.all(GuideTakenOver, since))
    return any(fact.guide == guide.id for fact in over)


def last_taken(timeline: Timeline, guide: Guide) -> GuideStepTaken | None:
    """The newest step of this occasion."""
    taken = [fact for fact in timeline.all(GuideStepTaken, timeline.occasion) if fact.guide == guide.id]
    return taken[-1] if taken else None


def answered(timeline: Timeline, identity: str) -> Looked | None:
    """The answer to the look of this identity, if it is there."""
    facts = (fact for kind in _KINDS for fact in timeline.all(kind, timeline.occasion))
    return next((fact for fact in facts if fact.identity == identity), None)


def judged(step: GuideStep, fact: Looked, service: str, broke: datetime) -> Judged:
    """What the answer means for the step's condition."""
    match fact:
        case LogsSearched():
            return _logs(step.holds, fact)
        case RedisInspected():
            return _redis(step.holds, fact)
        case ChangesListed():
            return _changes(step.holds, fact, service, broke)
        case MetricsRead():
            return _metrics(step.holds, fact)
        case _:
            return Judged(False, fact.said)


def _logs(holds: Condition, fact: LogsSearched) -> Judged:
    pattern = re.compile(holds.signature)
    fits = [one for one in fact.signatures if pattern.search(one.template) or pattern.search(one.example)]
    total = sum(one.count for one in fits)
    if not fits:
        return Judged(False, text("no such line among {total}", total=fact.total))
    return Judged(total >= holds.at_least, text("{count} times {template}", count=total, template=in_line(fits[0].template)))


def _redis(holds: Condition, fact: RedisInspected) -> Judged:
    fits = [one for one in fact.findings if one.kind.startswith(holds.finding) and one.weight >= holds.weight]
    if fits:
        return Judged(True, fits[0].says)
    return Judged(False, fact.findings[0].says if fact.findings else text("nothing was found"))


def _changes(holds: Condition, fact: ChangesListed, service: str, broke: datetime) -> Judged:
    own = [one for one in fact.changes if one.service in ("", service) and one.at <= broke and not went_elsewhere(one)]
    if not own:
        return Judged(False, text("nothing was changed before the break"))
    newest = max(own, key=lambda one: one.at)
    gap = broke - newest.at
    return Judged(gap <= holds.within, text("{title}, {span} before the break", title=newest.title or newest.id, span=in_words(gap)))


def _metrics(holds: Condition, fact: MetricsRead) -> Judged:
    value = fact.last
    if value is None:
        return Judged(False, text("the metric has no value"))
    return Judged(all(_bounds(holds, value)), text("it is {value}", value=value))


def _bounds(holds: Condition, value: float) -> Iterator[bool]:
    if holds.above is not None:
        yield value > holds.above
    if holds.below is not None:
        yield value < holds.below
