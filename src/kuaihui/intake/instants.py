"""
When an alert says it began and ends.

Rule 1: Go writes "no time" as the year 1; that is an instant left out, not an absurd one.
Rule 2: an instant without a zone, or one nobody can mean, is refused with the reason rather than guessed at.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec

from kuaihui.intake.ringing import unusable
from kuaihui.language import text

# Clocks are wrong by minutes, zones by up to 14 hours: a start further ahead than this is a mistake.
FURTHEST_AHEAD: Final = timedelta(days=1)
# Prometheus was first released in 2012; nothing that rings today began before this.
EARLIEST: Final = datetime(2000, 1, 1, tzinfo=UTC)
# Instants kept as they were read; a sender that tells a new one each time must not fill the memory.
MOST_KEPT: Final = 1_000


def instant(written: str, path: str) -> datetime | None:
    """The instant (UTC) of an RFC 3339 text; None where it is left out. Raises Unusable."""
    if not written or written.startswith("0001-01-01T"):
        return None
    try:
        told = msgspec.convert(written, datetime)
        if told.tzinfo is None:
            raise unusable(
                "instant.zone", path, text("{written} names no time zone: write it like 2023-03-11T11:03:00+08:00", written=written[:64])
            )
        return told.astimezone(UTC)
    except (msgspec.ValidationError, OverflowError) as wrong:
        form = text("{written} is no instant: write it like 2023-03-11T11:03:00+08:00", written=written[:64])
        raise unusable("instant.form", path, form) from wrong


class Instants:
    """Instants as they are told: the alerts of a batch mostly share one, so each is read once."""

    def __init__(self) -> None:
        self._read: dict[str, datetime | None] = {}

    def of(self, written: str, path: str) -> datetime | None:
        """The instant (UTC), as `instant`. Raises Unusable."""
        try:
            return self._read[written]
        except KeyError:
            if len(self._read) > MOST_KEPT:
                self._read.clear()
            known = self._read[written] = instant(written, path)
            return known


def start(written: str, path: str, now: datetime) -> datetime | None:
    """When an alert began, as `instant`, and believable. Raises Unusable."""
    began = instant(written, path)
    return None if began is None else believable(began, written, path, now)


def believable(began: datetime, written: str, path: str, now: datetime) -> datetime:
    """A start that an alert can have had. Raises Unusable."""
    if began > now + FURTHEST_AHEAD:
        words = text("{written} is more than a day ahead of our clock ({now})", written=written[:64], now=f"{now:%Y-%m-%dT%H:%M:%SZ}")
        raise unusable("instant.future", path, words, "P1D")
    if began < EARLIEST:
        raise unusable(
            "instant.past", path, text("{written} is before the year 2000", written=written[:64]), f"{EARLIEST:%Y-%m-%dT%H:%M:%SZ}"
        )
    return began
