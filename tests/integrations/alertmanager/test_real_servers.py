"""A real Prometheus, directly and through a real Alertmanager: both ways in lead to the same timeline."""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
from collections.abc import AsyncIterator, Callable, Iterator

import httpx
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from kuaihui.app.reception import Reception
from kuaihui.app.web.doors import Doors
from kuaihui.app.wiring import RealClock
from kuaihui.incident.alerts import AlertCleared, AlertFired, AlertMeasured, Opened
from kuaihui.incident.timeline import Timeline
from kuaihui.intake.fingerprints import alertmanager_fingerprint
from kuaihui.journal.memory import Memory
from kuaihui.loop import Loop
from tests.intake.alerts.hand_made import catalog
from tests.servers.missing import program
from tests.servers.process import HOST, Server, answers, free_port, new_folder, running
from tests.servers.prometheus import StartWithConfig

SCRAPE = """
global: {{scrape_interval: 250ms, evaluation_interval: 250ms}}
rule_files: [rules.yml]
scrape_configs:
  - {{job_name: gateway, static_configs: [{{targets: ["127.0.0.1:{exporter}"], labels: {{service: config-center}}}}]}}
alerting: {{alertmanagers: [{{static_configs: [{{targets: ["127.0.0.1:{alertmanager}"]}}]}}]}}
"""
RULES = """
groups:
  - name: gateway
    rules:
      - alert: Gateway5xxRatioHigh
        expr: gateway_5xx_ratio > 0.05
        labels: {severity: critical}
        annotations: {summary: "网关 5xx 比例 {{ $value | humanizePercentage }}", value: "{{ $value }}"}
"""
HOOKED = """
route: {{receiver: kuaihui, group_by: [alertname], group_wait: 0s, group_interval: 1s, repeat_interval: 1s}}
receivers:
  - name: kuaihui
    webhook_configs: [{{url: "http://127.0.0.1:{port}/hooks/alertmanager", send_resolved: true}}]
"""
# How often Prometheus tells a firing alert again; four times this is the end it tells.
RESEND = "2s"


class House:
    """A reception behind its doors, on a port of its own."""

    def __init__(self, port: int) -> None:
        self.port, known = port, catalog()
        self.journal = Memory()
        self.loop = Loop(self.journal, lambda: known, [], [], RealClock(), "house")
        self.reception = Reception(self.loop, lambda: known, RealClock())
        self.doors = Doors(self.reception, tokens={}, loopback=True)

    async def only(self) -> Timeline | None:
        found = await self.journal.summaries()
        assert len(found) <= 1
        return await self.loop.timeline(found[0].incident) if found else None


class Exporter:
    """A gateway whose 5xx ratio is ours to set."""

    def __init__(self) -> None:
        self.ratio = 0.0

    async def metrics(self, request: Request) -> Response:
        return PlainTextResponse(f"# TYPE gateway_5xx_ratio gauge\ngateway_5xx_ratio {self.ratio}\n")


@contextlib.asynccontextmanager
async def serving(app: Starlette, port: int) -> AsyncIterator[None]:
    server = uvicorn.Server(uvicorn.Config(app, host=HOST, port=port, log_level="error", lifespan="off"))
    task = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - uvicorn tells it by a flag
        await asyncio.sleep(0.01)
    yield
    server.should_exit = True
    await task


@contextlib.contextmanager
def prometheus(exporter: int, alertmanager: int) -> Iterator[Server]:
    """Prometheus that tells a firing alert again every RESEND, which is a minute by default."""
    with new_folder("prometheus") as folder:
        port, log = free_port(), folder / "log"
        (folder / "config.yml").write_text(SCRAPE.format(exporter=exporter, alertmanager=alertmanager))
        (folder / "rules.yml").write_text(RULES)
        flags = [f"--config.file={folder / 'config.yml'}", f"--storage.tsdb.path={folder / 'data'}", f"--rules.alert.resend-delay={RESEND}"]
        command = [program("prometheus", "prometheus"), *flags, f"--web.listen-address={HOST}:{port}"]
        with running(command, log=log, ready=answers(f"http://{HOST}:{port}/-/ready")) as pid:
            yield Server(f"http://{HOST}:{port}", port, pid, folder, log)


