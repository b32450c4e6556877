"""
Our own metrics, in Prometheus's form: how many incidents are open, how fast pages are sent, read and taken on, how late the loop is.

Rule 1: what is counted is counted from the journal's facts, not from what this process did: a restart loses nothing, and where several
        processes share a journal each tells the same (take any one of them, do not add them up). Errors and lag are each process's own.
Rule 2: a scrape reads what was written since the last one, and never so much that it comes late; a long journal is caught up with over
        several scrapes.
"""

from __future__ import annotations

import asyncio
from collections import Counter as Counts
from collections import OrderedDict
from collections.abc import Sequence
from datetime import datetime
from typing import Final

import msgspec
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from kuaihui.incident.facts import decode
from kuaihui.incident.pages import Acknowledged, Answered, Ordered, Read, Sent
from kuaihui.incident.recovery import Closed
from kuaihui.journal.chain import Record
from kuaihui.journal.journal import Journal
from kuaihui.loop import Loop
from kuaihui.orders import Page

# From a page that is sent at once to one that is read an hour later; a minute and three are the sample's own waits.
BUCKETS: Final = (0.1, 0.5, 1, 2, 5, 10, 30, 60, 120, 180, 300, 600, 1800, 3600)
PAGE: Final = 2_000
MOST_A_SCRAPE: Final = 50_000  # records: about a second's reading
# Where faults are counted besides carriers and duties.
ROOMS: Final = ("loop", "doors", "reception", "journal", "catalog", "clock", "heartbeat")
KEPT: Final = 10_000  # incidents whose pages are still followed
# Only these are decoded: most facts have nothing to do with a metric.
_COUNTED: Final = tuple(f'{{"fact":"{kind.__name__}"'.encode() for kind in (Ordered, Answered, Sent, Read, Acknowledged, Closed))


class _Pages(msgspec.Struct):
    """The pages of one incident that are still followed: person and instant, by identity."""

    given: dict[str, tuple[str, datetime]] = {}
    sent: set[str] = set()
    read: set[str] = set()


class Metrics:
    """The metrics of one house."""

    def __init__(self, journal: Journal, loop: Loop) -> None:
        self._journal, self._loop = journal, loop
        self._position = 0
        self._lock = asyncio.Lock()
        self._pages: OrderedDict[str, _Pages] = OrderedDict()
        self._faults: Counts[str] = Counts()
        self.registry = CollectorRegistry()
        self._process = CollectorRegistry()
        ProcessCollector(registry=self._process)
        self._open = Gauge("kuaihui_open_incidents", "Open incidents", ["service", "severity", "phase"], registry=self.registry)
        self._closed = Counter("kuaihui_closed_incidents", "Incidents closed, by how", ["verdict"], registry=self.registry)
        self._paged = Counter("kuaihui_pages", "Pages that were sent, read, acknowledged or failed", ["step"], registry=self.registry)
        self._latency = Histogram(
            "kuaihui_page_latency_seconds",
            "From the order to page somebody until it was sent, read, acknowledged",
            ["step"],
            registry=self.registry,
            buckets=BUCKETS,
        )
        self._facts = Counter("kuaihui_facts", "Facts that were read from the journal", registry=self.registry)
        self._lag = Gauge(
            "kuaihui_loop_lag_seconds", "How late the most overdue incident is, or how long none is settled", registry=self.registry
        )
        self._errors = Counter(
            "kuaihui_errors",
            "Orders that carriers did not carry out, duties that broke, and stumbles of the loop, in this process",
            ["where"],
            registry=self.registry,
        )
        for step in ("sent", "read", "acknowledged", "failed"):
            self._paged.labels(step)
        # A counter that begins with its first fault has not grown for Prometheus: nobody would be told of that one.
        for where in (*ROOMS, *(f"{one.name} Page" for one in loop.integrations if one.channels)):
            self._errors.labels(where)

    async def scrape(self, now: datetime) -> bytes:
        """Everything as Prometheus reads it."""
        async with self._lock:
            await self._catch_up()
            await self._stand(now)
            return generate_latest(self.registry)

    def taken(self) -> bytes:
        """What this process takes of memory, open files and processor, as every other program tells it."""
        return generate_latest(self._process)

    @property
    def media(self) -> str:
        """The answer's media type."""
        return CONTENT_TYPE_LATEST

    # -- what stands now -------------------------------------------------------------------------------------------------------------------

    async def _stand(self, now: datetime) -> None:
        self._open.clear()
        for one in await self._journal.summaries(open_only=True, limit=10_000):
            if not one.drill:
                self._open.labels(one.service, str(one.severity), one.phase).inc()
        self._lag.set(await self._loop.lag(now))
        for where, count in self._loop.faults.items():
            self._errors.labels(where).inc(count - self._faults[where])
        self._faults = Counts(self._loop.faults)

    # -- what happened ---------------------------------------------------------------------------------------------------------------------

    async def _catch_up(self) -> None:
        begun = self._position
        while self._position - begun < MOST_A_SCRAPE:
            records = await self._journal.after(self._position, PAGE)
            if not records:
                return
            self._position = records[-1].position
            self._facts.inc(len(records))
            self._count(records)
            await asyncio.sleep(0)  # let pages go out in between

    def _count(self, records: Sequence[Record]) -> None:
        for record in records:
            if record.body.startswith(_COUNTED):
                self._take(record.incident, decode(record.body))

    def _take(self, incident: str, fact: object) -> None:
        match fact:
            case Ordered(order=Page() as page, at=at):
                self._of(incident).given.setdefault(page.identity, (page.person, at))
            case Sent(identity=identity, at=at):
                self._step(incident, identity, "sent", at, self._of(incident).sent)
            case Read(identity=identity, at=at):
                self._step(incident, identity, "read", at, self._of(incident).read)
            case Answered(identity=identity, outcome="gave up" | "nobody") if identity in self._of(incident).given:
                self._paged.labels("failed").inc()
            case Acknowledged():
                self._acknowledged(incident, fact)
            case Closed(verdict=verdict):
                self._closed.labels(verdict).inc()
                self._pages.pop(incident, None)
            case _:
                return

    def _of(self, incident: str) -> _Pages:
        pages = self._pages.setdefault(incident, _Pages())
        if len(self._pages) > KEPT:
            self._pages.popitem(last=False)
        return pages

    def _step(self, incident: str, identity: str, step: str, at: datetime, seen: set[str]) -> None:
        given = self._of(incident).given.get(identity)
        if given and identity not in seen:
            seen.add(identity)
            self._observe(step, given[1], at)

    def _acknowledged(self, incident: str, fact: Acknowledged) -> None:
        """Their newest page; whoever takes it on without having been paged has no latency."""
        given = self._of(incident).given
        mine = [at for person, at in given.values() if person == fact.by]
        if mine:
            self._observe("acknowledged", max(mine), fact.at)
            for identity in [one for one, (person, _) in given.items() if person == fact.by]:
                del given[identity]

    def _observe(self, step: str, since: datetime, at: datetime) -> None:
        self._paged.labels(step).inc()
        self._latency.labels(step).observe(max(0.0, (at - since).total_seconds()))
