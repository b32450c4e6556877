"""Our own metrics: counted from the journal, and scraped by a real Prometheus."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import timedelta

import httpx
import uvicorn
from prometheus_client.parser import text_string_to_metric_families

from kuaihui.app.acted import pass_until
from kuaihui.app.clocks import ActedClock
from kuaihui.app.commands.house import listening
from kuaihui.app.metrics import Metrics
from kuaihui.app.settings import Settings
from kuaihui.app.settings_sections import Auth, CatalogPlace, Hooks, JournalPlace, Server
from kuaihui.app.web.app import create_app
from kuaihui.app.wiring import House, house
from tests.duties.so_far import ELEVEN
from tests.nights.night import SAMPLE
from tests.servers.prometheus import StartWithConfig


@asynccontextmanager
async def reached(settings: Settings) -> AsyncGenerator[tuple[House, httpx.AsyncClient]]:
    async with (
        house(settings, ActedClock(ELEVEN)) as built,
        httpx.AsyncClient(transport=httpx.ASGITransport(create_app(built)), base_url="http://127.0.0.1:8466") as http,
    ):
        yield built, http


def settings(**more: object) -> Settings:
    return Settings(catalog=CatalogPlace(folder=SAMPLE), journal=JournalPlace(url="memory:"), **more)  # type: ignore[arg-type]


async def outage(built: House, http: httpx.AsyncClient) -> None:
    """Axin is paged and does not read; Dazhuang reads after twenty seconds and takes it on."""
    alert = {
        "labels": {"alertname": "Gateway5xxRatioHigh", "service": "config-center"},
        "annotations": {"value": "0.1"},
        "startsAt": ELEVEN.isoformat(),
        "endsAt": (ELEVEN + timedelta(hours=1)).isoformat(),
    }
    assert (await http.post("/api/v2/alerts", json=[alert])).is_success
    clock = built.clock
    assert isinstance(clock, ActedClock)
    await pass_until(built.loop, built.reception, clock, ELEVEN + timedelta(seconds=80))
    incident = (await built.journal.summaries(limit=1))[0].incident
    answer = await http.post(f"/api/v1/incidents/{incident}/deeds", json={"deed": "Acknowledge"}, headers={"X-Kuaihui-Person": "dazhuang"})
    assert answer.is_success
    await pass_until(built.loop, built.reception, clock, ELEVEN + timedelta(seconds=90))


def values(body: str) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(body)
        for sample in family.samples
        if not sample.name.endswith("_created")  # when this process began to count
    }


def counted(body: str) -> str:
    """What is counted from the journal; not what the process takes, which is told behind it."""
    return body.partition("# HELP process_")[0]


async def test_what_is_open_and_how_fast_pages_went() -> None:
    async with reached(settings()) as (built, http):
        await outage(built, http)
        told = values((await http.get("/metrics")).text)

        assert told["kuaihui_open_incidents", (("phase", "engaged"), ("service", "config-center"), ("severity", "2"))] == 1
        assert told["kuaihui_page_latency_seconds_count", (("step", "read"),)] == 1
        assert told["kuaihui_page_latency_seconds_sum", (("step", "read"),)] == 20
        assert told["kuaihui_page_latency_seconds_sum", (("step", "acknowledged"),)] == 20
        assert told["kuaihui_pages_total", (("step", "sent"),)] >= 2
        assert told["kuaihui_loop_lag_seconds", ()] == 0


async def test_it_tells_what_the_process_takes() -> None:
    async with reached(settings()) as (_, http):
        told = (await http.get("/metrics")).text

    taken = {sample.name: sample.value for family in text_string_to_metric_families(told) for sample in family.samples}
    assert taken["process_resident_memory_bytes"] > 10_000_000
    assert taken["process_open_fds"] > 3
    assert taken["process_cpu_seconds_total"] > 0


async def test_a_second_scrape_counts_nothing_twice_and_another_process_tells_the_same() -> None:
    async with reached(settings()) as (built, http):
        await outage(built, http)
        first, second = counted((await http.get("/metrics")).text), counted((await http.get("/metrics")).text)
        other = Metrics(built.journal, built.loop)

        assert first == second
        assert values((await other.scrape(built.clock.now())).decode()) == values(second)


async def test_what_has_not_failed_yet_is_told_as_zero_so_that_the_first_fault_is_a_growth() -> None:
    async with reached(settings()) as (built, http):
        told = values((await http.get("/metrics")).text)
        counted_in = {"loop", "doors", "reception", "journal", "catalog", "clock", "heartbeat", "builtin Page"}

        assert {labels[0][1] for name, labels in told if name == "kuaihui_errors_total"} >= counted_in
        built.loop.faults["builtin Page"] += 1
        again = values((await http.get("/metrics")).text)
        where = (("where", "builtin Page"),)
        assert (told["kuaihui_errors_total", where], again["kuaihui_errors_total", where]) == (0, 1)


async def test_a_carriers_errors_are_counted() -> None:
    async with reached(settings()) as (built, http):
        built.loop.faults["feishu Page"] += 2
        told = values((await http.get("/metrics")).text)
        built.loop.faults["feishu Page"] += 1
        again = values((await http.get("/metrics")).text)

        assert told["kuaihui_errors_total", (("where", "feishu Page"),)] == 2
        assert again["kuaihui_errors_total", (("where", "feishu Page"),)] == 3


async def test_a_lag_is_how_overdue_the_loop_is() -> None:
    async with reached(settings()) as (built, http):
        await outage(built, http)
        clock = built.clock
        assert isinstance(clock, ActedClock)
        due = await built.journal.next_due()
        assert due
        clock.move_to(due + timedelta(seconds=7))
        told = values((await http.get("/metrics")).text)

        assert told["kuaihui_loop_lag_seconds", ()] == 7


async def test_from_elsewhere_a_token_is_wanted() -> None:
    open_to_all = settings(
        server=Server(host="0.0.0.0", address="http://127.0.0.1:8466"), auth=Auth(mode="tokens"), hooks=Hooks(tokens={"metrics": "secret"})
    )
    async with reached(open_to_all) as (_, http):
        assert (await http.get("/metrics")).status_code == 401
        assert (await http.get("/metrics", headers={"Authorization": "Bearer secret"})).is_success


SCRAPES = """
global: {{scrape_interval: 1s}}
scrape_configs:
  - job_name: kuaihui
    static_configs: [{{targets: ["127.0.0.1:{port}"]}}]
