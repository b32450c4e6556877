"""
Waking those who wait for something to be appended, and telling those who follow what that was.

Rule 1: no wake-up is lost: a task that looked (`look`) and then waits is woken at once by what came in between.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from weakref import WeakKeyDictionary

from kuaihui.journal.chain import Record


class Changes:
    """Counts changes, and remembers for each task how many it has seen."""

    def __init__(self) -> None:
        self.count = 0
        self._event = asyncio.Event()
        self._seen: WeakKeyDictionary[asyncio.Task[object], int] = WeakKeyDictionary()

    def tell(self) -> None:
        """Something has changed: wake everybody. Call it on the event loop's thread."""
        self.count += 1
        self._event.set()
        self._event = asyncio.Event()

    def look(self) -> None:
        """This task is about to look at how things stand: what comes from now on is new to it."""
        task = asyncio.current_task()
        if task is not None:
            self._seen[task] = self.count

    async def wait(self, timeout: float | None) -> None:
        """Return when something has changed since this task last looked or waited, or after `timeout` seconds."""
        task = asyncio.current_task()
        seen = self._seen.get(task, self.count) if task is not None else self.count
        if seen == self.count:
            await self.after(self.count, timeout)
        self.look()

    async def after(self, count: int, timeout: float | None) -> None:
        """Return when there were more than `count` changes, or after `timeout` seconds."""
        if self.count > count:
            return
        try:
            async with asyncio.timeout(timeout):
                await self._event.wait()
        except TimeoutError:
            return


async def followed(
    behind: Callable[[int], Awaitable[Sequence[Record]]], changes: Changes, position: int, look_again: float | None
) -> AsyncIterator[Record]:
    """
    Every record that is found `behind` a position, from this one on, for ever.

    Where there is none it is looked again at the next change, and after `look_again` seconds at the latest.
    """
    while True:
        count = changes.count
        records = await behind(position)
        for record in records:
            yield record
            position = record.position
        if not records:
            await changes.after(count, look_again)
