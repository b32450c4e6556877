"""A source of metrics for a night: each expression has the value it was set to, from that instant on."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from kuaihui.carrying import Carry
from kuaihui.catalog.catalog import Catalog
from kuaihui.catalog.hotfixes import Hotfix
from kuaihui.errors import GiveUp
from kuaihui.incident.evidence import MetricsRead, Series
from kuaihui.incident.fact import Fact
from kuaihui.incident.timeline import Timeline
from kuaihui.language import text
from kuaihui.orders import Order, ReadMetrics
from tests.nights.evidence import with_sources
from tests.nights.night import Night

STEP = timedelta(seconds=15)


class Gauge:
    """What Prometheus would have answered."""

    name = "saturday"
    channels: frozenset[str] = frozenset()

    def __init__(self) -> None:
        self.night: Night | None = None
        self.history: dict[str, list[tuple[datetime, float | None]]] = {}
        self.asked: list[ReadMetrics] = []
        self.broken = False

    @property
    def carries(self) -> Mapping[type[Order], Carry]:
        return {ReadMetrics: self._carry}

    def shows(self, value: float | None, expression: str = "") -> None:
        """From now on the expression (the service's signal, when left out) has this value; None: it has none."""
        assert self.night
        self.history.setdefault(expression, []).append((self.night.now, value))

    async def _carry(self, order: Any, timeline: Timeline, now: datetime) -> list[Fact]:
        self.asked.append(order)
        if self.broken:
            raise GiveUp(text("login refused"))
        points = tuple(self._points(order))
        values = [value for _, value in points]
        series = (Series(points=points, last=values[-1], max=max(values), min=min(values)),) if points else ()
        told: dict[str, Any] = {"identity": order.identity, "asked_by": order.asked_by, "about": order.about, "service": order.service}
        return [MetricsRead(at=now, by=self.name, expression=order.expression, since=order.since, until=order.until, series=series, **told)]

    def _points(self, order: ReadMetrics) -> list[tuple[datetime, float]]:
        known = self.history.get(order.expression) or self.history.get("", [])
        at, found = order.since, list[tuple[datetime, float]]()
        while at <= order.until:
            values = [value for since, value in known if since <= at]
            if values and values[-1] is not None:
                found.append((at, values[-1]))
            at += STEP
        return found


def gauged_night(hotfix: Hotfix | None = None) -> tuple[Night, Gauge]:
    """A night whose service's signal can be read."""
    gauge = Gauge()
    night = Night(with_hotfix(with_sources("metrics"), hotfix), integrations=[gauge])
    gauge.night = night
    return night, gauge


def with_hotfix(catalog: Catalog, hotfix: Hotfix | None) -> Catalog:
    """The catalog, the story's service repaired in this way."""
    if hotfix is None:
        return catalog
    service = catalog.services["config-center"].model_copy(update={"hotfix": hotfix})
    return catalog.model_copy(update={"services": {**catalog.services, service.id: service}})
