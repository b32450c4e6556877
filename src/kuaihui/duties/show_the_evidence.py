"""
Show the evidence: what was looked at in the topic with a picture and the way to the source, and what was thought of it, once each.

Rule 1: a look is shown once, by the first who asked for it on its occasion; a guide's own looks are told by its steps.
Rule 2: what a person did is told as theirs; what was only weighed stays on the page.
Rule 3: what could not be looked at is said in one line, with the reason, once nothing is waited for any more.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final

from kuaihui.catalog.catalog import Catalog
from kuaihui.duties.due import Due
from kuaihui.duties.take_the_first_look import ASKER
from kuaihui.incident.evidence import ChangesListed, LogsSearched, Looked, MetricsRead, RedisInspected
from kuaihui.incident.fact import Fact
from kuaihui.incident.pages import Answered
from kuaihui.incident.room import TopicOpened
from kuaihui.incident.thinking import (
    ChangeExcluded,
    ChangeSuspected,
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
from kuaihui.language import Text, text
from kuaihui.language.joining import strung
from kuaihui.orders import Look, Post, ShowEvidence

LOOKS: Final[tuple[type[Looked], ...]] = (MetricsRead, LogsSearched, ChangesListed, RedisInspected)
THOUGHTS: Final[tuple[type[Fact], ...]] = (
    RunbooksMatched,
    NoRunbookFits,
    ChangeSuspected,
    ChangeExcluded,
    HypothesisRaised,
    HypothesisConfirmed,
    HypothesisRejected,
    GuideStepTaken,
    GuideConcluded,
    GuideTakenOver,
)


def due(timeline: Timeline, catalog: Catalog, now: datetime) -> Iterator[Due]:
    """A picture for each look of the first look, a line for each thought."""
    if not timeline.has(TopicOpened):
        return
    for kind in LOOKS:
        for number, fact in timeline.numbered(kind):
            if fact.asked_by == ASKER:
                yield Due(fact.at, ShowEvidence(occasion=number, language=catalog.language, time_zone=catalog.time_zone))
    for kind in THOUGHTS:
        for number, fact in timeline.numbered(kind):
            yield Due(fact.at, Post(occasion=number, about="thought", words=fact.said))
    yield from _unseen(timeline)


def _unseen(timeline: Timeline) -> Iterator[Due]:
    """What the first look of an occasion could not see, once every one of its looks has come to an end."""
    looks = [fact.order for fact in timeline.orders.values() if isinstance(fact.order, Look) and fact.order.asked_by == ASKER]
    for occasion in sorted({look.occasion for look in looks}):
        answers = [(look, timeline.answers.get(look.identity)) for look in looks if look.occasion == occasion]
        ended = [(look, answer) for look, answer in answers if answer is not None and answer.outcome != "later"]
        unseen = [(look, answer) for look, answer in ended if answer.outcome != "done"]
        if unseen and len(ended) == len(answers):
            words = text("not looked at: {what}", what=_listed(unseen))
            yield Due(max(answer.at for _, answer in unseen), Post(occasion=occasion, about="unseen", words=words))


def _listed(unseen: Sequence[tuple[Look, Answered]]) -> Text:
    each = [text("{what} ({why})", what=look.said, why=answer.reason or text("nobody answered")) for look, answer in unseen]
    return strung(each)
