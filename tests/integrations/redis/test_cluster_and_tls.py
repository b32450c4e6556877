"""The look at a cluster of three primaries, and at a server behind TLS."""

import asyncio
import contextlib
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from redis.asyncio import Redis, RedisCluster

from kuaihui.diagnosis.redis_health.finding import Kind
from kuaihui.integrations.redis.probe import inspect
from kuaihui.integrations.redis.settings import Cost, RedisSettings, Tls
from kuaihui.language import say
from tests.integrations.redis.access import LEAST_RIGHTS
from tests.integrations.redis.load import HOT, running_load
from tests.servers.missing import program
from tests.servers.process import Server
from tests.servers.redis import Maker, running_redis

# The cluster's 16,384 slots, in three parts.
SLOTS = ((0, 5460), (5461, 10922), (10923, 16383))


def now() -> datetime:
    return datetime.now(UTC)


async def join(servers: list[Server], buses: list[int]) -> None:
    """Make one cluster of them, and wait until every node sees it whole."""
    clients = [Redis.from_url(server.url) for server in servers]
    for client, (first, last) in zip(clients, SLOTS, strict=True):
        await client.execute_command("CLUSTER", "ADDSLOTSRANGE", first, last)
    for server, bus in zip(servers[1:], buses[1:], strict=True):
        await clients[0].execute_command("CLUSTER", "MEET", "127.0.0.1", server.port, bus)
    deadline = time.monotonic() + 30
    while not all([await _whole(client) for client in clients]):
        assert time.monotonic() < deadline, "the cluster did not form"
        await asyncio.sleep(0.1)
    for client in clients:
        await client.aclose()


async def _whole(client: Redis) -> bool:
    state: dict[str, str] = dict(await client.execute_command("CLUSTER INFO") or {})
    return state["cluster_state"] == "ok" and state["cluster_known_nodes"] == "3"


@pytest.mark.parametrize("maker", list(Maker), ids=str)
async def test_every_primary_of_a_cluster_is_looked_at_and_the_busy_one_named(maker: Maker, new_port: Callable[[], int]) -> None:
    buses = [new_port() for _ in range(3)]
    with contextlib.ExitStack() as started:
        user = f"user kuaihui on >probe-password {LEAST_RIGHTS}"
        servers = [
            started.enter_context(
                running_redis("cluster-enabled yes", f"cluster-port {bus}", "cluster-node-timeout 5000", user, maker=maker)
            )
            for bus in buses
        ]
        await join(servers, buses)
        home, key = await _home(servers[0])
        started.enter_context(running_load(home, 1.0))
        settings = replace(RedisSettings.from_url(servers[0].url), username="kuaihui", password="probe-password")
        report = await inspect(settings, now)

    assert {node.node for node in report.nodes} == {f"127.0.0.1:{server.port}" for server in servers}
    assert report.took < 2.0
    shard = next(finding for finding in report.findings if finding.kind is Kind.SHARD)
    assert shard.node == f"127.0.0.1:{home}"
    hot = next(finding for finding in report.findings if finding.kind is Kind.HOT_KEY)
    assert (hot.node, hot.key) == (f"127.0.0.1:{home}", key)


async def _home(server: Server) -> tuple[int, str]:
    """The port of the primary that holds the load's hot key."""
    cluster = RedisCluster.from_url(server.url)
    await cluster.initialize()
    node = cluster.get_node_from_key(HOT)
    await cluster.aclose()
    assert node is not None
    return int(node.port), HOT


async def test_a_node_the_cluster_has_given_up_is_told(new_port: Callable[[], int]) -> None:
    buses = [new_port() for _ in range(3)]
    lines = ("cluster-enabled yes", "cluster-node-timeout 500", "cluster-require-full-coverage no")
    with contextlib.ExitStack() as living, contextlib.ExitStack() as dying:
        servers = [living.enter_context(running_redis(*lines, f"cluster-port {bus}")) for bus in buses[:2]]
        servers.append(dying.enter_context(running_redis(*lines, f"cluster-port {buses[2]}")))
        await join(servers, buses)
        dying.close()
        lost, deadline = f"the cluster has marked 127.0.0.1:{servers[2].port} as failed", time.monotonic() + 20
        while lost not in [say(finding.says, "en") for finding in (await inspect(RedisSettings.from_url(servers[0].url), now)).findings]:
            assert time.monotonic() < deadline


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 that is its own authority, and its key."""
    certificate, key = tmp_path / "server.pem", tmp_path / "server.key"
    subject = ["-subj", "/CN=kuaihui test", "-addext", "subjectAltName=IP:127.0.0.1", "-days", "2"]
    make = [program("openssl", "openssl"), "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", certificate, *subject]
    subprocess.run(list(map(str, make)), check=True, capture_output=True)
    return certificate, key


def tls_lines(certificate: tuple[Path, Path], port: int) -> list[str]:
    return [f"tls-port {port}", f"tls-cert-file {certificate[0]}", f"tls-key-file {certificate[1]}", "tls-auth-clients no"]


@pytest.fixture
def tls_server(certificate: tuple[Path, Path], free_port: int) -> Iterator[Server]:
    """Redis with a TLS port beside the plain one. The Valkey wheel is built without TLS."""
    files = [f"tls-cert-file {certificate[0]}", f"tls-key-file {certificate[1]}", "tls-auth-clients no"]
    user = f"user kuaihui on >probe-password {LEAST_RIGHTS}"
    with running_redis(f"tls-port {free_port}", *files, user, maker=Maker.REDIS) as server:
        yield server


async def test_a_server_behind_tls_is_looked_at_by_every_means(tls_server: Server, certificate: tuple[Path, Path], free_port: int) -> None:
    url = f"rediss://kuaihui:probe-password@127.0.0.1:{free_port}"
    with running_load(tls_server.port, 0.7):
        # A handshake a window is dear on a busy machine, and this test is not about time.
        patient = Cost(section=timedelta(seconds=20), total=timedelta(seconds=60))
        report = await inspect(RedisSettings.from_url(url, tls=Tls(authority=str(certificate[0])), cost=patient), now)

    assert report.gaps == ()
    assert report.nodes[0].hot[0].keys[0].key == HOT


@pytest.mark.usefixtures("tls_server")
async def test_a_certificate_nobody_vouches_for_is_refused_and_told(free_port: int) -> None:
    report = await inspect(RedisSettings.from_url(f"rediss://127.0.0.1:{free_port}"), now)

    assert [say(finding.says, "en") for finding in report.findings] == [
        f"Redis 127.0.0.1:{free_port} does not answer: the TLS handshake failed"
    ]
