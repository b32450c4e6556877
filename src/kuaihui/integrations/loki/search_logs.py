"""
Searching Loki, newest first, a page at a time (GET /loki/api/v1/query_range).

Rule 1: the next page ends with the oldest nanosecond of this one, itself included: lines of one nanosecond on both sides of a page are
        read once, and none is lost.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import httpx
import msgspec

from kuaihui.diagnosis.log_signatures.evidence import at_least, clean, gathered, searched
from kuaihui.diagnosis.log_signatures.lines import LogLine
from kuaihui.diagnosis.scrubbing import DEFAULT, Scrubber
from kuaihui.incident.fact import Fact
from kuaihui.incident.timeline import Timeline
from kuaihui.integrations.loki.explore import explore
from kuaihui.orders import Order, SearchLogs
from kuaihui.orders.refusals import lacking
from kuaihui.over_http import OverHttp, Tenancy

_BUDGET: Final = timedelta(seconds=26)
PAGE: Final = 5_000  # Loki's own default of max_entries_limit_per_query
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_SERVICE: Final = ("service_name", "service", "app", "container", "job")
_POD: Final = ("pod", "pod_name", "instance", "host", "hostname")
_LEVEL: Final = ("detected_level", "level", "severity")


@dataclass(frozen=True, kw_only=True)
class Access(Tenancy):
    """Where it is and who we are there."""

    link: str = ""  # of the Grafana that shows it
    datasource: str = "loki"  # its uid there
    page: int = PAGE  # lower where the server allows fewer lines a query


class _Stream(msgspec.Struct):
    stream: dict[str, str]
    values: list[tuple[str, str]]


class _Data(msgspec.Struct):
    result: list[_Stream]


class _Reply(msgspec.Struct):
    data: _Data


class Loki:
    """Searches one Loki: the catalog's `logs: {from: loki, selector: '{app="config-center"}'}`."""

    channels: frozenset[str] = frozenset()

    def __init__(
        self, access: Access, name: str = "loki", transport: httpx.AsyncBaseTransport | None = None, scrub: Scrubber = DEFAULT
    ) -> None:
        """`transport` takes the place of the network in tests."""
        self.name, self.scrub = name, scrub
        self.access, self.page = access, access.page
        self._client = access.client(_BUDGET, transport)
        self._there = OverHttp(self._client, name, scrub)
        self.carries: dict[type[Order], Callable[[Any, Timeline, datetime], Awaitable[list[Fact]]]] = {SearchLogs: self.search_logs}

    async def close(self) -> None:
        """Close its connections."""
        await self._client.aclose()

    async def search_logs(self, order: SearchLogs, timeline: Timeline, now: datetime) -> list[Fact]:
        """The records of the span as signatures. Raises TryLater or GiveUp where not even one page could be read."""
        query, deadline = _query(order, self.name), asyncio.get_running_loop().time() + _BUDGET.total_seconds()
        found = await gathered(order, lambda since, until: self._pages(query, _nanoseconds(since), _nanoseconds(until), deadline))
        return [await asyncio.to_thread(searched, order, found, now, self.name, self._link(order, query), self.scrub)]

    def _link(self, order: SearchLogs, query: str) -> str:
        return explore(self.access.link, self.access.datasource, self.scrub(query), order.since, order.until)

    async def _pages(self, query: str, since: int, until: int, deadline: float) -> AsyncIterator[Sequence[LogLine]]:
        seen: set[tuple[int, str, str]] = set()
        while since < until:
            streams = await self._page(query, since, until, deadline)
            entries = [(int(at), str(sorted(one.stream.items())), line, one.stream) for one in streams for at, line in one.values]
            fresh = sorted((entry for entry in entries if entry[:3] not in seen), key=lambda entry: entry[0], reverse=True)
            if fresh:
                yield [_line(at, text, labels) for at, _, text, labels in fresh]
            if len(entries) < self.page:
                return
            oldest = min(entry[0] for entry in entries)
            # A whole page of one nanosecond that brought nothing new: go on below it.
            until = oldest + 1 if fresh else oldest
            seen |= {entry[:3] for entry in entries if entry[0] == oldest}

    async def _page(self, query: str, since: int, until: int, deadline: float) -> list[_Stream]:
        asked = {"query": query, "start": str(since), "end": str(until), "limit": str(self.page), "direction": "backward"}
        response = await self._there.ask("GET", "/loki/api/v1/query_range", deadline, params=asked)
        return self._there.read(response, _Reply).data.result


def _query(order: SearchLogs, source: str) -> str:
    """LogQL: the order's own where it is one, else the service's stream selector with the words and the level as line filters."""
    asked = order.query.strip()
    if asked.startswith("{"):
        return asked
    selector = order.place.get("selector")
    if not selector:
        raise lacking(source, "selector")
    words = asked if asked.startswith("|") else f"|= {msgspec.json.encode(asked).decode()}" if asked else ""
    levels = "|".join(map(re.escape, at_least(order.level)))
    return " ".join(part for part in (selector, words, f"|~ `(?i)({levels})`" if levels else "") if part)


def _line(at: int, text: str, labels: dict[str, str]) -> LogLine:
    found = (next((labels[name] for name in names if name in labels), "") for names in (_SERVICE, _POD, _LEVEL))
    service, pod, level = found
    return LogLine(_EPOCH + timedelta(microseconds=at // 1_000), clean(text), service, pod, level)


def _nanoseconds(at: datetime) -> int:
    return (at - _EPOCH) // timedelta(microseconds=1) * 1_000
