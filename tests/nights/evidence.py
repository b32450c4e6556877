"""Sources of evidence for a night: each answers with what the story's Saturday would have shown, or as it is told to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from kuaihui.carrying import Carry
from kuaihui.catalog.catalog import Catalog
from kuaihui.catalog.load import load
from kuaihui.catalog.services import Sources
from kuaihui.errors import GiveUp, TryLater
from kuaihui.incident.evidence import (
    Change,
    ChangesListed,
    LoggedSignature,
    LogsSearched,
    MetricsRead,
    RedisFinding,
    RedisInspected,
    Series,
)
from kuaihui.incident.fact import Fact
from kuaihui.incident.timeline import Timeline
from kuaihui.language import Text, plain, text
from kuaihui.orders import InspectRedis, ListChanges, Order, ReadMetrics, SearchLogs
from tests.nights.night import SAMPLE

POOL = "redis: connection pool timeout"
HOT = (("hot key", 0.8), ("slow commands on one key", 0.6), ("busy", 0.5))
CALM = (("calm", 0.35),)


def with_sources(*kinds: str) -> Catalog:
    """The sample catalog, its service with a source of each of these kinds (all, when none is named)."""
    catalog = load(SAMPLE)
    named = {kind: {"from": "saturday"} for kind in kinds or ("metrics", "logs", "changes", "redis")}
    service = catalog.services["config-center"].model_copy(update={"sources": Sources.model_validate(named)})
    return catalog.model_copy(update={"services": {**catalog.services, service.id: service}})


class Saturday:
    """Metrics, logs, changes and Redis of the story."""

    name = "saturday"
    channels: frozenset[str] = frozenset()

    def __init__(
        self,
        findings: Sequence[tuple[str, float]] = HOT,
        line: str = POOL,
        broken: frozenset[type[Order]] = frozenset(),
        slow: Mapping[type[Order], int] | None = None,
        partial: Mapping[type[Order], Text] | None = None,
    ) -> None:
        """`broken` kinds are refused, `slow` ones time out so many times first, `partial` ones are answered in part."""
        self.findings, self.line, self.broken = findings, line, broken
        self.slow, self.partial = dict(slow or {}), partial or {}
        self.asked: list[Order] = []

    @property
    def carries(self) -> Mapping[type[Order], Carry]:
        return dict.fromkeys((ReadMetrics, SearchLogs, ListChanges, InspectRedis), self._carry)

    async def _carry(self, order: Any, timeline: Timeline, now: datetime) -> list[Fact]:
        self.asked.append(order)
        if type(order) in self.broken:
            raise GiveUp(text("login refused"))
        if self.slow.get(type(order), 0):
            self.slow[type(order)] -= 1
            raise TryLater(text("the store is slow"), timedelta(seconds=5))
        return [self._answer(order, now)]

    def _answer(self, order: Any, now: datetime) -> Fact:
        told: dict[str, Any] = {
            "at": now,
            "by": self.name,
            "identity": order.identity,
            "asked_by": order.asked_by,
            "about": order.about,
            "service": order.service,
            "partial": self.partial.get(type(order)),
            "link": f"https://source.example.org/{type(order).__name__}",
        }
        match order:
            case ReadMetrics():
                points = tuple((order.since + timedelta(minutes=minute), 0.001 if minute < 58 else 0.1) for minute in range(60))
                series = Series(points=points, last=0.1, max=0.1, min=0.001)
                return MetricsRead(
                    **told,
                    expression=order.expression,
                    since=order.since,
                    until=order.until,
                    series=(series,),
                    usual=order.usual,
                    unit=order.unit,
                )
            case SearchLogs():
                seen = LoggedSignature(template=self.line, count=4000, example=self.line, score=0.9, new=True)
                return LogsSearched(**told, since=order.since, until=order.until, total=4100, signatures=(seen,))
            case ListChanges():
                deploy = Change(
                    id="d1",
                    kind="deployment",
                    at=now - timedelta(days=3),
                    service="config-center",
                    title="v1.8.2",
                    author="xiaomei",
                )
                return ChangesListed(**told, since=order.since, until=order.until, changes=(deploy,))
            case _:
                found = tuple(
                    RedisFinding(kind=kind, says=plain(f"{kind}: config:shared"), weight=weight) for kind, weight in self.findings
                )
                return RedisInspected(**told, findings=found)
