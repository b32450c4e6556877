"""
Who of many workers does what only one may do: an advisory lock, held on a connection of its own.

Rule 1: the lock ends with its connection, so a dead worker is followed as soon as the server notices; a frozen one keeps it.
"""

from __future__ import annotations

import asyncio
import logging
from hashlib import blake2b
from typing import Final

import asyncpg

from kuaihui.integrations.postgres.connections import connected, gone

log = logging.getLogger(__name__)

_LOCK: Final = "SELECT pg_try_advisory_lock($1)"


class Leading:
    """This worker's offices."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._connection: asyncpg.Connection[asyncpg.Record] | None = None
        self._held: set[str] = set()
        self._one = asyncio.Lock()

    async def lead(self, office: str) -> bool:
        """Whether this worker has the office; it tries to get it. False too while the server cannot be reached."""
        async with self._one:
            try:
                return await self._asked(office)
            except Exception as fault:
                if not gone(fault) and not isinstance(fault, TimeoutError):
                    raise
                log.warning("who does %s cannot be asked just now (%s: %s)", office, type(fault).__name__, fault)
                self._let_go()
                return False

    async def _asked(self, office: str) -> bool:
        if self._connection is None or self._connection.is_closed():
            self._held.clear()
            self._connection = await connected(self._url)
        if office in self._held:
            await self._connection.execute("SELECT 1")  # raises where the connection, and the lock with it, is gone
            return True
        if await self._connection.fetchval(_LOCK, number(office)):
            self._held.add(office)
        return office in self._held

    def _let_go(self) -> None:
        self._held.clear()
        if self._connection is not None:
            self._connection.terminate()
            self._connection = None

    async def close(self) -> None:
        """Give up every office."""
        async with self._one:
            self._let_go()


def number(office: str) -> int:
    """The lock's number: 63 bits of the office's name."""
    return int.from_bytes(blake2b(f"kuaihui {office}".encode(), digest_size=8).digest()) >> 1
