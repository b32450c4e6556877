"""
Wall-clock times of a zone as instants.

Rule 1: later on the wall is never earlier in truth, also on the nights the clocks change, so that neighbouring shifts neither overlap nor
        leave a hole: a time that does not exist is the instant the clocks jump, a time that comes twice is its first coming.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

MIDNIGHT: Final = time(0)


@lru_cache(maxsize=64)
def zone(name: str) -> ZoneInfo:
    """The time zone of this IANA name. Raises ZoneInfoNotFoundError or ValueError."""
    return ZoneInfo(name)


def is_zone(name: str) -> bool:
    """Whether there is a time zone of this IANA name."""
    try:
        zone(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # a folder of the zone database is an OSError
        return False
    return True


@lru_cache(maxsize=65_536)
def instant(day: date, clock: time, place: ZoneInfo) -> datetime:
    """The instant (UTC) when the wall clock of the zone first shows `clock` or later on `day`."""
    wall = datetime.combine(day, clock)
    found = wall.replace(tzinfo=place).astimezone(UTC)
    if found.astimezone(place).replace(tzinfo=None) == wall:
        return found
    return _jump(wall.replace(tzinfo=place, fold=1).astimezone(UTC), found, place)


def _jump(before: datetime, after: datetime, place: ZoneInfo) -> datetime:
    """The instant between the two at which the zone's offset changes, to the second."""
    old = before.astimezone(place).utcoffset()
    while after - before > timedelta(seconds=1):
        middle = before + timedelta(seconds=(after - before) // timedelta(seconds=2))
        if middle.astimezone(place).utcoffset() == old:
            before = middle
        else:
            after = middle
    return after


def local_day(at: datetime, place: ZoneInfo) -> date:
    """The calendar day of the instant in the zone."""
    return at.astimezone(place).date()
