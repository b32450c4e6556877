"""Looking at declared curves: metrics from what was, logs and Redis as the drill's file says they look while it is broken."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from kuaihui.app.drill.curves import Curves
from kuaihui.app.drill.sources import BY_ENVIRONMENT, NAME
from kuaihui.app.drill.stage.expressions import ERROR_RATIO
from kuaihui.carrying import Carry, Integration
from kuaihui.incident.evidence import (
    MOST_POINTS,
    LoggedSignature,
    LogsSearched,
    MetricsRead,
    RedisFinding,
    RedisHotKey,
    RedisInspected,
    Series,
)
from kuaihui.incident.fact import Fact
from kuaihui.incident.timeline import Timeline
from kuaihui.language import both
from kuaihui.orders import InspectRedis, Look, Order, ReadMetrics, SearchLogs

FITS: Final = 0.9  # how well a line that is new since the break fits it


def looking_at(curves: Curves) -> list[Integration]:
    """The stage's three sources, answered from curves."""
    return [
        _Source(f"prometheus.{NAME}", {ReadMetrics: _Metrics(curves).read}),
        _Source(f"logfiles.{NAME}", {SearchLogs: _Logs(curves).search}),
        _Source("redis", {InspectRedis: _Redis(curves).inspect}),
    ]


class _Source:
    channels: frozenset[str] = frozenset()

    def __init__(self, name: str, carries: Mapping[type[Order], Carry]) -> None:
        self.name, self.carries = name, carries


def _told(order: Look, now: datetime, by: str) -> dict[str, Any]:  # Any: the fields that every answer has
    return {
        "at": now,
        "by": by,
        "identity": order.identity,
        "asked_by": order.asked_by,
        "about": order.about,
        "service": order.service,
        "source": by,
    }


class _Metrics:
    def __init__(self, curves: Curves) -> None:
        self._curves = curves

    async def read(self, order: ReadMetrics, timeline: Timeline, now: datetime) -> Sequence[Fact]:
        """The ratio as it went; whatever else is asked is not declared and has no value."""
        series: tuple[Series, ...] = ()
        if order.expression == str(ERROR_RATIO) and not self._curves.metrics_are_gone:
            series = (self._series(order),)
        elif order.expression == BY_ENVIRONMENT and not self._curves.metrics_are_gone:
            series = tuple(_now_in(name, value, order) for name, value in self._curves.by_environment().items())
        told: dict[str, Any] = _told(order, now, f"prometheus.{NAME}") | {"since": order.since, "until": order.until}
        return [MetricsRead(**told, expression=order.expression, series=series, usual=order.usual, unit=order.unit)]

    def _series(self, order: ReadMetrics) -> Series:
        step = max(order.step, (order.until - order.since) / MOST_POINTS)
        points: list[tuple[datetime, float]] = []
        at = order.since
        while at < order.until:
            points.append((at, self._at(at)))
            at += step
        points[-1] = (points[-1][0], self._curves.ratio)
        values = [value for _, value in points]
        extremes = {"last": values[-1], "max": max(values), "min": min(values)}
        return Series(labels={"service": order.service}, points=tuple(points[-MOST_POINTS:]), **extremes)

    def _at(self, at: datetime) -> float:
        return next((value for since, value in reversed(self._curves.history) if since <= at), 0.0)


def _now_in(environment: str, value: float, order: ReadMetrics) -> Series:
    """An environment's ratio as it is now, twice: two points decide."""
    points = ((order.until - order.step, value), (order.until, value))
    return Series(labels={"service": order.service, "environment": environment}, points=points, last=value, max=value, min=value)


class _Logs:
    def __init__(self, curves: Curves) -> None:
        self._curves = curves

    async def search(self, order: SearchLogs, timeline: Timeline, now: datetime) -> Sequence[Fact]:
        """The lines of the drill's file, from when it broke."""
        onset = next((at for at, ratio in self._curves.history if ratio > 0), None)
        lines = [line for line in self._curves.script.evidence.logs if onset is not None and order.level in ("", line.level)]
        signatures = tuple(
            LoggedSignature(
                template=line.template,
                count=line.count,
                first=onset,
                last=now,
                onset=onset if line.new else None,
                new=line.new,
                levels=(line.level,),
                example=line.template,
                score=FITS if line.new else 0.1,
            )
            for line in lines
        )
        told: dict[str, Any] = _told(order, now, f"logfiles.{NAME}") | {"since": order.since, "until": order.until}
        return [LogsSearched(**told, total=sum(one.count for one in signatures), signatures=signatures)]


class _Redis:
    def __init__(self, curves: Curves) -> None:
        self._curves = curves

    async def inspect(self, order: InspectRedis, timeline: Timeline, now: datetime) -> Sequence[Fact]:
        """What the drill's file says is found."""
        declared = self._curves.script.evidence.redis
        findings = tuple(
            RedisFinding(kind=one.kind, says=both(one.says.zh, one.says.en), weight=one.weight, key=one.key) for one in declared
        )
        hot = tuple(RedisHotKey(key=one.key, share=0.5, method="declared") for one in declared if one.kind == "hot key")
        return [RedisInspected(**_told(order, now, "redis"), findings=findings, hot=hot)]
