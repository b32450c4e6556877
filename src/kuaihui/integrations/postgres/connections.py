"""
Connections to PostgreSQL, and what to do when they break.

Rule 1: a server that restarts is waited for, not reported: work is done again until PATIENCE is over. Whoever does work twice makes sure
        that it counts once.
Rule 2: a worker that freezes inside a transaction holds up the others for no longer than the server's patience with idle transactions.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeAlias, TypeVar

import asyncpg

log = logging.getLogger(__name__)

T = TypeVar("T")
# In quotes: only asyncpg's stubs know that these take the kind of their rows.
Pool: TypeAlias = "asyncpg.Pool[asyncpg.Record]"
PooledConnection: TypeAlias = "asyncpg.pool.PoolConnectionProxy[asyncpg.Record]"
Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record] | asyncpg.pool.PoolConnectionProxy[asyncpg.Record]"

# Longer than a PostgreSQL takes to restart or to fail over to a standby.
PATIENCE: Final = 30.0
# An answer that takes longer than this will not come: the connection is given up.
TIMEOUT: Final = 20.0
FIRST_PAUSE: Final = 0.05
LONGEST_PAUSE: Final = 1.0

SETTINGS: Final = {
    "application_name": "kuaihui",
    "default_transaction_isolation": "read committed",
    # Below the lease: a frozen worker loses its transaction before it loses its incidents. Milliseconds.
    "idle_in_transaction_session_timeout": "2000",
}

GONE: Final = (
    OSError,  # refused, reset, timed out
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.TooManyConnectionsError,
    asyncpg.IdleInTransactionSessionTimeoutError,
)


def gone(fault: BaseException) -> bool:
    """Whether a fault means that the server could not be reached, or stopped in the middle."""
    # asyncpg has no kind of its own for using a connection that has just been closed under our feet, or was taken back by its pool then.
    closed = isinstance(fault, asyncpg.InterfaceError) and any(word in str(fault) for word in ("clos", "released back to the pool"))
    return closed or isinstance(fault, GONE)


async def connected(url: str) -> asyncpg.Connection[asyncpg.Record]:
    """One connection of its own."""
    return await asyncpg.connect(url, server_settings=SETTINGS, timeout=TIMEOUT, command_timeout=TIMEOUT)


def pool(url: str, size: int) -> Pool:
    """Up to `size` connections, made when they are needed."""
    return asyncpg.create_pool(
        url, min_size=0, max_size=size, server_settings=SETTINGS, timeout=TIMEOUT, command_timeout=TIMEOUT, reset=_leave_no_transaction
    )


async def _leave_no_transaction(connection: Connection) -> None:
    # Nothing else is ever set on a connection, so the usual resetting of everything would be a round trip for nothing.
    if connection.is_in_transaction():
        await connection.execute("ROLLBACK")


async def persist(work: Callable[[], Awaitable[T]], patience: float = PATIENCE) -> T:
    """Do this work, again and again while the server cannot be reached. Raises the last fault when `patience` seconds are over."""
    clock, pause = asyncio.get_running_loop().time, FIRST_PAUSE
    until = clock() + patience
    while True:
        try:
            return await work()
        except Exception as fault:
            if not gone(fault) or clock() + pause > until:
                raise
            log.warning("PostgreSQL cannot be reached (%s: %s): trying again", type(fault).__name__, fault)
        await asyncio.sleep(pause)
        pause = min(pause * 2, LONGEST_PAUSE)


class Asked:
    """Single statements, asked over a pool until they are answered."""

    def __init__(self, connections: Pool) -> None:
        self._pool = connections

    async def rows(self, statement: str, *values: Any) -> list[asyncpg.Record]:  # Any: whatever the statement takes
        """All rows of a statement."""
        return await persist(lambda: self._pool.fetch(statement, *values))

    async def row(self, statement: str, *values: Any) -> asyncpg.Record | None:
        """The first row of a statement."""
        return await persist(lambda: self._pool.fetchrow(statement, *values))

    async def many(self, statement: str, values: list[tuple[Any, ...]]) -> None:
        """A statement for many rows, all of them or none."""
        await persist(lambda: self._pool.executemany(statement, values))

    async def script(self, statements: str) -> None:
        """Several statements at once, without values."""
        await persist(lambda: self._pool.execute(statements))
