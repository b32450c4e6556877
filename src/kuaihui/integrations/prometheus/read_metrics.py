"""
How a number went, asked of Prometheus's HTTP API (query_range).

Rule 1: a point is a finite number: NaN and the infinities, which PromQL makes of a division by nothing, are left out.
Rule 2: thinning keeps the first, the last and the greatest point, so that a spike between two kept points is still seen.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any, Final
from urllib.parse import urlencode

import httpx
import msgspec

from kuaihui.diagnosis.scrubbing import DEFAULT, Scrubber
from kuaihui.incident.evidence import MOST_POINTS, MetricsRead, Series
from kuaihui.incident.fact import Fact
from kuaihui.incident.timeline import Timeline
from kuaihui.language import Text, text
from kuaihui.orders import Order, ReadMetrics
from kuaihui.orders.refusals import refusal, unreadable
from kuaihui.over_http import OverHttp, Tenancy

# Prometheus refuses more points than this a series (web/api/v1: "exceeded maximum resolution of 11,000 points").
MOST_ASKED: Final = 11_000
MOST_SERIES: Final = 20  # kept in the fact, those with the greatest last value first
_BUDGET: Final = timedelta(seconds=9)  # a second below the order's time-out, so that the reason is ours


@dataclass(frozen=True, kw_only=True)
class Access(Tenancy):
    """Where it is and who we are there; `tenant` is Mimir's, Thanos's and VictoriaMetrics's."""

    link: str = ""  # how people reach it, where that differs from `url`


class _Row(msgspec.Struct):
    metric: dict[str, str]
    values: list[tuple[float, str]]


class _Data(msgspec.Struct):
    result: list[_Row]


class _Reply(msgspec.Struct):
    status: str
    data: _Data | None = None
    error: str = ""
    warnings: list[str] = []
    infos: list[str] = []


class Prometheus:
    """Reads metrics of one Prometheus."""

    channels: frozenset[str] = frozenset()

    def __init__(
        self, access: Access, name: str = "prometheus", transport: httpx.AsyncBaseTransport | None = None, scrub: Scrubber = DEFAULT
    ) -> None:
        """`transport` takes the place of the network in tests of faults."""
        self.name, self.scrub = name, scrub
        self.access = access
        self._client = access.client(_BUDGET, transport)
        self._there = OverHttp(self._client, name, scrub)
        self.carries: dict[type[Order], Callable[[Any, Timeline, datetime], Awaitable[list[Fact]]]] = {ReadMetrics: self.read_metrics}

    async def close(self) -> None:
        """Close its connections."""
        await self._client.aclose()

    async def read_metrics(self, order: ReadMetrics, timeline: Timeline, now: datetime) -> list[Fact]:
        """The answer as a fact. Raises TryLater where it is busy or slow, GiveUp where the question or our credentials are wrong."""
        step = _step(order)
        reply = await self._ask(order, step)
        rows = sorted((_series(row, self.scrub) for row in reply.data.result if row.values), key=_by_last) if reply.data else []
        return [
            MetricsRead(
                at=now,
                by=self.name,
                identity=order.identity,
                asked_by=order.asked_by,
                about=order.about,
                service=order.service,
                source=self.name,
                link=self._link(order),
                partial=_partial(order, step, len(rows)),
                expression=order.expression,
                since=order.since,
                until=order.until,
                series=tuple(rows[:MOST_SERIES]),
                usual=order.usual,
                unit=order.unit,
                warnings=tuple(self.scrub.each((*reply.warnings, *reply.infos))[:5]),
            )
        ]

    async def _ask(self, order: ReadMetrics, step: timedelta) -> _Reply:
        form = {
            "query": order.expression,
            "start": str(order.since.timestamp()),
            "end": str(order.until.timestamp()),
            "step": str(step.total_seconds()),
            "timeout": f"{_BUDGET.seconds - 1}s",
        }
        deadline = asyncio.get_running_loop().time() + _BUDGET.total_seconds()
        return self._read(await self._there.answer("POST", "/api/v1/query_range", deadline, data=form))

    def _read(self, response: httpx.Response) -> _Reply:
        try:
            reply = msgspec.json.decode(response.content, type=_Reply)
        except msgspec.DecodeError as wrong:
            raise refusal(self.name, response.status_code, "", response.headers.get("retry-after")) or unreadable(
                self.name, str(wrong)
            ) from wrong
        if refused := refusal(self.name, response.status_code, self.scrub(reply.error), response.headers.get("retry-after")):
            raise refused
        return reply

    def _link(self, order: ReadMetrics) -> str:
        """Its own graph of the same question."""
        span = f"{max(1, round((order.until - order.since).total_seconds()))}s"
        asked = {
            "g0.expr": order.expression,
            "g0.tab": "0",
            "g0.range_input": span,
            "g0.end_input": f"{order.until.astimezone(UTC):%Y-%m-%d %H:%M:%S}",
        }
        return f"{(self.access.link or self.access.url).rstrip('/')}/graph?{urlencode(asked)}"


def _step(order: ReadMetrics) -> timedelta:
    """The step that was asked, or the least that keeps within what a server answers."""
    least = (order.until - order.since) / (MOST_ASKED - 1)
    return max(order.step, timedelta(seconds=math.ceil(least.total_seconds())) if least > order.step else order.step)


def _partial(order: ReadMetrics, step: timedelta, series: int) -> Text | None:
    if series > MOST_SERIES:
        return text("{all} series, of which {kept} are kept; a sum would say more", all=series, kept=MOST_SERIES)
    if step > order.step:
        return text("read at a point every {seconds} s, since the span is long", seconds=step.total_seconds())
    return None


def _by_last(one: Series) -> tuple[float, list[tuple[str, str]]]:
    return -(one.last if one.last is not None else -math.inf), sorted(one.labels.items())


def _series(row: _Row, scrub: Scrubber) -> Series:
    numbers = [(at, float(value)) for at, value in row.values]
    points = [(datetime.fromtimestamp(at, UTC), value) for at, value in numbers if math.isfinite(value)]
    if not points:
        return Series(labels=_labels(row.metric, scrub))
    values = [value for _, value in points]
    return Series(labels=_labels(row.metric, scrub), points=tuple(thinned(points)), last=values[-1], max=max(values), min=min(values))


def _labels(metric: dict[str, str], scrub: Scrubber) -> dict[str, str]:
    return {name: scrub(value[:200]) for name, value in list(metric.items())[:20]}


def thinned(points: Sequence[tuple[datetime, float]], most: int = MOST_POINTS) -> list[tuple[datetime, float]]:
    """At most `most` of the points, in order: the first, the last, and the greatest of each stretch between them."""
    if len(points) <= most:
        return list(points)
    inner, stretches = points[1:-1], most - 2
    edges = [len(inner) * number // stretches for number in range(stretches + 1)]
    greatest = (max(inner[low:high], key=lambda point: point[1]) for low, high in pairwise(edges))
    return [points[0], *greatest, points[-1]]
