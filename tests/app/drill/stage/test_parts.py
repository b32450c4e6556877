"""The parts one by one: the gate, the governor, the round, the trim, the expressions, the configurations."""

import asyncio
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import msgspec
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request

from kuaihui.app.drill.stage import roles
from kuaihui.app.drill.stage.access_log import AccessLog
from kuaihui.app.drill.stage.description import Environment, Knob, Level
from kuaihui.app.drill.stage.descriptions import ALL, BY_NAME
from kuaihui.app.drill.stage.expressions import ERROR_RATIO, Labels, Sample, Selector, Sum
from kuaihui.app.drill.stage.gateway import nginx_configuration
from kuaihui.app.drill.stage.installed import find
from kuaihui.app.drill.stage.parts.exporter import Counting
from kuaihui.app.drill.stage.parts.gateway import Round
from kuaihui.app.drill.stage.parts.governor import cpu_seconds
from kuaihui.app.drill.stage.parts.load import Traffic
from kuaihui.app.drill.stage.pool import Gate, PoolTimeout
from kuaihui.app.drill.stage.processes import Crew, StageFailed, until_open
from kuaihui.app.drill.stage.prometheus import alertmanager_configuration, find_alertmanager, prometheus_configuration
from kuaihui.app.drill.stage.trim import Costs, Measured, first_rates, next_rates
from kuaihui.language import say


def backend(port: int, weight: int, environment: Environment = Environment.FULL) -> roles.Backend:
    return roles.Backend(port=port, weight=weight, pod=f"pod-{port}", environment=environment.value, version="v1.8.2")


async def test_a_full_gate_ends_the_wait_in_a_pool_timeout() -> None:
    gate = Gate(size=1, timeout=0.02)
    async with gate.place():
        with pytest.raises(PoolTimeout, match="redis: connection pool timeout"):
            async with gate.place():
                pass
    async with gate.place():
        assert (gate.in_use, gate.timeouts) == (1, 1)


async def test_who_forgets_a_place_gives_it_back_late() -> None:
    gate = Gate(size=1, timeout=0.02)
    async with gate.place(kept=0.1):
        pass
    assert gate.in_use == 1
    await asyncio.sleep(0.15)
    assert gate.in_use == 0


@given(st.lists(st.integers(1, 9), min_size=1, max_size=6))
def test_a_round_gives_each_pod_its_weight(weights: list[int]) -> None:
    around = Round([backend(port, weight) for port, weight in enumerate(weights, start=1)])
    turns = [chosen.port for _ in range(sum(weights)) if (chosen := around.next())]
    assert [turns.count(port) for port in range(1, len(weights) + 1)] == weights


def test_a_governed_program_gets_its_share_of_a_core_and_no_more(tmp_path: Path) -> None:
    busy = [sys.executable, "-c", "import os\nprint(os.getpid(), flush=True)\nwhile True: pass"]
    role = msgspec.json.encode(roles.Governed(argv=busy, cores=0.1)).decode()
    with subprocess.Popen(
        [sys.executable, "-m", "kuaihui.app.drill.stage.parts.governor", role], stdout=subprocess.PIPE, text=True
    ) as governor:
        assert governor.stdout is not None
        pid = int(governor.stdout.readline())
        governor.send_signal(signal.SIGUSR1)
        time.sleep(0.5)
        used, at = cpu_seconds(pid), time.monotonic()
        time.sleep(3)
        share = (cpu_seconds(pid) - used) / (time.monotonic() - at)
        governor.terminate()
    assert 0.06 < share < 0.13


async def test_a_part_that_does_not_come_up_is_quoted(tmp_path: Path) -> None:
    crew = Crew(tmp_path)
    part = await crew.start("broken", [sys.executable, "-c", "raise SystemExit('no such thing')"])
    with pytest.raises(StageFailed, match="no such thing"):
        await until_open(part, 1)
    await crew.stop_all()


def test_a_line_that_is_half_written_waits_for_its_other_half(tmp_path: Path) -> None:
    path = tmp_path / "access.log"
    log = AccessLog(path)
    line = b'{"service":"config-center","environment":"full","version":"v1","status":"502","seconds":"0.1"}\n'
    path.write_bytes(line + line[:20])
    assert len(list(log.fresh())) == 1
    path.write_bytes(line + line)
    assert [each.failed for each in log.fresh()] == [True]
    log.close()


def test_the_same_seed_draws_the_same_requests() -> None:
    role = roles.Load(
        gateway=1, seed=7, namespaces=50, skew=1.0, hot_namespace="shared", hot_application="app-00", polls=5, base=3, hot=2, log="unused"
    )

    def drawn(seed: int) -> list[tuple[str, str]]:
        traffic = Traffic(msgspec.structs.replace(role, seed=seed))
        return [traffic._draw() for _ in range(200)]

    assert drawn(7) == drawn(7) != drawn(8)
    assert 20 <= sum("/shared/" in path for path, _ in drawn(7)) <= 60


