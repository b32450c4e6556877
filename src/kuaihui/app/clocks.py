"""
The time as the house sees it: as it is, moved by hand, or faster.

This is the one place that reads the real clock; everything else is handed one.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta


class RealClock:
    """The time as it is."""

    pace = 1.0

    def now(self) -> datetime:
        """The instant, in UTC."""
        return datetime.now(UTC)


class ActedClock:
    """A clock that is moved by hand: a whole night passes in a millisecond."""

    pace = 1.0

    def __init__(self, start: datetime) -> None:
        self._now = start.astimezone(UTC)

    def now(self) -> datetime:
        """The acted instant, in UTC."""
        return self._now

    def move_to(self, instant: datetime) -> None:
        """Let time pass until `instant`; time never goes back."""
        self._now = max(self._now, instant.astimezone(UTC))

    def pass_by(self, span: timedelta) -> None:
        """Let this much time pass."""
        self._now += span


class SpedClock:
    """A clock that stands at `start` until it is begun, and then runs `pace` times as fast as the `real` one."""

    def __init__(self, start: datetime, pace: float, real: Callable[[], datetime]) -> None:
        self.pace = pace
        self._real = real
        self._start = start.astimezone(UTC)
        self._began: datetime | None = None

    def begin(self) -> None:
        """Let it run from now on."""
        self._began = self._real()

    def now(self) -> datetime:
        """The sped-up instant, in UTC."""
        return self._start + (self._real() - self._began) * self.pace if self._began else self._start
