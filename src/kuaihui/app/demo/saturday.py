"""
What the demo's machines would have answered on that Saturday: the gateway's metric, the logs, Redis; by the story's own clock.

The live demo can stand real parts in their place: whatever else carries these looks under the same names is asked instead.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from kuaihui.app.demo.beginning import BEGINS
from kuaihui.errors import GiveUp
from kuaihui.incident.evidence import LoggedSignature, LogsSearched, MetricsRead, RedisFinding, RedisHotKey, RedisInspected, Series
from kuaihui.incident.fact import Fact
from kuaihui.incident.timeline import Timeline
from kuaihui.language import text
from kuaihui.orders import InspectRedis, Look, Order, ReadMetrics, SearchLogs

# Minutes after the beginning, and the value from then on. What is between two of them is drawn straight.
RATIO: Final = ((-1e9, 0.002), (-0.5, 0.002), (-0.3, 0.1), (0.8, 0.1), (1, 0.15), (14.5, 0.15), (15.2, 0.1), (18, 0.1), (18.8, 0.0))
COMMANDS: Final = ((-1e9, 9_000.0), (-1, 9_000.0), (0, 52_000.0), (14.5, 52_000.0), (15.2, 37_000.0), (18, 36_000.0), (19.5, 3_100.0))
KEY: Final = "config:gateway:routes"
TIMEOUT: Final = "redis: connection pool timeout"
REFUSED: Final = "GET /v1/settings/<*> 500: load settings: redis: connection pool timeout"
_BROKE: Final = BEGINS - timedelta(seconds=20)


def value_at(curve: Sequence[tuple[float, float]], at: datetime) -> float:
    """The curve's value at an instant."""
    minute = (at - BEGINS).total_seconds() / 60
    before = max((point for point in curve if point[0] <= minute), key=lambda point: point[0])
    after = min((point for point in curve if point[0] > minute), key=lambda point: point[0], default=before)
    if after[0] == before[0]:
        return before[1]
    part = (minute - before[0]) / (after[0] - before[0])
    return before[1] + (after[1] - before[1]) * part


class Source:
    """One source of evidence of that Saturday, under the name that the sample catalog has for it."""

    channels: frozenset[str] = frozenset()

    def __init__(self, name: str, kind: type[Look], answers: Callable[[Any, datetime], Fact]) -> None:  # Any: each its own kind of look
        self.name = name
        self._answers = answers
        self.carries: Mapping[type[Order], Callable[[Any, Timeline, datetime], Awaitable[list[Fact]]]] = {kind: self._carry}

    async def _carry(self, order: Look, timeline: Timeline, now: datetime) -> list[Fact]:
        return [self._answers(order, now)]


def _told(order: Look, source: str) -> dict[str, Any]:  # Any: a look's common fields
    return {
        "by": source,
        "identity": order.identity,
        "asked_by": order.asked_by,
        "about": order.about,
        "service": order.service,
        "source": source,
    }


def metrics(order: ReadMetrics, now: datetime) -> MetricsRead:
    """The gateway's ratio, or what Redis had to do. Raises GiveUp for any other number."""
    curve = COMMANDS if "redis_commands" in order.expression else RATIO if "gateway_requests" in order.expression else None
    if curve is None:
        raise GiveUp(text("the demo has no such metric"))
    at, points = order.since, list[tuple[datetime, float]]()
    while at <= order.until:
        points.append((at, round(value_at(curve, at), 6)))
        at += order.step
    values = [value for _, value in points]
    series = Series(points=tuple(points[-120:]), last=values[-1], max=max(values), min=min(values))
    return MetricsRead(
        at=now,
        **_told(order, "prometheus"),
        expression=order.expression,
        since=order.since,
        until=order.until,
        series=(series,),
        usual=order.usual,
        unit=order.unit,
    )


def logs(order: SearchLogs, now: datetime) -> LogsSearched:
    """The last hour's errors: since it broke, hardly anything but the pool's time-outs."""
    minutes = max(1, round((now - _BROKE).total_seconds() / 60))
    timeouts = LoggedSignature(
        template=TIMEOUT,
        count=4_180 * minutes,
        first=_BROKE,
        last=now,
        onset=_BROKE,
        new=True,
        services=("config-center",),
        pods=("config-center-7d9c-4x2fp", "config-center-7d9c-m8k6t"),
        levels=("ERROR",),
        example=TIMEOUT,
        score=0.93,
        reason=text("it began when it broke"),
    )
    refused = LoggedSignature(template=REFUSED, count=1_120 * minutes, onset=_BROKE, new=True, levels=("ERROR",), score=0.71)
    return LogsSearched(
        at=now,
        **_told(order, "lts"),
        since=order.since,
        until=order.until,
        total=5_312 * minutes,
        signatures=(timeouts, refused),
        others=3,
        query=order.query,
    )


def redis(order: InspectRedis, now: datetime) -> RedisInspected:
    """One key takes most of what Redis does."""
    says = text("key {key} takes {share} % of {rate} ops/s (±{margin} %)", key=KEY, share="63", rate="52,000", margin="2")
    busy = text("Redis's main thread is at {cpu} % of its core, {rate} ops/s", cpu="98", rate="52,000")
    return RedisInspected(
        at=now,
        **_told(order, "redis"),
        findings=(RedisFinding(kind="hot key", says=says, weight=0.82, key=KEY), RedisFinding(kind="busy", says=busy, weight=0.5)),
        hot=(RedisHotKey(key=KEY, share=0.63, error=0.02, method="MONITOR", commands=("hgetall",), size=48_000),),
        nodes=("10.0.3.17:6379",),
    )


def sources() -> list[Source]:
    """Everything that the sample catalog looks at, but for changes: the story tells those to the house itself."""
    return [Source("prometheus", ReadMetrics, metrics), Source("lts", SearchLogs, logs), Source("redis", InspectRedis, redis)]
