"""The order to look at a Redis, carried on real servers."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from redis.asyncio import Redis

from kuaihui.errors import GiveUp
from kuaihui.incident.evidence import RedisInspected
from kuaihui.incident.facts import decode, encode
from kuaihui.integrations.redis.carry import RedisCarrier
from kuaihui.integrations.redis.settings import RedisSettings
from tests.integrations.asking import NOBODY_BROKE, redis
from tests.servers.redis import StartRedis


async def looked(carrier: RedisCarrier, **place: str) -> RedisInspected:
    (fact,) = await carrier.inspect_redis(redis(**place), NOBODY_BROKE, datetime.now(UTC))
    assert isinstance(fact, RedisInspected)
    assert decode(encode(fact)) == fact
    return fact


def clock() -> datetime:
    return datetime.now(UTC)


async def test_a_slow_key_of_a_real_server_becomes_a_fact(redis_server: StartRedis) -> None:
    server = redis_server("slowlog-log-slower-than 0")
    async with Redis.from_url(server.url) as client:
        await client.hset("cfg:all", mapping={str(n): "x" * 200 for n in range(20_000)})
        for _ in range(5):
            await client.execute_command("HGETALL", "cfg:all")
    fact = await looked(RedisCarrier({"center": RedisSettings.from_url(server.url)}, clock), name="center")

    assert "cfg:all" in {finding.key for finding in fact.findings}
    assert [finding.weight for finding in fact.findings] == sorted((finding.weight for finding in fact.findings), reverse=True)
    assert fact.nodes == (f"127.0.0.1:{server.port}",)


async def test_a_redis_that_is_down_is_a_finding(free_port: int) -> None:
    fact = await looked(RedisCarrier({"center": RedisSettings(host="127.0.0.1", port=free_port)}, clock))

    assert [finding.kind for finding in fact.findings] == ["down"]


async def test_a_redis_nobody_set_up_is_given_up_with_those_that_are(free_port: int) -> None:
    carrier = RedisCarrier({"center": RedisSettings(host="127.0.0.1", port=free_port)}, clock)
    with pytest.raises(GiveUp, match=r"\[redis.orders\].*center"):
        await looked(carrier, name="orders")
