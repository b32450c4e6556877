"""What every log store promises, whatever its own way of asking is."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import unquote_plus

import httpx
import pytest

from kuaihui.emulators.elasticsearch.server import Elasticsearch as ElasticsearchServer
from kuaihui.emulators.loki.server import Loki as LokiServer
from kuaihui.emulators.lts.server import Lts as LtsServer
from kuaihui.errors import GiveUp, TryLater
from kuaihui.incident.evidence import LogsSearched
from kuaihui.incident.fact import Fact
from kuaihui.incident.facts import decode, encode
from kuaihui.incident.timeline import Timeline
from kuaihui.integrations.elasticsearch import search_logs as elasticsearch
from kuaihui.integrations.logfiles.search_logs import LogFiles, Place
from kuaihui.integrations.loki import search_logs as loki
from kuaihui.integrations.lts import search_logs as lts
from kuaihui.orders import SearchLogs
from tests.integrations.asking import NOBODY_BROKE, NOW, logs

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
PAGE = 7  # a small page, so that few records make many


class Searcher(Protocol):
    async def search_logs(self, order: SearchLogs, timeline: Timeline, now: datetime) -> list[Fact]: ...


class Store(Protocol):
    """A log store that can be filled and asked."""

    place: dict[str, str]
    app: Any

    def put(self, at: datetime, line: str, level: str = "ERROR", pod: str = "p-0") -> None: ...

    def carrier(self, transport: httpx.AsyncBaseTransport, secret: str = "right") -> Searcher: ...


class LokiStore:
    def __init__(self) -> None:
        self.server = LokiServer(token="right", most=PAGE)
        self.place = {"selector": '{app="config-center"}'}
        self.app = self.server.app()

    def put(self, at: datetime, line: str, level: str = "ERROR", pod: str = "p-0") -> None:
        labels = {"app": "config-center", "pod": pod, "level": level}
        self.server.records.append((round(at.timestamp() * 1_000_000) * 1_000, labels, f"{level} {line}"))

    def carrier(self, transport: httpx.AsyncBaseTransport, secret: str = "right") -> Searcher:
        return loki.Loki(loki.Access(url="http://store", token=secret, page=PAGE), transport=transport)


class ElasticsearchStore:
    def __init__(self) -> None:
        self.server = ElasticsearchServer(key="right", window=PAGE)
        self.place = {"index": "app-*"}
        self.app = self.server.app()

    def put(self, at: datetime, line: str, level: str = "ERROR", pod: str = "p-0") -> None:
        document = {"@timestamp": at.isoformat(), "message": f"{level} {line}", "level": level, "kubernetes": {"pod": {"name": pod}}}
        self.server.documents.setdefault("app-1", []).append(document | {"service": "config-center"})

    def carrier(self, transport: httpx.AsyncBaseTransport, secret: str = "right") -> Searcher:
        return elasticsearch.Elasticsearch(elasticsearch.Access(url="http://store", api_key=secret, page=PAGE), transport=transport)


class LtsStore:
    def __init__(self) -> None:
        self.server = LtsServer(access_key="right")
        self.place = {"group": "g1", "stream": "s1"}
        self.app = self.server.app()

    def put(self, at: datetime, line: str, level: str = "ERROR", pod: str = "p-0") -> None:
        labels = {"appName": "config-center", "podName": pod}
        self.server.records.append((round(at.timestamp() * 1_000_000) * 1_000, labels, f"{level} {line}"))

    def carrier(self, transport: httpx.AsyncBaseTransport, secret: str = "right") -> Searcher:
        return lts.Lts(lts.Access(url="http://store", project="p1", access_key=secret, secret_key="sk", page=PAGE), transport=transport)


class LogFilesStore:
    """Files of three pods; there is no network to fail, and no secret: who may not read a file is refused by the disk."""

    def __init__(self, folder: Path) -> None:
        self.place: dict[str, str] = {}
        self.folder = folder

    def put(self, at: datetime, line: str, level: str = "ERROR", pod: str = "p-0") -> None:
        entry = {"time": at.isoformat(), "level": level, "service": "config-center", "pod": pod, "msg": f"{level} {line}"}
        with (self.folder / f"{pod}.log").open("a", encoding="utf-8") as file:
            file.write(json.dumps(entry) + "\n")

    def carrier(self) -> Searcher:
        for file in self.folder.glob("*.log"):
            os.utime(file, (NOW.timestamp(), NOW.timestamp()))
        return LogFiles(Place(paths=(str(self.folder / "*.log"),)))


AnyStore = Store | LogFilesStore
REMOTE = [LokiStore, ElasticsearchStore, LtsStore]


@pytest.fixture(params=REMOTE)
def remote(request: pytest.FixtureRequest) -> Store:
    """A store beyond the network."""
    return request.param()


@pytest.fixture(params=[*REMOTE, LogFilesStore])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> AnyStore:
    return LogFilesStore(tmp_path) if request.param is LogFilesStore else request.param()


async def search(store: AnyStore, carrier: Searcher | None = None, **more: Any) -> LogsSearched:
    carrier = carrier or (store.carrier() if isinstance(store, LogFilesStore) else store.carrier(httpx.ASGITransport(store.app)))
    (fact,) = await carrier.search_logs(logs(place=store.place, **more), NOBODY_BROKE, NOW)
    assert isinstance(fact, LogsSearched)
    assert decode(encode(fact)) == fact
    return fact


class After(httpx.AsyncBaseTransport):
    """The store itself for some requests, then something else."""

    def __init__(self, store: Store, requests: int, then: Callable[[], httpx.Response]) -> None:
        self.inner, self.left, self.then = httpx.ASGITransport(store.app), requests, then

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.left -= 1
        if self.left < 0:
            return self.then()
        return await self.inner.handle_async_request(request)


def times_out() -> httpx.Response:
    raise httpx.ReadTimeout("slow")


async def test_every_page_is_read_and_nothing_outside_the_span(store: AnyStore) -> None:
    for number in range(50):
        store.put(NOW - timedelta(seconds=number + 1), "redis timeout", pod=f"p-{number % 3}")
    for at in (NOW, NOW + MINUTE, NOW - HOUR - MINUTE):
        store.put(at, "another night")
    store.put(NOW - HOUR, "the first instant")
    fact = await search(store)

    assert (fact.total, fact.partial) == (51, None)
    most = max(fact.signatures, key=lambda one: one.count)
    assert (most.count, most.services, most.pods) == (50, ("config-center",), ("p-0", "p-1", "p-2"))
    assert {one.count for one in fact.signatures} == {50, 1}


async def test_records_of_one_instant_on_both_sides_of_a_page_are_read_once(store: AnyStore) -> None:
    for number in range(30):
        store.put(NOW - timedelta(seconds=1 + number // 5), f"failure in part {chr(97 + number)}")
    assert (await search(store)).total == 30


async def test_at_the_limit_the_newest_are_kept_and_it_is_said(store: AnyStore) -> None:
    for number in range(40):
        store.put(NOW - timedelta(seconds=number + 1), "new words" if number < 10 else "old words")
    fact = await search(store, most=10)

    assert fact.total == 10
    assert all("new words" in one.example for one in fact.signatures)
    assert fact.partial is not None


async def test_words_and_level_choose(store: AnyStore) -> None:
    for level in ("INFO", "WARN", "ERROR", "FATAL"):
        store.put(NOW - MINUTE, "redis is slow", level)
    store.put(NOW - MINUTE, "mysql is slow")

    assert (await search(store, query="redis")).total == 4
    assert (await search(store, level="error")).total == 3
    assert (await search(store, query="redis", level="error")).total == 2
    assert (await search(store, query="nobody says this")).signatures == ()


@pytest.mark.parametrize("then", [times_out, lambda: httpx.Response(429), lambda: httpx.Response(503)])
async def test_a_store_that_fails_after_some_pages_leaves_what_was_read_and_says_so(
    remote: Store, then: Callable[[], httpx.Response]
) -> None:
    for number in range(40):
        remote.put(NOW - timedelta(seconds=number + 1), "redis timeout")
    fact = await search(remote, remote.carrier(After(remote, 2, then)))

    assert PAGE < fact.total < 40
    assert fact.partial is not None
    assert fact.partial.values["pages"] == 2


@pytest.mark.parametrize("then", [times_out, lambda: httpx.Response(429, headers={"Retry-After": "9"}), lambda: httpx.Response(503)])
async def test_a_store_that_is_busy_at_once_is_tried_later(remote: Store, then: Callable[[], httpx.Response]) -> None:
    with pytest.raises(TryLater):
        await search(remote, remote.carrier(After(remote, 0, then)))


async def test_a_store_that_hangs_is_left_in_time(remote: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (loki, elasticsearch, lts):
        monkeypatch.setattr(module, "_BUDGET", timedelta(seconds=0.3))

    async def hang(_: httpx.Request) -> httpx.Response:
        await asyncio.sleep(60)
        raise AssertionError

    with pytest.raises(TryLater, match="in time"):
        await search(remote, remote.carrier(httpx.MockTransport(hang)))


async def test_wrong_credentials_are_given_up_with_the_remedy(remote: Store) -> None:
    with pytest.raises(GiveUp, match=r"check \["):
        await search(remote, remote.carrier(httpx.ASGITransport(remote.app), secret="wrong"))


async def test_a_place_the_catalog_forgot_is_given_up_by_its_word(remote: Store) -> None:
    word = next(iter(remote.place))
    remote.place = {}
    with pytest.raises(GiveUp, match=word):
        await search(remote)


@pytest.mark.parametrize("body", [b"", b"<html>login</html>", b"[]", b"{}", b"\xff\xfe"])
async def test_what_is_no_answer_is_given_up(remote: Store, body: bytes) -> None:
    with pytest.raises(GiveUp, match="address"):
        await search(remote, remote.carrier(httpx.MockTransport(lambda _: httpx.Response(200, content=body))))


async def test_secrets_nul_and_huge_lines_do_no_harm(store: AnyStore) -> None:
    for line in ("login password=hunter2 failed", "a\x00b", "x" * 1_000_000):
        store.put(NOW - MINUTE, line)
    fact = await search(store)

    assert fact.total == 3
    assert len(encode(fact)) < 20_000
    assert b"hunter2" not in encode(fact)
    assert b"\\u0000" not in encode(fact)


async def test_what_the_usual_span_never_said_is_new(store: AnyStore) -> None:
    for number in range(1, 6):
        store.put(NOW - number * MINUTE, "served slowly")
        store.put(NOW - 24 * HOUR - number * MINUTE, "served slowly")
    store.put(NOW - MINUTE, "pool exhausted")
    fact = await search(store, usual_since=NOW - 25 * HOUR)

    assert {one.new for one in fact.signatures if "pool" in one.template} == {True}
    assert {one.new for one in fact.signatures if "served" in one.template} == {False}


async def test_evidence_leads_back_to_the_same_query_over_the_same_time() -> None:
    millis = [f"{round(at.timestamp() * 1000)}" for at in (NOW - HOUR, NOW)]
    grafana, kibana, console = LokiStore(), ElasticsearchStore(), LtsStore()
    sources = (
        (
            grafana,
            loki.Loki(loki.Access(url="http://s", token="right", link="https://g", datasource="u1", page=PAGE), transport=to(grafana)),
        ),
        (
            kibana,
            elasticsearch.Elasticsearch(
                elasticsearch.Access(url="http://s", api_key="right", link="https://k/", page=PAGE), transport=to(kibana)
            ),
        ),
        (
            console,
            lts.Lts(lts.Access(url="https://lts.cn-north-4.x.com", project="p", access_key="right", page=PAGE), transport=to(console)),
        ),
    )
    links = [unquote_plus((await search(store, carrier, query="redis", level="fatal")).link) for store, carrier in sources]

    assert links[0].startswith('https://g/explore?schemaVersion=1&orgId=1&panes={"logs":{"datasource":"u1"')
    assert r'"expr":"{app=\"config-center\"} |= \"redis\" |~ `(?i)(fatal|' in links[0]
    assert f'"range":{{"from":"{millis[0]}","to":"{millis[1]}"}}' in links[0]
    assert links[1].startswith(
        "https://k/app/discover#/?_g=(time:(from:'2026-03-11T02:00:00.000Z',to:'2026-03-11T03:00:00.000Z'))"
        "&_a=(index:'app-*',query:(language:lucene,query:'(redis) AND ("
    )
    assert links[2].startswith("https://console.huaweicloud.com/lts/?region=cn-north-4#/cts/logEventsLeftMenu/events?groupId=g1&topicId=s1")
    assert "condition=redis and (fatal or FATAL" in links[2]
    assert links[2].endswith(f"&selectDate=3600000&createTime={millis[1]}")


async def test_where_nobody_shows_a_source_there_is_no_link(remote: Store) -> None:
    assert (await search(remote)).link == ""


def to(store: Store) -> httpx.ASGITransport:
    return httpx.ASGITransport(store.app)


async def test_shards_that_failed_are_told() -> None:
    store = ElasticsearchStore()
    store.put(NOW - MINUTE, "redis timeout")
    store.server.failing = 2
    fact = await search(store)

    assert fact.total == 1
    assert fact.partial is not None


async def test_a_search_that_was_not_finished_is_told() -> None:
    store = LtsStore()
    store.put(NOW - MINUTE, "redis timeout")
    store.server.complete = False
    fact = await search(store)

    assert fact.total == 1
    assert fact.partial is not None
