"""The real parts on a real stage: what breaks, what is seen of it, what mends it, and that nothing is left behind."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from itertools import accumulate
from pathlib import Path

import httpx
import psutil
import pytest
from redis.asyncio import Redis

from kuaihui.app.drill.stage.description import Environment
from kuaihui.app.drill.stage.descriptions import BY_NAME
from kuaihui.app.drill.stage.expressions import ERROR_RATIO, KNOWN, WINDOW, Expression
from kuaihui.app.drill.stage.installed import find
from kuaihui.app.drill.stage.stage import Stage
from kuaihui.errors import Refused
from tests.app.drill.stage.receiver import Heard, receiver

REAL = find(own_parts=False)
needs_the_real_parts = pytest.mark.skipif(
    not (REAL.nginx and REAL.prometheus and REAL.alertmanager), reason="needs nginx, prometheus and prometheus-alertmanager"
)


async def becomes(true: Callable[[], bool], patience: float = 20.0) -> None:
    """Wait until it is so; a machine that is busy takes its time."""
    async with asyncio.timeout(patience):
        while not true():  # noqa: ASYNC110  what is waited for happens in other processes
            await asyncio.sleep(0.25)


async def asked(stage: Stage, expression: Expression, moment: float | None = None) -> dict[str, float]:
    """Prometheus's answer, by the values of the labels."""
    query = {"query": str(expression), "time": str(moment or time.time())}
    async with httpx.AsyncClient() as client:
        answer = await client.get(f"{stage.addresses.prometheus}/api/v1/query", params=query)
    assert answer.status_code == 200, answer.text
    return {",".join(each["metric"].values()): float(each["value"][1]) for each in answer.json()["data"]["result"]}


def gateway_log(stage: Stage) -> list[dict[str, str]]:
    return [json.loads(line) for line in (stage.addresses.logs / "gateway" / "access.log").read_text().splitlines()]


async def scraped(stage: Stage, moment: float, seconds: int) -> list[tuple[int, int]]:
    """Requests and failures as Prometheus has counted them at each scrape of the last seconds."""
    query = {"query": f"http_requests_total[{seconds}s]", "time": str(moment)}
    async with httpx.AsyncClient() as client:
        answer = await client.get(f"{stage.addresses.prometheus}/api/v1/query", params=query)
    seen: dict[float, Counter[str]] = defaultdict(Counter)
    for series in answer.json()["data"]["result"]:
        for at, value in series["values"]:
            seen[at]["failed"] += int(value) * series["metric"]["code"].startswith("5")
            seen[at]["all"] += int(value)
    return [(counted["all"], counted["failed"]) for _, counted in sorted(seen.items())]


async def prometheus_tells_what_the_gateway_answered(stage: Stage) -> None:
    """
    How high the ratio is depends on what the machine leaves to Redis; that Prometheus tells the gateway's own does not.

    Each scrape has counted the log up to some line. A counter's growth over n scrapes is reckoned by Prometheus as if it had gone on before
    the first, for up to 1.1 of their distance: by so much, (n - 1 + 1.1) / (n - 1), failures may weigh more than other answers, or less.
    """
    moment = time.time() - 2  # a scrape that began by then is over: it may take a second
    ratio = (await asked(stage, ERROR_RATIO, moment))["config-center"]
    counted = await scraped(stage, moment, WINDOW)
    failed = [0, *accumulate(line["status"].startswith("5") for line in gateway_log(stage))]
    assert [failures for _, failures in counted] == [failed[requests] for requests, _ in counted]

    (requests, failures), *_, (more_requests, more_failures) = counted
    grown, odds, reach = more_failures - failures, ratio / (1 - ratio), 1 + 1.1 / (len(counted) - 1)
    truly = grown / (more_requests - requests - grown)
    assert truly / reach <= odds * 1.000001
    assert odds <= truly * reach * 1.000001


async def answers(stage: Stage, expression: Expression, wanted: dict[str, float], patience: float = 20.0) -> None:
    """Wait until Prometheus answers so; a scrape that a busy machine lets come too late leaves a hole."""
    async with asyncio.timeout(patience):
        while await asked(stage, expression) != wanted:  # noqa: ASYNC110  what is waited for happens in other processes
            await asyncio.sleep(0.25)


def errors_logged(stage: Stage) -> Counter[str]:
    lines = [json.loads(line) for log in stage.addresses.logs.glob("config-center/*/*.log") for line in log.read_text().splitlines()]
    return Counter(line["error"] for line in lines if line["level"] == "error")


def with_children(pids: tuple[int, ...]) -> set[int]:
    return {process.pid for pid in pids for process in [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]}


