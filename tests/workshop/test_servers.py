"""Every server that tests rely on starts, answers, and stops, also when the test run dies."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import asyncpg
import httpx
import pytest
import redis
from playwright.async_api import Browser

from tests.servers.axe import faults
from tests.servers.missing import missing
from tests.servers.process import DidNotStart, Server, free_port, new_folder, running
from tests.servers.prometheus import StartWithConfig
from tests.servers.redis import StartRedis

ROOT = Path(__file__).parents[2]
ALERTMANAGER = "route: {receiver: nobody}\nreceivers: [{name: nobody}]\n"
RULES = """
groups:
  - name: always
    rules:
      - {record: the_answer, expr: vector(42)}
"""


def alive(pid: int) -> bool:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, 0)
        return True
    return False


def gone_within(seconds: float, pid: int) -> bool:
    deadline = time.monotonic() + seconds
    while alive(pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    return not alive(pid)


async def test_a_database_is_new_and_speaks_postgresql_18(postgres_url: str) -> None:
    connection = await asyncpg.connect(postgres_url)
    try:
        assert connection.get_server_version().major == 18
        assert await connection.fetchval("select count(*) from pg_tables where schemaname = 'public'") == 0
        await connection.execute("create table kept (id int)")
    finally:
        await connection.close()


async def test_two_tests_never_share_a_database(postgres_url: str) -> None:
    connection = await asyncpg.connect(postgres_url)
    try:
        assert await connection.fetchval("select to_regclass('kept')") is None
        assert await connection.fetchval("show timezone") == "Asia/Shanghai"
    finally:
        await connection.close()


def test_redis_of_each_maker_takes_its_own_settings(redis_servers: StartRedis) -> None:
    server = redis_servers("maxmemory-policy allkeys-lfu")

    with redis.Redis.from_url(server.url, decode_responses=True) as client:
        assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "allkeys-lfu"}
        assert client.set("key", "value")
        assert client.object("FREQ", "key") is not None


def test_one_test_may_run_two_redis_servers(redis_server: StartRedis) -> None:
    first, second = redis_server(), redis_server(f"requirepass {'x' * 8}")

    assert first.port != second.port
    with redis.Redis.from_url(second.url) as client, pytest.raises(redis.AuthenticationError):
        client.ping()


def test_prometheus_evaluates_the_rules_it_is_given(prometheus: StartWithConfig) -> None:
    config = "global: {evaluation_interval: 100ms}\nrule_files: [rules.yml]\n"
    server = prometheus(config, files={"rules.yml": RULES})

    deadline = time.monotonic() + 20
    rows: list[object] = []
    while not rows and time.monotonic() < deadline:
        answer = httpx.get(f"{server.url}/api/v1/query", params={"query": "the_answer"})
        rows = answer.json()["data"]["result"]
    assert [row["value"][1] for row in rows if isinstance(row, dict)] == ["42"]


def test_alertmanager_keeps_an_alert(alertmanager: StartWithConfig) -> None:
    server = alertmanager(ALERTMANAGER)

    posted = httpx.post(f"{server.url}/api/v2/alerts", json=[{"labels": {"alertname": "磁盘将满"}}])
    kept = httpx.get(f"{server.url}/api/v2/alerts")

    assert posted.status_code == 200
    assert [alert["labels"] for alert in kept.json()] == [{"alertname": "磁盘将满"}]


def test_a_server_refuses_a_bad_configuration_by_its_own_words(alertmanager: StartWithConfig) -> None:
    with pytest.raises(DidNotStart, match=r"no routes? provided"):
        alertmanager("receivers: []\n")


async def test_chromium_shows_a_page(chromium: Browser) -> None:
    page = await chromium.new_page()
    await page.set_content("<title>快恢</title><p id=a>0</p><script>a.textContent = 6 * 7</script>")

    assert await page.title() == "快恢"
    assert await page.locator("#a").text_content() == "42"


async def test_chromium_reaches_loopback_alone(chromium: Browser, alertmanager: StartWithConfig) -> None:
    server = alertmanager(ALERTMANAGER)
    page = await chromium.new_page()

    inside = await page.goto(f"{server.url}/-/ready")
    assert inside is not None
    assert inside.ok
    with pytest.raises(Exception, match="ERR_NAME_NOT_RESOLVED"):
        await page.goto("http://outside.example/")


async def test_axe_names_what_a_screen_reader_cannot_use(chromium: Browser) -> None:
    page = await chromium.new_page()
    await page.set_content("<html lang=zh-CN><title>快恢</title><main><h1>事件</h1><img src='data:,'></main>")
    (fault,) = await faults(page)
    assert fault.startswith("image-alt (critical): img")

    await page.set_content("<html lang=zh-CN><title>快恢</title><main><h1>事件</h1></main>")
    assert await faults(page) == []


def test_a_server_is_gone_when_its_block_ends() -> None:
    port = free_port()
    with new_folder("http") as folder, running(_http(port), log=folder / "log", ready=lambda: True) as pid:
        assert alive(pid)

    assert not alive(pid)
    assert not folder.exists()


@pytest.mark.parametrize("starter", ["postgres.running_postgres", "redis.running_redis"])
def test_a_server_dies_with_the_run_that_started_it(starter: str) -> None:
    module, name = starter.split(".")
    script = (
        f"import signal; from tests.servers.{module} import {name} as start\nwith start() as s: print(s.pid, flush=True); signal.pause()"
    )
    with new_folder("orphan") as folder:
        folder.chmod(0o755)  # PostgreSQL runs as another user where we are root
        surroundings = {**os.environ, "TMPDIR": str(folder)}
        with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, cwd=ROOT, env=surroundings) as run:
            assert run.stdout is not None
            pid = int(run.stdout.readline())
            assert alive(pid)
            run.send_signal(signal.SIGKILL)

        assert gone_within(10, pid)


def test_a_missing_part_is_skipped_aloud_on_a_desk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CI", raising=False)

    with pytest.raises(pytest.skip.Exception, match="install the Debian package nginx-light"):
        missing("nginx", "nginx-light")


def test_a_missing_part_fails_in_ci(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")

    with pytest.raises(pytest.fail.Exception, match="CI skips nothing"):
        missing("nginx", "nginx-light")


def _http(port: int) -> list[str]:
    return [sys.executable, "-m", "http.server", str(port), "--bind", "127.0.0.1"]


def test_the_shared_server_is_not_the_callers_to_stop(postgres: Server) -> None:
    assert alive(postgres.pid)
