"""
Noticing that the machine's clock was set while the house was running: what is due is due by that clock.

Rule 1: nothing is done about it: who knows which of the two times was wrong? It is said, and counted.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable
from typing import Final

from kuaihui.loop import Clock

log = logging.getLogger(__name__)

EVERY: Final = 5.0  # seconds
# NTP slews less than this in EVERY; a page that comes so much too late or too soon hurts nobody.
MOST: Final = 2.0


class ClockWatch:
    """Compares the clock with a steady one (seconds since any instant), which nobody sets."""

    def __init__(self, clock: Clock, steady: Callable[[], float], faults: Counter[str]) -> None:
        self._clock, self._steady, self._faults = clock, steady, faults
        self._seen = clock.now(), steady()

    def look(self) -> float:
        """By how many seconds the clock was set forward since the last look (less than 0: back); 0 where it went as it should."""
        then, before = self._seen
        now, after = self._seen = self._clock.now(), self._steady()
        moved = (now - then).total_seconds() - (after - before)
        if abs(moved) <= MOST:
            return 0.0
        self._faults["clock"] += 1
        if moved < 0:
            log.warning("the clock was set back by %.0f s: what was to be due is due so much later; escalate what cannot wait", -moved)
        else:
            log.warning("the clock was set forward by %.0f s, or the machine slept: what is due by it is done now", moved)
        return moved

    async def run(self) -> None:
        """Look now and then, for ever."""
        while True:
            await asyncio.sleep(EVERY)
            self.look()
