"""
The first look at a service's Redis, as an order that is carried.

Rule 1: a Redis that is down, slow or refuses us is a finding, since that is what people need to know: it is not tried again.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

from kuaihui.diagnosis.redis_health.snapshot import KeySize
from kuaihui.errors import GiveUp
from kuaihui.incident.evidence import RedisFinding, RedisGap, RedisHotKey, RedisInspected
from kuaihui.incident.fact import Fact
from kuaihui.incident.timeline import Timeline
from kuaihui.integrations.redis.probe import NodeReport, RedisReport, inspect
from kuaihui.integrations.redis.settings import RedisSettings
from kuaihui.language import Text, text
from kuaihui.orders import InspectRedis, Order

MOST_FINDINGS: Final = 20
MOST_HOT: Final = 10  # keys a node and method
_LONGEST: Final = timedelta(seconds=8)  # of one node's look: below the order's time-out, so that what was had by then is told


class RedisCarrier:
    """Looks at the Redis servers that are set up, each by its name: the catalog's `redis: {from: redis, name: center}`."""

    name = "redis"
    channels: frozenset[str] = frozenset()

    def __init__(self, servers: Mapping[str, RedisSettings], clock: Callable[[], datetime]) -> None:
        self.servers = {name: replace(one, cost=replace(one.cost, total=min(one.cost.total, _LONGEST))) for name, one in servers.items()}
        self._clock = clock
        self.carries: dict[type[Order], Callable[[Any, Timeline, datetime], Awaitable[list[Fact]]]] = {InspectRedis: self.inspect_redis}

    async def close(self) -> None:
        """Nothing is held open between two looks."""

    async def inspect_redis(self, order: InspectRedis, timeline: Timeline, now: datetime) -> list[Fact]:
        """What the look at this Redis shows. Raises GiveUp where the settings do not know it."""
        report = await inspect(self._server(order), self._clock)
        return [inspected(order, report, now, self.name)]

    def _server(self, order: InspectRedis) -> RedisSettings:
        """The one that is named; the only one, where none is."""
        wanted = order.place.get("name", "")
        if wanted in self.servers:
            return self.servers[wanted]
        if not wanted and len(self.servers) == 1:
            return next(iter(self.servers.values()))
        known = tuple(sorted(self.servers))
        raise GiveUp(text("no Redis is set up as [redis.{name}]; there are: {known}", name=wanted or "?", known=known))


def inspected(order: InspectRedis, report: RedisReport, now: datetime, by: str) -> RedisInspected:
    """The fact that a report is."""
    return RedisInspected(
        at=now,
        by=by,
        identity=order.identity,
        asked_by=order.asked_by,
        about=order.about,
        service=order.service,
        source=by,
        partial=_partial(report),
        findings=tuple(
            RedisFinding(kind=one.kind.value, says=one.says, weight=one.weight, node=one.node, key=one.key, evidence=one.evidence)
            for one in report.findings[:MOST_FINDINGS]
        ),
        hot=tuple(key for node in report.nodes for key in _hot(node)),
        gaps=tuple(RedisGap(gap.section, gap.why, gap.node) for gap in report.gaps),
        nodes=tuple(node.node for node in report.nodes),
    )


def _partial(report: RedisReport) -> Text | None:
    return text("{count} parts of the look could not be had", count=len(report.gaps)) if report.gaps else None


def _hot(node: NodeReport) -> Iterator[RedisHotKey]:
    sizes = {size.key: size.size for size in _sizes(node)}
    for found in node.hot:
        for key in found.keys[:MOST_HOT]:
            yield RedisHotKey(
                key=key.key,
                share=key.share,
                error=key.margin,
                method=found.method.value,
                node=node.node,
                commands=key.commands,
                size=sizes.get(key.key),
            )


def _sizes(node: NodeReport) -> tuple[KeySize, ...]:
    return node.after.sizes if node.after else ()