async def until(house: House, holds: Callable[[Timeline], bool], seconds: float = 30) -> Timeline:
    """The house's only incident, once this holds of it."""
    deadline = asyncio.get_running_loop().time() + seconds
    while True:
        await house.reception.turn()
        timeline = await house.only()
        if timeline is not None and holds(timeline):
            return timeline
        facts = [str(fact) for fact in timeline.facts] if timeline else []
        assert asyncio.get_running_loop().time() < deadline, facts
        await asyncio.sleep(0.05)


def tells(timeline: Timeline) -> list[tuple[str, object]]:
    """The kinds and values of a timeline's facts, without times."""
    told: list[tuple[str, object]] = []
    for fact in timeline.facts:
        match fact:
            case Opened():
                told.append(("opened", (fact.service, fact.title, fact.severity)))
            case AlertFired():
                told.append(("fired", [(one.key, one.name, one.labels, one.value, one.summary) for one in fact.alerts]))
            case AlertMeasured():
                told.append(("measured", (fact.key, fact.value)))
            case AlertCleared():
                told.append(("cleared", (fact.keys, fact.how)))
            case _:
                told.append((type(fact).__name__, None))
    return told


@pytest.mark.timeout(110)
async def test_directly_and_through_alertmanager_the_timeline_is_the_same(alertmanager: StartWithConfig) -> None:
    direct, hooked, exporter = House(free_port()), House(free_port()), Exporter()
    metrics = free_port()
    between = await asyncio.to_thread(alertmanager, HOOKED.format(port=hooked.port))
    async with contextlib.AsyncExitStack() as up:
        await up.enter_async_context(serving(Starlette(routes=[Route("/metrics", exporter.metrics)]), metrics))
        for house in (direct, hooked):
            await up.enter_async_context(serving(Starlette(routes=house.doors.routes()), house.port))
        for target in (direct.port, between.port):
            running_prometheus = prometheus(metrics, target)
            await asyncio.to_thread(running_prometheus.__enter__)
            up.push_async_callback(asyncio.to_thread, running_prometheus.__exit__, None, None, None)
        await asyncio.sleep(1)
        assert await direct.only() is None
        for ratio in (0.10, 0.15, 0.0):
            exporter.ratio = ratio
            for house in (direct, hooked):
                await until(
                    house, (lambda timeline: not timeline.firing) if not ratio else lambda timeline, want=ratio: timeline.value == want
                )
        timelines = [await until(house, lambda timeline: not timeline.firing) for house in (direct, hooked)]

    told = [tells(timeline) for timeline in timelines]
    assert [kind for kind, _ in told[0]] == ["opened", "fired", "measured", "cleared"]
    # The exporter is scraped at the same address by both, so even the fingerprints are the same.
    assert told[0] == told[1]


async def test_alertmanagers_own_fingerprint_is_the_one_we_work_out(alertmanager: StartWithConfig) -> None:
    server = await asyncio.to_thread(alertmanager, "route: {receiver: nobody}\nreceivers: [{name: nobody}]\n")
    labels = {"alertname": "磁盘将满", "service": "config-center", "z": "1", "a": 'quote " and \\', "instance": "10.0.0.1:9100"}
    async with httpx.AsyncClient() as http:
        await http.post(f"{server.url}/api/v2/alerts", json=[{"labels": labels}])
        (kept,) = (await http.get(f"{server.url}/api/v2/alerts")).json()

    assert kept["fingerprint"] == alertmanager_fingerprint(labels)


async def test_amtool_adds_an_alert_to_us_as_to_an_alertmanager() -> None:
    house = House(free_port())
    amtool = program("amtool", "prometheus-alertmanager")
    async with serving(Starlette(routes=house.doors.routes()), house.port):
        url = f"--alertmanager.url=http://{HOST}:{house.port}"
        command = [amtool, url, "alert", "add", "alertname=Gateway5xx", "service=config-center", "--annotation=value=12%"]
        done = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    timeline = await house.only()
    assert timeline is not None
    assert timeline.value == 0.12
