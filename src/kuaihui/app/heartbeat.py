"""
A sign of life that we send outside, so that somebody notices when we are silent ourselves.

Rule 1: no sign while pages would be late: a loop that hangs, or a journal that cannot be read, is silent like one that is dead.
Rule 2: the address is a secret (who knows it can say that we live): it stands in no line of the log.
"""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta
from typing import Final

import httpx

from kuaihui.loop import Loop

log = logging.getLogger(__name__)

# An incident that is settled this much too late pages too late.
LATE: Final = timedelta(seconds=30)
# A sign that takes longer than this is not one.
PATIENCE: Final = timedelta(seconds=10)


class Heartbeat:
    """Asks for `url` each `every`, as long as the loop keeps up; any answer from 200 to 399 counts as heard."""

    def __init__(self, loop: Loop, url: str, every: timedelta, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self.loop, self.url, self.every = loop, url, every
        self._client = httpx.AsyncClient(timeout=PATIENCE.total_seconds(), transport=transport)
        self._trouble = ""

    async def run(self) -> None:
        """Send signs for ever."""
        async with self._client:
            while True:
                self._note(await self.beat())
                await asyncio.sleep(self.every.total_seconds())

    async def beat(self) -> str:
        """Send one sign; what was in the way, empty where nothing was."""
        try:
            lag = await self.loop.lag(self.loop.clock.now())
        except Exception as broken:  # whatever it is: who cannot read the journal does not say that all is well
            return f"the journal cannot be read ({type(broken).__name__})"
        if lag > LATE.total_seconds():
            return "the loop is late"
        try:
            answer = await self._client.get(self.url)
        except (httpx.HTTPError, httpx.InvalidURL) as wrong:
            return f"no answer ({type(wrong).__name__})"
        return "" if answer.status_code < 400 else f"answered {answer.status_code}"

    def _note(self, trouble: str) -> None:
        """Say what is in the way when it begins, and that it is over."""
        if trouble:
            self.loop.faults["heartbeat"] += 1
        if trouble != self._trouble:
            log.warning("no sign of life was sent: %s" if trouble else "a sign of life is sent again%s", trouble)
        self._trouble = trouble
