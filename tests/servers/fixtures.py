"""
The servers as pytest fixtures, for any test that names one.

Rule 1: what is dear to start (PostgreSQL, Chromium) is started once a worker process, when first asked for; what a test gets of it is new.
"""

import re
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack
from functools import partial

import pytest
from playwright.async_api import Browser

from tests.servers import process
from tests.servers.chromium import connected, running_chromium
from tests.servers.postgres import new_database, running_postgres
from tests.servers.process import Server
from tests.servers.prometheus import StartWithConfig, running_alertmanager, running_prometheus
from tests.servers.redis import Maker, StartRedis, running_redis


@pytest.fixture
def free_port() -> int:
    """A TCP port on loopback that nobody listens on."""
    return process.free_port()


@pytest.fixture
def new_port() -> Callable[[], int]:
    """More ports than one."""
    return process.free_port


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """A PostgreSQL server shared by this worker's tests: take `postgres_url` unless the server itself is tried."""
    with running_postgres() as server:
        yield server


@pytest.fixture
def postgres_url(postgres: Server, request: pytest.FixtureRequest) -> Iterator[str]:
    """A new, empty database: postgresql://… ."""
    test = re.sub(r"\W+", "_", request.node.name, flags=re.ASCII)[:40]
    with new_database(postgres, f"{test}_{uuid.uuid4().hex[:8]}") as url:
        yield url


@pytest.fixture
def redis_server() -> Iterator[StartRedis]:
    """Starts Valkey servers for this test: `redis_server("maxmemory-policy allkeys-lfu").url`."""
    with ExitStack() as started:
        yield lambda *lines: started.enter_context(running_redis(*lines))


@pytest.fixture(params=list(Maker), ids=str)
def redis_servers(request: pytest.FixtureRequest) -> Iterator[StartRedis]:
    """As `redis_server`, and the test runs once on each maker's server."""
    start = partial(running_redis, maker=request.param)
    with ExitStack() as started:
        yield lambda *lines: started.enter_context(start(*lines))


@pytest.fixture
def prometheus() -> Iterator[StartWithConfig]:
    """Starts Prometheus servers for this test: `prometheus(config_text, files={"rules.yml": rules}).url`."""
    with ExitStack() as started:
        yield lambda config, files=None: started.enter_context(running_prometheus(config, files=files))


@pytest.fixture
def alertmanager() -> Iterator[StartWithConfig]:
    """Starts Alertmanager servers for this test: `alertmanager(config_text).url`."""
    with ExitStack() as started:
        yield lambda config, files=None: started.enter_context(running_alertmanager(config, files=files))


@pytest.fixture(scope="session")
def chromium_process() -> Iterator[Server]:
    """The browser's process, shared by this worker's tests."""
    with running_chromium() as server:
        yield server


@pytest.fixture
async def chromium(chromium_process: Server) -> AsyncIterator[Browser]:
    """A browser for an async test: `page = await (await chromium.new_context(locale="zh-CN")).new_page()`."""
    async with connected(chromium_process) as browser:
        yield browser
