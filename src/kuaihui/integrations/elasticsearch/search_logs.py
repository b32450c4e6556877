"""
Searching Elasticsearch or OpenSearch, newest first, a page at a time (POST /INDEX/_search).

Rule 1: the next page ends with the oldest instant of this one, itself included, and what was read is dropped by its (_index, _id): no
        point-in-time is opened, so a right to read is enough and nothing is left behind on the cluster.
Rule 2: shards that failed and a search that timed out are told, though the status says 200.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import httpx
import msgspec

from kuaihui.diagnosis.log_signatures.evidence import at_least, clean, gathered, searched
from kuaihui.diagnosis.log_signatures.lines import LogLine
from kuaihui.diagnosis.scrubbing import DEFAULT, Scrubber
from kuaihui.errors import TryLater
from kuaihui.incident.fact import Fact
from kuaihui.incident.timeline import Timeline
from kuaihui.integrations.elasticsearch.discover import discover
from kuaihui.language import text
from kuaihui.orders import Order, SearchLogs
from kuaihui.orders.refusals import lacking
from kuaihui.over_http import OverHttp

_BUDGET: Final = timedelta(seconds=26)
PAGE: Final = 5_000  # half of index.max_result_window's default
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_TEXT: Final = ("message", "log", "msg", "event.original")
_LEVEL: Final = ("log.level", "level", "severity", "levelname")
_SERVICE: Final = ("service.name", "service", "kubernetes.container.name", "app")
_POD: Final = ("kubernetes.pod.name", "pod", "host.name", "hostname", "host")


@dataclass(frozen=True, kw_only=True)
class Access:
    """Where it is, and an API key or a user who may read."""

    url: str
    api_key: str = field(default="", repr=False)
    username: str = ""
    password: str = field(default="", repr=False)
    link: str = ""  # of the Kibana that shows it
    page: int = PAGE


class _Hit(msgspec.Struct):
    index: str = msgspec.field(name="_index")
    id: str = msgspec.field(name="_id")
    sort: list[int | float | str]
    source: dict[str, object] = msgspec.field(name="_source", default={})


class _Hits(msgspec.Struct):
    hits: list[_Hit]


class _Shards(msgspec.Struct):
    total: int = 0
    failed: int = 0


class _Reply(msgspec.Struct):
    hits: _Hits
    timed_out: bool = False
    shards: _Shards = msgspec.field(name="_shards", default_factory=_Shards)


class Elasticsearch:
    """Searches one cluster: the catalog's `logs: {from: elasticsearch, index: "app-*"}`; `time` names another field than @timestamp."""

    channels: frozenset[str] = frozenset()

    def __init__(
        self, access: Access, name: str = "elasticsearch", transport: httpx.AsyncBaseTransport | None = None, scrub: Scrubber = DEFAULT
    ) -> None:
        """`transport` takes the place of the network in tests."""
        self.name, self.scrub = name, scrub
        self.access, self.page = access, access.page
        headers = {"Authorization": f"ApiKey {access.api_key}"} if access.api_key else {}
        auth = httpx.BasicAuth(access.username, access.password) if access.username else None
        self._client = httpx.AsyncClient(
            base_url=access.url.rstrip("/"), headers=headers, auth=auth, transport=transport, timeout=_BUDGET.total_seconds()
        )
        self._there = OverHttp(self._client, name, scrub)
        self.carries: dict[type[Order], Callable[[Any, Timeline, datetime], Awaitable[list[Fact]]]] = {SearchLogs: self.search_logs}

    async def close(self) -> None:
        """Close its connections."""
        await self._client.aclose()

    async def search_logs(self, order: SearchLogs, timeline: Timeline, now: datetime) -> list[Fact]:
        """The records of the span as signatures. Raises TryLater or GiveUp where not even one page could be read."""
        deadline = asyncio.get_running_loop().time() + _BUDGET.total_seconds()
        found = await gathered(order, lambda since, until: self._pages(order, since, until, deadline))
        return [await asyncio.to_thread(searched, order, found, now, self.name, self._link(order), self.scrub)]

    def _link(self, order: SearchLogs) -> str:
        view = order.place.get("view", order.place.get("index", ""))
        return discover(self.access.link, view, self.scrub(_lucene(order)), order.since, order.until)

    async def _pages(self, order: SearchLogs, since: datetime, until: datetime, deadline: float) -> AsyncIterator[Sequence[LogLine]]:
        seen: set[tuple[str, str]] = set()
        span: dict[str, object] = {"gte": _milliseconds(since), "lt": _milliseconds(until), "format": "epoch_millis"}
        while True:
            reply = await self._page(order, span, deadline)
            hits = reply.hits.hits
            fresh = [hit for hit in hits if (hit.index, hit.id) not in seen]
            if fresh:
                yield [_line(hit) for hit in fresh]
            if reply.timed_out or reply.shards.failed:
                failed, total = reply.shards.failed, reply.shards.total
                raise TryLater(
                    text("{source} searched in part: {failed} of {total} shards failed", source=self.name, failed=failed, total=total)
                )
            if len(hits) < self.page:
                return
            if not fresh:
                raise TryLater(text("more than {page} records of one millisecond; those before it were not read", page=self.page))
            seen |= {(hit.index, hit.id) for hit in fresh}
            span = {"gte": span["gte"], "lte": hits[-1].sort[0], "format": "epoch_millis"}

    async def _page(self, order: SearchLogs, span: dict[str, object], deadline: float) -> _Reply:
        index, stamp = order.place.get("index"), order.place.get("time", "@timestamp")
        if not index:
            raise lacking(self.name, "index")
        body = {
            "size": self.page,
            "track_total_hits": False,
            "timeout": "8s",
            "sort": [{stamp: {"order": "desc", "format": "epoch_millis", "unmapped_type": "date"}}],
            "query": {"bool": {"filter": [{"range": {stamp: span}}, *_asked(order)]}},
        }
        response = await self._there.ask("POST", f"/{index}/_search", deadline, params={"ignore_unavailable": "true"}, json=body)
        return self._there.read(response, _Reply)


