"""
Say in the topic what changed, once each, in one line.

Rule 1: only what a person in the room would want to be told is said; receipts and orders are on the page, not in the topic.
Rule 2: each line belongs to the fact it tells of, so that it is said once however often the house restarts.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from kuaihui.catalog.catalog import Catalog
from kuaihui.duties.due import Due
from kuaihui.incident.alerts import Reopened, SeverityChanged, Worsened
from kuaihui.incident.fact import Fact
from kuaihui.incident.pages import Acknowledged, Escalated, FellSilent, Ordered
from kuaihui.incident.recovery import Closed, Mitigated, ObservationStarted, RecoveryDoubted, Resolved
from kuaihui.incident.roles import RoleDeclined, RoleGiven, RoleTaken
from kuaihui.incident.room import PulledIn, TopicOpened
from kuaihui.incident.timeline import Timeline
from kuaihui.language import text
from kuaihui.orders import Page, Post

TOLD: Final[tuple[type[Fact], ...]] = (
    SeverityChanged,
    Worsened,
    Reopened,
    Acknowledged,
    Escalated,
    FellSilent,
    RoleTaken,
    RoleGiven,
    RoleDeclined,
    PulledIn,
    Mitigated,
    Resolved,
    ObservationStarted,
    RecoveryDoubted,
    Closed,
)


def due(timeline: Timeline, catalog: Catalog, now: datetime) -> Iterator[Due]:
    """One line in the topic for each fact that people want to be told."""
    if not timeline.has(TopicOpened):
        return
    for number, fact in enumerate(timeline.facts):
        if isinstance(fact, TOLD):
            yield Due(fact.at, Post(occasion=number, about="news", words=fact.said))
        elif isinstance(fact, Ordered) and isinstance(fact.order, Page):
            yield from _paged(number, fact, fact.order)


def _paged(number: int, fact: Ordered, page: Page) -> Iterator[Due]:
    """Whoever is paged is also mentioned in the topic, with the reason."""
    if page.attempt == 1:
        words = text("@{person} ({reason})", person=f"@{page.person}", reason=page.reason)
        yield Due(fact.at, Post(occasion=number, about="page", words=words, mentions=(page.person,)))
