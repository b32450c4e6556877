"""The gate before a pod's Redis connections: so many at once, and a wait that ends in `redis: connection pool timeout`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager


class PoolTimeout(Exception):
    """No connection was free in time; the words are those of the Go client."""

    def __init__(self) -> None:
        super().__init__("redis: connection pool timeout")


class Gate:
    """`size` places, first come first served; a place is waited for `timeout` seconds at most."""

    def __init__(self, size: int, timeout: float) -> None:
        self.size = size
        self.in_use = 0
        self.waiting = 0
        self.timeouts = 0
        self._timeout = timeout
        self._places = asyncio.Semaphore(size)

    @asynccontextmanager
    async def place(self, kept: float = 0.0) -> AsyncGenerator[None]:
        """One place for the time of the block. `kept` seconds longer is what a caller does who forgets to give it back."""
        await self._take()
        try:
            yield
        finally:
            if kept:
                asyncio.get_running_loop().call_later(kept, self._give)
            else:
                self._give()

    async def _take(self) -> None:
        self.waiting += 1
        try:
            async with asyncio.timeout(self._timeout):
                await self._places.acquire()
        except TimeoutError:
            self.timeouts += 1
            raise PoolTimeout from None
        finally:
            self.waiting -= 1
        self.in_use += 1

    def _give(self) -> None:
        self.in_use -= 1
        self._places.release()