def _asked(order: SearchLogs) -> list[dict[str, object]]:
    """The order's words (Lucene's query syntax), its level, and what the catalog says the service's records have."""
    filters: list[dict[str, object]] = []
    if order.query:
        filters.append({"query_string": {"query": order.query}})
    if levels := at_least(order.level):
        words = [form for word in levels for form in (word, word.upper(), word.capitalize())]
        either = [{"terms": {name: words}} for field in _LEVEL for name in (field, f"{field}.keyword")]
        filters.append({"bool": {"should": either, "minimum_should_match": 1}})
    if where := order.place.get("filter"):
        filters.append({"query_string": {"query": where}})
    return filters


def _lucene(order: SearchLogs) -> str:
    """The same in one line of Lucene's query syntax."""
    levels = " OR ".join(f'{field}:"{word}"' for word in at_least(order.level) for field in _LEVEL[:2])
    return " AND ".join(f"({part})" for part in (order.query, order.place.get("filter", ""), levels) if part)


def _line(hit: _Hit) -> LogLine:
    at = _EPOCH + timedelta(milliseconds=int(hit.sort[0]))
    service, pod, level = (_first(hit.source, names) for names in (_SERVICE, _POD, _LEVEL))
    return LogLine(at, clean(_first(hit.source, _TEXT) or msgspec.json.encode(hit.source).decode()), service, pod, level)


def _first(source: dict[str, object], names: tuple[str, ...]) -> str:
    """The first of these fields that holds text; a dotted one may be nested or written flat."""
    return next((found for name in names if isinstance(found := source.get(name) or _nested(source, name), str)), "")


def _nested(source: object, name: str) -> object:
    for part in name.split("."):
        try:
            source = msgspec.convert(source, dict[str, object]).get(part)
        except msgspec.ValidationError:
            return None
    return source


def _milliseconds(at: datetime) -> int:
    return -((_EPOCH - at) // timedelta(milliseconds=1))
