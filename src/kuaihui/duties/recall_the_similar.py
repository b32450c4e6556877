"""
Recall the similar: earlier incidents that look like this one, with what helped then and what was left undone.

Rule 1: it is asked once there is something to compare (the logs are read, a cause is confirmed, or a minute has passed), and again on
        closing, for the review. What was told already is not told again.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from kuaihui.catalog.catalog import Catalog
from kuaihui.duties.due import Due
from kuaihui.incident.evidence import LogsSearched
from kuaihui.incident.phases import Phase
from kuaihui.incident.recovery import Closed
from kuaihui.incident.thinking import HypothesisConfirmed
from kuaihui.incident.timeline import Timeline
from kuaihui.orders import FindSimilar

# By then the first look is over, with or without logs.
AT_THE_LATEST: Final = timedelta(minutes=1)


def due(timeline: Timeline, catalog: Catalog, now: datetime) -> Iterator[Due]:
    """The question, at the opening's first evidence, at a confirmed cause, and at the closing."""
    if timeline.phase is Phase.CLOSED:
        number, closed = timeline.numbered(Closed)[-1]
        if closed.verdict == "recovered":
            yield Due(closed.at, FindSimilar(occasion=number))
        return
    since = timeline.occasion
    for kind in (LogsSearched, HypothesisConfirmed):
        for number, fact in timeline.numbered(kind, since)[:1]:
            order = FindSimilar(occasion=number)
            yield Due(fact.at, order)
            if order.identity not in timeline.answers:
                return  # what it finds is not to be found twice
    if not timeline.has(LogsSearched, since):
        yield Due(timeline.facts[since].at + AT_THE_LATEST, FindSimilar(occasion=since))