HOT = BY_NAME["config-center-500"]
COSTS = Costs(base=0.05, hot=6.0)


@pytest.mark.parametrize("errors", [0.10, 0.15])
def test_the_first_rate_makes_the_errors_by_the_law_of_a_full_resource(errors: float) -> None:
    rates = first_rates(HOT, Level(errors=errors, knob=Knob.HOT), COSTS)
    reads = rates.base + rates.hot
    served = HOT.redis_cores * 1000 * reads / (rates.base * COSTS.base + rates.hot * COSTS.hot)
    assert (reads - served) / (reads + rates.polls) == pytest.approx(errors, abs=0.002)


# What was seen at a level of ten percent, and where the knob of thirty goes.
TRIMS = [("as wanted", 0.10, "stays"), ("too many errors", 0.20, "down"), ("too few", 0.05, "up"), ("not full yet", 0.0, "up")]


@pytest.mark.parametrize("name, ratio, goes", TRIMS, ids=[trim[0] for trim in TRIMS])
def test_the_trim_goes_where_the_errors_are_wanted(name: str, ratio: float, goes: str) -> None:
    rates = roles.Rates(polls=150, base=10, hot=30)
    requests = round(sum((rates.polls, rates.base, rates.hot)) * 10)
    trimmed = next_rates(HOT, Level(errors=0.10, knob=Knob.HOT), rates, Measured(requests, round(requests * ratio), 10.0), most=60.0)
    assert {"stays": abs(trimmed.hot - 30) < 0.5, "down": trimmed.hot < 29, "up": trimmed.hot > 31}[goes]


@given(st.integers(0, 2000), st.floats(0, 1), st.floats(1, 60))
def test_no_trim_goes_beyond_its_bound(requests: int, ratio: float, hot: float) -> None:
    seen = Measured(requests, int(requests * ratio), 8.0)
    assert next_rates(HOT, Level(errors=0.1, knob=Knob.HOT), roles.Rates(polls=150, base=10, hot=hot), seen, most=60.0).hot <= 60


def test_a_rate_survives_a_counter_that_began_again() -> None:
    labels: Labels = (("code", "200"),)
    samples: dict[tuple[str, Labels], list[Sample]] = {("http_requests_total", labels): [(0.0, 90.0), (5.0, 100.0), (10.0, 20.0)]}
    assert Sum(Selector("http_requests_total")).at(samples, 10.0) == {(): 3.0}


def test_a_ratio_of_nothing_is_absent() -> None:
    assert ERROR_RATIO.at({}, 10.0) == {}


@pytest.mark.skipif(find(own_parts=False).nginx is None, reason="needs nginx")
@pytest.mark.parametrize("beside", [[], [backend(2, 1, Environment.CANARY), backend(3, 1, Environment.PREPRODUCTION)]], ids=["full", "all"])
def test_nginx_accepts_the_configuration(beside: list[roles.Backend], tmp_path: Path) -> None:
    file = tmp_path / "nginx.conf"
    file.write_text(nginx_configuration([backend(1, 3), *beside], tmp_path, tmp_path / "access.log", 18080))
    nginx = find(own_parts=False).nginx
    assert nginx
    checked = subprocess.run([nginx, "-t", "-p", tmp_path, "-c", file], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr


@pytest.mark.skipif(shutil.which("promtool") is None or shutil.which("amtool") is None, reason="needs promtool and amtool")
def test_prometheus_and_alertmanager_accept_theirs(tmp_path: Path) -> None:
    to = roles.Receiver(url="http://127.0.0.1:1/kuaihui/api/v2/alerts", token="secret")
    (tmp_path / "rules.yml").write_text("groups: []")
    (tmp_path / "prometheus.yml").write_text(yaml.safe_dump(prometheus_configuration(tmp_path / "targets.json", [to])))
    (tmp_path / "alertmanager.yml").write_text(yaml.safe_dump(alertmanager_configuration(to)))
    subprocess.run(["promtool", "check", "config", "prometheus.yml"], cwd=tmp_path, check=True, capture_output=True)
    subprocess.run(["amtool", "check-config", "alertmanager.yml"], cwd=tmp_path, check=True, capture_output=True)
    assert find_alertmanager()


@pytest.mark.parametrize("description", ALL, ids=lambda description: description.name)
def test_every_stage_has_a_calm_level_a_known_version_and_a_chinese_title(description) -> None:
    assert description.levels[0] == Level()
    assert {description.running, description.fix or description.running} <= set(description.versions)
    assert say(description.title, "zh") != say(description.title, "en")


def test_a_scrape_waits_for_nobody(tmp_path: Path) -> None:
    """Neither for Redis, which answers late just while it is full: the first step of the answer is its end."""
    counting = Counting(roles.Exporter(port=0, log=str(tmp_path / "access.log"), redis=1))
    with pytest.raises(StopIteration) as ended:
        counting.metrics(Request({"type": "http"})).send(None)
    counting.close()
    assert b"redis_up" in ended.value.value.body
