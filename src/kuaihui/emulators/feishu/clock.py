"""The tenant's time: real, shifted, or standing still until somebody moves it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

LONGEST_NAP = 60.0  # seconds; a sleeper looks again at least this often, in case the real clock was set


def real_now() -> datetime:
    """The machine's clock, in UTC."""
    return datetime.now(UTC)


class Clock:
    """`real` plus what was added by hand; sleepers wake when their instant has come by either way."""

    def __init__(self, real: Callable[[], datetime] = real_now) -> None:
        self._real = real
        self._added = timedelta()
        self._sleepers: set[asyncio.Event] = set()

    @classmethod
    def standing_at(cls, instant: datetime) -> Clock:
        """A clock that moves only by `pass_by`."""
        return cls(lambda: instant.astimezone(UTC))

    def now(self) -> datetime:
        """The tenant's instant, in UTC."""
        return self._real() + self._added

    def milliseconds(self) -> int:
        """The tenant's instant as Feishu writes most of its times."""
        return milliseconds(self.now())

    def pass_by(self, span: timedelta) -> None:
        """Let this much time pass at once."""
        self._added += span
        for sleeper in self._sleepers:
            sleeper.set()

    async def sleep_until(self, instant: datetime) -> None:
        """Return when the tenant's clock has reached `instant`."""
        woken = asyncio.Event()
        self._sleepers.add(woken)
        try:
            while (left := (instant - self.now()).total_seconds()) > 0:
                woken.clear()
                try:
                    await asyncio.wait_for(woken.wait(), min(left, LONGEST_NAP))
                except TimeoutError:
                    continue
        finally:
            self._sleepers.discard(woken)


def milliseconds(instant: datetime) -> int:
    """An instant as milliseconds since 1970."""
    return round(instant.timestamp() * 1000)
