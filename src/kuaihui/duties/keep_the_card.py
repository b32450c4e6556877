"""
Keep the card: the status card in the chat shows the incident as it stands.

Rule 1: where a topic has a card, it is changed in place for every fact that it shows, but no more often than every few seconds: what comes
        meanwhile is shown together.
Rule 2: only the newest is shown: a change that was overtaken is never ordered.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from kuaihui.catalog.catalog import Catalog
from kuaihui.duties.due import Due
from kuaihui.incident.alerts import AlertCleared, AlertFired, AlertMeasured, Reopened, SeverityChanged, Worsened
from kuaihui.incident.fact import Fact
from kuaihui.incident.pages import Acknowledged, Escalated, Ordered, Read, Sent
from kuaihui.incident.recovery import Closed, Mitigated, ObservationStarted, RecoveryDoubted, Resolved
from kuaihui.incident.repair import GateFailed, GatePassed, GateReached, GateSkipped, HotfixFinished, HotfixStarted, HotfixStopped
from kuaihui.incident.roles import RoleDeclined, RoleGiven, RoleProposed, RoleTaken
from kuaihui.incident.room import DocumentCreated, MeetingOpened, TopicOpened
from kuaihui.incident.timeline import Timeline
from kuaihui.orders import UpdateCard

# Often enough to be of use, seldom enough that a storm of alerts leaves the chat's share of calls to people's pages.
EVERY: Final = timedelta(seconds=3)
SHOWN: Final[tuple[type[Fact], ...]] = (
    AlertFired,
    AlertMeasured,
    AlertCleared,
    SeverityChanged,
    Worsened,
    Reopened,
    Sent,
    Read,
    Acknowledged,
    Escalated,
    RoleProposed,
    RoleTaken,
    RoleGiven,
    RoleDeclined,
    MeetingOpened,
    DocumentCreated,
    HotfixStarted,
    GateReached,
    GatePassed,
    GateFailed,
    GateSkipped,
    HotfixStopped,
    HotfixFinished,
    Mitigated,
    ObservationStarted,
    RecoveryDoubted,
    Resolved,
    Closed,
)


def due(timeline: Timeline, catalog: Catalog, now: datetime) -> Iterator[Due]:
    """The newest state of the card, once it is its turn."""
    topic = timeline.last(TopicOpened)
    if topic is None or not topic.card:
        return
    number, fact = max((found[-1] for kind in SHOWN if (found := timeline.numbered(kind))), key=lambda one: one[0], default=(0, topic))
    if number < timeline.number_of(topic):
        return
    given = [ordered.at for ordered in timeline.all(Ordered) if isinstance(ordered.order, UpdateCard)]
    order = UpdateCard(occasion=number, card=topic.card)
    first = timeline.orders.get(order.identity)
    at = first.at if first else max(fact.at, given[-1] + EVERY) if given else fact.at
    yield Due(at, order)
