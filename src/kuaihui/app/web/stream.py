"""
What happens, as it happens: server-sent events.

Rule 1: every event's id is the fact's number; a browser that comes back names the last one it has seen and misses nothing.
Rule 2: one follower of the journal serves all who watch (a viewer costs a queue, not a query); who cannot keep up is sent away, comes back,
        and reads on from where it was.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import suppress
from typing import Final

from kuaihui.journal.journal import Journal

log = logging.getLogger(__name__)

# A proxy closes what is silent for a minute; every 15 s is the common heartbeat.
HEARTBEAT: Final = 15.0
# After the journal could not be read.
TRY_AGAIN: Final = 1.0
# Changes a viewer may be behind before it is sent away.
BEHIND: Final = 500


class Watchers:
    """Everybody who watches, told which incident has grown."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._queues: set[asyncio.Queue[str]] = set()
        self._begun: asyncio.Task[int] | None = None
        self._task: asyncio.Task[None] | None = None
        self._closed = False

    async def watch(self, incident: str = "") -> AsyncGenerator[str]:
        """
        A first word at once, then an incident's id each time it has grown (any one's, where none is named); an empty word as a heartbeat.

        The first word comes when nothing that happens from now on can be missed: look then. Several facts of one commit may come as one
        word. Ends when the viewer is too far behind, and when the house does.
        """
        queue: asyncio.Queue[str] = asyncio.Queue(BEHIND)
        self._queues.add(queue)
        try:
            await self._begin()
            yield incident
            while not queue.full() and not self._closed:
                yield await _next(queue, incident)
        finally:
            self._queues.discard(queue)

    async def _begin(self) -> None:
        """Begin to follow; whoever comes first does, and the others wait with them."""
        if self._begun is None:
            self._begun = asyncio.create_task(newest(self._journal), name="newest")
        try:
            position = await asyncio.shield(self._begun)
        except Exception:
            self._begun = None
            raise
        if self._task is None:
            self._task = asyncio.create_task(self._follow(position), name="watchers")

    async def _follow(self, position: int) -> None:
        """Tell everybody of each record, for ever: a journal that stumbles is followed on from where it was."""
        while True:
            try:
                async for record in self._journal.follow(position):
                    position = record.position
                    for queue in self._queues:
                        with suppress(asyncio.QueueFull):
                            queue.put_nowait(record.incident)
            except Exception:
                log.exception("the journal could not be followed; trying again")
                await asyncio.sleep(TRY_AGAIN)

    async def close(self) -> None:
        """Stop following, and let everybody go who watches."""
        self._closed = True
        for queue in self._queues:
            with suppress(asyncio.QueueFull):  # who is that far behind is on the way out
                queue.put_nowait("")
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task


async def newest(journal: Journal) -> int:
    """About where the journal ends, so that nobody reads its whole history again: the place of the incident that changed last."""
    known = [*await journal.summaries(limit=100), *await journal.summaries(open_only=True)]
    if not known:
        return 0
    last = max(known, key=lambda summary: summary.changed)
    length, _ = await journal.head(last.incident)
    records = await journal.read(last.incident, length - 1)
    return records[0].position if records else 0


async def _next(queue: asyncio.Queue[str], incident: str) -> str:
    """The next word of interest, with what waits behind it folded in; empty after a heartbeat's time."""
    try:
        async with asyncio.timeout(HEARTBEAT):
            word = await queue.get()
            while word and incident not in ("", word):
                word = await queue.get()
    except TimeoutError:
        return ""
    while not queue.empty():
        queue.get_nowait()
    return word
