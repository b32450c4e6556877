"""
Keep the document: the team's own document and review outside tell what the timeline tells, and the timeline has what people wrote there.

Rule 1: one writer at a time for each: nothing new is ordered while an earlier order is under way.
Rule 2: what comes within a few seconds is written together: documents take three edits a second, and people read along.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from kuaihui.briefing.fields import UNTOLD
from kuaihui.briefing.review_template import REVIEW
from kuaihui.catalog.catalog import Catalog
from kuaihui.duties.due import Due
from kuaihui.incident.fact import HOUSE, Fact
from kuaihui.incident.learning import ReviewDrafted
from kuaihui.incident.pages import Ordered
from kuaihui.incident.room import DocumentCreated, DocumentEdited, MessagePosted
from kuaihui.incident.timeline import Timeline
from kuaihui.orders import KeepDocument

EVERY: Final = timedelta(seconds=10)


def due(timeline: Timeline, catalog: Catalog, now: datetime) -> Iterator[Due]:
    """Document and review as the newest fact that they tell makes them, once it is their turn."""
    yield from _keep(timeline, timeline.last(DocumentCreated), "")
    yield from _keep(timeline, timeline.last(ReviewDrafted), REVIEW)


def _keep(timeline: Timeline, created: DocumentCreated | ReviewDrafted | None, document: str) -> Iterator[Due]:
    if created is None or not created.reference:
        return
    given = [one for one in timeline.all(Ordered) if isinstance(one.order, KeepDocument) and one.order.document == document]
    if given and _under_way(timeline, given[-1]):
        yield Due(given[-1].at, given[-1].order)
        return
    number = _newest_told(timeline, document)
    first = timeline.number_of(created)
    order = KeepDocument(occasion=max(number, first), reference=created.reference, document=document)
    if order.identity in timeline.orders:
        return
    at = timeline.facts[order.occasion].at
    yield Due(max(at, given[-1].at + EVERY) if given else at, order)


def _under_way(timeline: Timeline, given: Ordered) -> bool:
    """Whether an order is without its last answer."""
    answer = timeline.answers.get(given.order.identity)
    return answer is None or answer.at < given.at or answer.outcome == "later"


def _newest_told(timeline: Timeline, document: str) -> int:
    """The number of the newest fact that the document tells."""
    facts = timeline.facts
    return next((number for number in range(len(facts) - 1, 0, -1) if _told(facts[number], document)), 0)


def _told(fact: Fact, document: str) -> bool:
    if isinstance(fact, DocumentEdited):
        return fact.document == document
    return not isinstance(fact, UNTOLD) and not (isinstance(fact, MessagePosted) and fact.by == HOUSE)