async def slow_log(stage: Stage) -> Counter[str]:
    async with Redis.from_url(stage.addresses.redis, socket_timeout=10) as redis:
        return Counter(words[1].decode() for entry in await redis.slowlog_get(200) if len(words := entry["command"].split()) > 1)


@needs_the_real_parts
async def test_a_hot_key_runs_the_pools_dry_and_everybody_is_told(tmp_path: Path) -> None:
    with receiver() as heard:
        async with Stage(BY_NAME["config-center-500"], folder=tmp_path, hooks=heard.hooks()) as stage:
            assert await asked(stage, ERROR_RATIO) == {"config-center": 0}
            await asyncio.sleep(3)
            assert stage.measure(3).ratio == 0
            await stage.heat(1)
            await becomes(lambda: 0.05 <= stage.measure(5).ratio <= 0.16)
            await becomes(lambda: bool(heard.alerts) and bool(heard.at("/hooks/alertmanager")))
            await prometheus_tells_what_the_gateway_answered(stage)
            ratio = await asked(stage, ERROR_RATIO)
            assert 0.05 <= ratio["config-center"] <= 0.2
            assert {line["path"].split("/")[3] for line in gateway_log(stage) if line["status"] == "500"} == {"settings"}, (
                "polls need no Redis"
            )
            for expression in KNOWN.values():
                await asked(stage, expression)
            await answers(stage, KNOWN["redis_up"], {"": 1})
            assert set(errors_logged(stage)) == {"redis: connection pool timeout"}
            assert (await slow_log(stage)).most_common(1)[0][0] == "config:shared"
            assert stage.lost() == []
            everybody = with_children(stage.pids)
    assert not any(psutil.pid_exists(pid) for pid in everybody)
    told(heard)


def told(heard: Heard) -> None:
    """The alert by both ways, with the tokens they were given."""
    alert = heard.alerts[0]
    assert alert["labels"]["service"] == "config-center"
    assert float(alert["annotations"]["value"]) >= 0.05
    assert "网关 5xx 比例" in alert["annotations"]["summary"]
    hook = heard.at("/hooks/alertmanager")[0]
    assert isinstance(hook, dict)
    assert (hook["version"], hook["status"], hook["alerts"][0]["labels"]["service"]) == ("4", "firing", "config-center")
    tokens = {path: token for path, _, token in heard.posts}
    assert tokens == {"/api/v2/alerts": "Bearer for-alerts", "/hooks/alertmanager": "Bearer for-webhook"}


@needs_the_real_parts
async def test_the_cache_mends_it_through_canary_and_full(tmp_path: Path) -> None:
    with receiver() as heard:
        async with Stage(BY_NAME["config-center-500"], folder=tmp_path, hooks=heard.hooks()) as stage:
            await stage.heat(2)
            await becomes(lambda: 0.09 <= stage.measure(5).ratio <= 0.22)
            await stage.deploy(stage.description.fix, Environment.CANARY, author="xiaomei")
            await asyncio.sleep(5)
            canary, full = stage.measure(5, Environment.CANARY), stage.measure(5, Environment.FULL)
            assert 0.05 < canary.requests / (canary.requests + full.requests) < 0.2
            assert canary.ratio < 0.03 < full.ratio
            await stage.deploy(stage.description.fix, Environment.FULL, author="xiaomei")
            assert stage.running(Environment.CANARY) == ""
            await becomes(lambda: stage.measure(4).requests > 250 and stage.measure(4).failed == 0)
            await becomes(lambda: any(hook["status"] == "resolved" for hook in heard.at("/hooks/alertmanager")))  # type: ignore[index, call-overload]
    changes = [change for change in heard.at("/hooks/changes") if isinstance(change, dict)]
    assert [(change["environment"], change["status"]) for change in changes] == [
        ("canary", "started"),
        ("canary", "succeeded"),
        ("full", "started"),
        ("full", "succeeded"),
    ]
    assert {"service": "config-center", "version": "v1.8.3", "author": "xiaomei"}.items() <= changes[0].items()


