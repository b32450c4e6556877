"""
Connections to one node: bounded, without retries, without a word more than the least rights allow.

Rule 1: nothing is sent at connect but AUTH; the client's name is set by a command that may be refused.
Rule 2: a reply is an `object` until `replies` has made it one of our own types.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from typing import Any, cast

from redis.asyncio import ConnectionPool, Redis, SSLConnection
from redis.asyncio.connection import Connection
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ResponseError

from kuaihui.integrations.redis.settings import CLIENT_NAME, RedisSettings, Tls


@asynccontextmanager
async def connected(settings: RedisSettings) -> AsyncGenerator[Redis]:
    """A client of this node, closed afterwards. It connects when first used."""
    pool = ConnectionPool(
        connection_class=SSLConnection if settings.tls else Connection,
        max_connections=4,
        host=settings.host,
        port=settings.port,
        username=settings.username,
        password=settings.password,
        protocol=2,
        driver_info=None,  # CLIENT SETINFO would be one right more
        retry=Retry(NoBackoff(), 0),
        socket_connect_timeout=settings.cost.section.total_seconds(),
        socket_timeout=settings.cost.total.total_seconds(),
        **_tls(settings.tls),
    )
    client = Redis.from_pool(pool)
    client.set_response_callback("COMMAND", _as_it_is)  # the library's own stumbles over a command the server lacks
    try:
        yield client
    finally:
        # Closed to the end, even where a second time-out strikes in the middle of it.
        await asyncio.shield(client.aclose())


async def ask(client: Redis, *words: str | bytes | int) -> object:
    """One command and its reply. Raises redis-py's errors."""
    reply = await client.execute_command(*words)  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType] # the library's Any
    return cast("object", reply)


async def introduce(client: Redis) -> None:
    """Name the connection, so that the server's owner sees whose it is; a server that does not let us is looked at all the same."""
    with suppress(ResponseError):
        await ask(client, "CLIENT", "SETNAME", CLIENT_NAME)


def _as_it_is(response: object, **_: object) -> Any:  # Any: the library's own word for what a callback returns
    return response


def _tls(tls: Tls | None) -> dict[str, Any]:  # Any: keyword arguments of several types
    if tls is None:
        return {}
    return {
        "ssl_ca_certs": tls.authority,
        "ssl_certfile": tls.certificate,
        "ssl_keyfile": tls.key,
        "ssl_check_hostname": tls.check_name,
        "ssl_cert_reqs": "required",
    }
