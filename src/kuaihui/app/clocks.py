"""The time as the house sees it, where it is not the real one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


class ActedClock:
    """A clock that is moved by hand: a whole night passes in a millisecond."""

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
