"""
Searching Huawei Cloud LTS, newest first, a page at a time (POST …/streams/STREAM/content/query).

Rule 1: the next page is asked by the last record's line_num (and __time__, where the stream keeps a time of its own), backwards.
Rule 2: LTS may answer before it has looked at everything (isQueryComplete false): that is told, never taken for the whole.
Rule 3: its time is that of taking in; a record's own labels say when it was logged, where the stream keeps that.
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
from kuaihui.integrations.lts.console import page
from kuaihui.integrations.lts.signing import signed
from kuaihui.language import text
from kuaihui.orders import Order, SearchLogs
from kuaihui.orders.refusals import lacking, unreadable
from kuaihui.over_http import OverHttp

_BUDGET: Final = timedelta(seconds=26)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_SERVICE: Final = ("appName", "serviceName", "containerName")
_POD: Final = ("podName", "hostName")
_LEVEL: Final = ("level", "severity")


@dataclass(frozen=True, kw_only=True)
class Access:
    """The region's endpoint, the project's id, and the keys of a user who may read logs (lts:logs:list)."""

    url: str
    project: str
    access_key: str
    secret_key: str = field(default="", repr=False)
    link: str = ""  # of the console, where it is not Huawei Cloud's own
    page: int = 1_000


class _Log(msgspec.Struct):
    content: str
    line_num: str
    labels: dict[str, str] = {}
    time: int | str | None = msgspec.field(name="__time__", default=None)

    def at(self, otherwise: datetime) -> datetime:
        """When it was logged: its own time, else the time its number is made of (nanoseconds), else the span's end."""
        own = str(self.time or self.labels.get("__time__", ""))
        if own.isdecimal() and len(own) == 13:
            return _EPOCH + timedelta(milliseconds=int(own))
        if self.line_num.isdecimal() and len(self.line_num) == 19:
            return _EPOCH + timedelta(microseconds=int(self.line_num) // 1_000)
        return otherwise


class _Reply(msgspec.Struct):
    logs: list[_Log] | None = None
    complete: bool = msgspec.field(name="isQueryComplete", default=True)
    error_code: str = ""


class Lts:
    """Searches one project: the catalog's `logs: {from: lts, group: GROUP_ID, stream: STREAM_ID}`."""

    channels: frozenset[str] = frozenset()

    def __init__(
        self, access: Access, name: str = "lts", transport: httpx.AsyncBaseTransport | None = None, scrub: Scrubber = DEFAULT
    ) -> None:
        """`transport` takes the place of the network in tests."""
        self.name, self.scrub = name, scrub
        self.access = access
        self._client = httpx.AsyncClient(transport=transport, timeout=_BUDGET.total_seconds())
        self._there = OverHttp(self._client, name, scrub)
        self.carries: dict[type[Order], Callable[[Any, Timeline, datetime], Awaitable[list[Fact]]]] = {SearchLogs: self.search_logs}

    async def close(self) -> None:
        """Close its connections."""
        await self._client.aclose()

    async def search_logs(self, order: SearchLogs, timeline: Timeline, now: datetime) -> list[Fact]:
        """The records of the span as signatures. Raises TryLater or GiveUp where not even one page could be read."""
        deadline = asyncio.get_running_loop().time() + _BUDGET.total_seconds()
        found = await gathered(order, lambda since, until: self._pages(order, since, until, deadline, now))
        return [await asyncio.to_thread(searched, order, found, now, self.name, self._link(order), self.scrub)]

    def _link(self, order: SearchLogs) -> str:
        group, stream = order.place.get("group", ""), order.place.get("stream", "")
        return page(self.access.link, self.access.url, group, stream, self.scrub(_keywords(order)), order.since, order.until)

    async def _pages(
        self, order: SearchLogs, since: datetime, until: datetime, deadline: float, now: datetime
    ) -> AsyncIterator[Sequence[LogLine]]:
        asked: dict[str, object] = {
            "start_time": str(_milliseconds(since)),
            "end_time": str(_milliseconds(until)),
            "keywords": _keywords(order),
            "limit": self.access.page,
            "is_desc": True,
            "highlight": False,
        }
        while True:
            reply = await self._page(order, asked, deadline, now)
            logs = reply.logs or []
            lines = [_line(one, until) for one in logs]
            if inside := [line for line in lines if since <= line.at <= until]:
                yield inside
            if not reply.complete:
                raise TryLater(text("{source} had not looked at everything when it answered", source=self.name))
            if len(logs) < self.access.page:
                return
            asked |= {"line_num": logs[-1].line_num, "search_type": "backwards"}
            if logs[-1].time is not None:
                asked["__time__"] = str(logs[-1].time)

    async def _page(self, order: SearchLogs, asked: dict[str, object], deadline: float, now: datetime) -> _Reply:
        group, stream = (order.place.get(word) or self._lacks(word) for word in ("group", "stream"))
        project = order.place.get("project", self.access.project)
        url = f"{self.access.url.rstrip('/')}/v2/{project}/groups/{group}/streams/{stream}/content/query"
        body = msgspec.json.encode(asked)
        headers = signed(url, body, project, self.access.access_key, self.access.secret_key, now)
        reply = self._there.read(await self._there.ask("POST", url, deadline, content=body, headers=headers), _Reply)
        if reply.logs is None:
            raise unreadable(self.name, reply.error_code or "no logs")
        return reply

    def _lacks(self, word: str) -> str:
        raise lacking(self.name, word)


def _keywords(order: SearchLogs) -> str:
    """LTS's words: the order's own, what the catalog says, and the level in the spellings loggers use."""
    levels = " or ".join(form for word in at_least(order.level) for form in (word, word.upper()))
    return " and ".join(part for part in (order.place.get("keywords", ""), order.query, f"({levels})" if levels else "") if part)


def _line(one: _Log, until: datetime) -> LogLine:
    service, pod, level = (next((one.labels[name] for name in names if name in one.labels), "") for names in (_SERVICE, _POD, _LEVEL))
    return LogLine(one.at(until), clean(one.content), service, pod, level)


def _milliseconds(at: datetime) -> int:
    return (at - _EPOCH) // timedelta(milliseconds=1)