"""


async def test_a_real_prometheus_scrapes_it(prometheus: StartWithConfig) -> None:
    with listening(Server(port=0)) as listener:
        port = listener.getsockname()[1]
        reached_there = settings(server=Server(port=port))
        async with house(reached_there) as built:
            config = uvicorn.Config(create_app(built), log_level="warning", lifespan="off", timeout_graceful_shutdown=1)
            web = uvicorn.Server(config)
            serving = asyncio.create_task(web.serve(sockets=[listener]))
            server = await asyncio.to_thread(prometheus, SCRAPES.format(port=port))
            async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as ours, httpx.AsyncClient(base_url=server.url) as theirs:
                alert = {"labels": {"alertname": "Gateway5xxRatioHigh", "service": "config-center"}, "annotations": {"value": "0.1"}}
                assert (await ours.post("/api/v2/alerts", json=[alert])).is_success
                await built.loop.turn()
                await built.loop.still()
                assert await until(theirs, 'sum(kuaihui_open_incidents{service="config-center"})') == 1
                assert await until(theirs, 'sum(kuaihui_pages_total{step="sent"})') >= 1
                up = await until(theirs, "up")
            web.should_exit = True
            await serving
        assert up == 1


async def until(prometheus: httpx.AsyncClient, query: str) -> float:
    """The value of a query, once there is one above zero."""
    for _ in range(300):
        found = (await prometheus.get("/api/v1/query", params={"query": query})).json()["data"]["result"]
        if found and float(found[0]["value"][1]) > 0:
            return float(found[0]["value"][1])
        await asyncio.sleep(0.1)
    raise AssertionError(f"{query} has no value")
