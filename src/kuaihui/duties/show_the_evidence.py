"""
Show the evidence: what was looked at in the topic with a picture and the way to the source, and what was thought of it, once each.

Rule 1: a look is shown once, by the first who asked for it on its occasion; a guide's own looks are told by its steps.
Rule 2: what a person did is told as theirs; what was only weighed stays on the page.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from kuaihui.catalog.catalog import Catalog
from kuaihui.duties.due import Due
from kuaihui.duties.take_the_first_look import ASKER
from kuaihui.incident.evidence import ChangesListed, LogsSearched, Looked, MetricsRead, RedisInspected
from kuaihui.incident.fact import Fact
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
from kuaihui.orders import Post, ShowEvidence

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
