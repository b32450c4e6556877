"""
What happens, as it happens: server-sent events.

Rule 1: every event's id is the fact's number; a browser that comes back names the last one it has seen and misses nothing.
Rule 2: one follower of the journal serves all who watch (a viewer costs a queue, not a query); who cannot keep up is sent away, comes back, and
        reads on from where it was.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Final

from kuaihui.journal.journal import Journal

# A proxy closes what is silent for a minute; every 15 s is the common heartbeat.
HEARTBEAT: Final = 15.0
# Changes a viewer may be behind before it is sent away.
BEHIND: Final = 500


class Watchers:
    """Everybody who watches, told which incident has grown."""

    def __init__(self, journal: Journal, position: int = 0) -> None:
        self._journal = journal
        self._position = position
        self._queues: set[asyncio.Queue[str]] = set()
        self._task: asyncio.Task[None] | None = None

    async def watch(self, incident: str = "") -> AsyncIterator[str]:
        """
        The incident's id each time it (or any incident, where none is named) has grown; an empty word as a heartbeat.

        Several facts of one commit may come as one word. Ends when the viewer is too far behind.
        """
        queue: asyncio.Queue[str] = asyncio.Queue(BEHIND)
        self._queues.add(queue)
        if self._task is None:
            self._task = asyncio.create_task(self._follow(), name="watchers")
        try:
            while not queue.full():
                yield await _next(queue, incident)
        finally:
            self._queues.discard(queue)

    async def _follow(self) -> None:
        async for record in self._journal.follow(self._position):
            self._position = record.position
            for queue in self._queues:
                with suppress(asyncio.QueueFull):
                    queue.put_nowait(record.incident)

    async def close(self) -> None:
        """Stop following."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task


async def _next(queue: asyncio.Queue[str], incident: str) -> str:
    """The next word of interest, with what waits behind it folded in; empty after a heartbeat's time."""
    try:
        async with asyncio.timeout(HEARTBEAT):
            word = await queue.get()
            while incident not in ("", word):
                word = await queue.get()
    except TimeoutError:
        return ""
    while not queue.empty():
        queue.get_nowait()
    return word