async def test_without_the_real_parts_the_stages_own_stand_in_and_say_so(tmp_path: Path) -> None:
    said: list[str] = []
    with receiver() as heard:
        hot = Stage(
            BY_NAME["config-center-500"], folder=tmp_path, hooks=heard.hooks(), own_parts=True, say=lambda words: said.append(str(words))
        )
        async with hot as stage:
            await stage.heat(2)
            await becomes(lambda: 0.09 <= stage.measure(5).ratio <= 0.22)
            await becomes(lambda: bool(heard.alerts))
            assert 0.05 <= (await asked(stage, ERROR_RATIO))["config-center"] <= 0.25
            async with httpx.AsyncClient(base_url=stage.addresses.prometheus) as client:
                now = time.time()
                ranged = await client.get(
                    "/api/v1/query_range", params={"query": str(ERROR_RATIO), "start": now - 5, "end": now, "step": "1s"}
                )
                unknown = await client.get("/api/v1/query", params={"query": "up"})
            assert ranged.json()["data"]["result"][0]["metric"] == {"service": "config-center"}
            assert (unknown.status_code, unknown.json()["errorType"]) == (400, "bad_data")
            assert "not Prometheus" in unknown.json()["error"]
            await stage.deploy(stage.description.fix, Environment.PREPRODUCTION)
            assert (await stage.try_out(requests=6)).failed == 0
            everybody = with_children(stage.pids)
    assert not any(psutil.pid_exists(pid) for pid in everybody)
    assert heard.alerts[0]["labels"]["alertname"] == "Gateway5xxRatioHigh"
    assert str(heard.alerts[0]["endsAt"]) > str(heard.alerts[0]["startsAt"])
    assert any("not Prometheus" in words for words in said)


# What each fault looks like: the share of 5xx it settles at, and the words in the log.
FAULTS = [
    ("bad-deploy", 0.06, 0.20, "json: cannot unmarshal"),
    ("redis-down", 0.06, 0.20, "dial tcp"),
    ("slow-dependency", 0.05, 0.25, "redis: connection pool timeout"),
    ("overload", 0.05, 0.25, "redis: connection pool timeout"),
    ("slow-command", 0.05, 0.25, "redis: connection pool timeout"),
    ("connection-leak", 0.05, 0.25, "redis: connection pool timeout"),
]


@pytest.mark.parametrize("name, least, most, words", FAULTS, ids=[fault[0] for fault in FAULTS])
async def test_each_fault_shows_in_the_answers_and_in_the_log(name: str, least: float, most: float, words: str, tmp_path: Path) -> None:
    async with Stage(BY_NAME[name], folder=tmp_path, own_parts=True) as stage:
        await stage.heat(1)
        await becomes(lambda: least <= stage.measure(4).ratio <= most, patience=25)
        assert words in errors_logged(stage).most_common(1)[0][0]


@needs_the_real_parts
async def test_when_the_metrics_vanish_the_ratio_is_absent_while_people_still_see_errors(tmp_path: Path) -> None:
    with receiver() as heard:
        async with Stage(BY_NAME["quiet-failure"], folder=tmp_path, hooks=heard.hooks()) as stage:
            await stage.heat(1)
            await becomes(lambda: bool(heard.at("/hooks/alertmanager")))
            await stage.heat(2)
            await becomes(lambda: any(hook["status"] == "resolved" for hook in heard.at("/hooks/alertmanager")), patience=30)  # type: ignore[index, call-overload]
            assert stage.measure(5).ratio > 0.05
            assert await asked(stage, ERROR_RATIO) == {}


async def test_a_storm_is_five_hundred_alerts_in_one_post(tmp_path: Path) -> None:
    with receiver() as heard:
        async with Stage(BY_NAME["alert-storm"], folder=tmp_path, hooks=heard.hooks(), own_parts=True) as stage:
            await stage.heat(1)
            with pytest.raises(Refused, match="no heat 2"):
                await stage.heat(2)
            with pytest.raises(Refused, match="v9"):
                await stage.deploy("v9", Environment.FULL)
    assert len({alert["labels"]["service"] for alert in heard.alerts}) == 500


def test_the_parts_die_with_whoever_started_them(tmp_path: Path) -> None:
    """The stage's process is killed, not ended: nobody could tidy up."""
    program = """
import asyncio, sys
from pathlib import Path
from kuaihui.app.drill.stage.descriptions import BY_NAME
from kuaihui.app.drill.stage.stage import Stage

async def stand():
    async with Stage(BY_NAME["bad-deploy"], folder=Path(sys.argv[1])) as stage:
        print(*stage.pids, flush=True)
        await asyncio.sleep(60)

asyncio.run(stand())
"""
    with subprocess.Popen([sys.executable, "-c", program, str(tmp_path)], stdout=subprocess.PIPE, text=True) as standing:
        assert standing.stdout is not None
        everybody = with_children(tuple(int(pid) for pid in standing.stdout.readline().split()))
        os.kill(standing.pid, signal.SIGKILL)
    until = time.monotonic() + 10
    while (left := [pid for pid in everybody if psutil.pid_exists(pid)]) and time.monotonic() < until:
        time.sleep(0.1)
    assert len(everybody) > 8
    assert left == []
