"""
Hearing of what other workers append.

Rule 1: a word may be lost with its connection, so after each new one everybody looks for themselves; nothing depends on a word alone.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Final

from kuaihui.integrations.postgres.connections import FIRST_PAUSE, LONGEST_PAUSE, connected, gone
from kuaihui.journal.changes import Changes

log = logging.getLogger(__name__)

CHANNEL: Final = "kuaihui_journal"
# A connection that died without a word (a pulled cable) is found out this soon, in seconds.
ALIVE: Final = 10.0


class Listener:
    """Listens on a connection of its own, and makes a new one when that breaks."""

    def __init__(self, url: str, changes: Changes) -> None:
        self._url = url
        self._changes = changes
        self._task = asyncio.create_task(self._listen(), name="journal listener")

    async def close(self) -> None:
        """Stop listening."""
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _listen(self) -> None:
        pause = FIRST_PAUSE
        while True:
            try:
                await self._connection()
                pause = FIRST_PAUSE
            except Exception as fault:
                if not gone(fault):
                    log.exception("hearing of other workers broke, and is begun again")
                log.warning("not hearing of other workers for a moment (%s: %s)", type(fault).__name__, fault)
                pause = min(pause * 2, LONGEST_PAUSE)
            await asyncio.sleep(pause)

    async def _connection(self) -> None:
        """Listen until the connection ends."""
        connection = await connected(self._url)
        ended = asyncio.Event()
        try:
            connection.add_termination_listener(lambda _: ended.set())
            await connection.add_listener(CHANNEL, self._heard)
            self._changes.tell()
            while not ended.is_set():
                await self._wait(ended)
                await connection.execute("SELECT 1")
        finally:
            connection.terminate()

    def _heard(self, *_: object) -> None:
        self._changes.tell()

    async def _wait(self, ended: asyncio.Event) -> None:
        try:
            async with asyncio.timeout(ALIVE):
                await ended.wait()
        except TimeoutError:
            return
