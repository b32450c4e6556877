"""
How the load of a rota is shared: hours, nights, weekends, holidays, by person.

Rule 1: counted from the same shifts that decide who is paged, overrides and leave included; several who share one each have all of it.
Rule 2: nights, weekends and holidays are those of the rota's own wall clock and calendar.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import Final
from zoneinfo import ZoneInfo

import msgspec

from kuaihui.catalog.catalog import Catalog
from kuaihui.catalog.rotas import Calendar
from kuaihui.catalog.wall_clock import MIDNIGHT, instant, local_day, zone

# A page between these hours wakes most people.
NIGHT_BEGINS: Final = time(22, 0)
NIGHT_ENDS: Final = time(8, 0)
_EDGES: Final = (MIDNIGHT, NIGHT_ENDS, NIGHT_BEGINS)
_DAY: Final = timedelta(days=1)
_HOUR: Final = timedelta(hours=1)
_SATURDAY: Final = 5


class Share(msgspec.Struct):
    """One person's share of a rota over a span, in hours; `nights` counts the nights of which at least an hour was theirs."""

    person: str
    hours: float = 0.0
    night_hours: float = 0.0
    weekend_hours: float = 0.0
    holiday_hours: float = 0.0
    shifts: int = 0
    nights: int = 0


def shares(catalog: Catalog, rota: str, since: datetime, until: datetime) -> list[Share]:
    """Everybody's share of this rota between two instants (aware), whoever has most hours first."""
    known = catalog.rotas[rota]
    place, calendar = zone(known.time_zone), catalog.calendars.get(known.calendar)
    found: dict[str, Share] = {}
    nights: dict[str, dict[date, float]] = {}
    for shift in catalog.shifts(rota, since, until):
        for person in shift.people:
            share = found.setdefault(person, Share(person))
            share.shifts += 1
            _add(share, nights.setdefault(person, {}), shift.since, shift.until, place, calendar)
    for person, share in found.items():
        share.nights = sum(hours >= 1 for hours in nights[person].values())
    return sorted(found.values(), key=lambda share: (-share.hours, share.person))


def _add(share: Share, nights: dict[date, float], since: datetime, until: datetime, place: ZoneInfo, calendar: Calendar | None) -> None:
    for begin, end in pairwise(_edges(since, until, place)):
        hours, local = (end - begin) / _HOUR, begin.astimezone(place)
        share.hours += hours
        if is_night(begin, place):
            share.night_hours += hours
            night = local.date() if local.time() >= NIGHT_BEGINS else local.date() - _DAY
            nights[night] = nights.get(night, 0.0) + hours
        if is_holiday(local.date(), calendar):
            share.holiday_hours += hours
        elif local.weekday() >= _SATURDAY and not _works(local.date(), calendar):
            share.weekend_hours += hours


def _edges(since: datetime, until: datetime, place: ZoneInfo) -> list[datetime]:
    """The two ends, and between them every instant at which it becomes night, day, or another date."""
    day, last = local_day(since, place), local_day(until, place)
    inner: list[datetime] = []
    while day <= last:
        inner += [instant(day, clock, place) for clock in _EDGES]
        day += _DAY
    return [since, *sorted(edge for edge in inner if since < edge < until), until]


def is_night(at: datetime, place: ZoneInfo) -> bool:
    """Whether it is night there."""
    clock = at.astimezone(place).time()
    return clock >= NIGHT_BEGINS or clock < NIGHT_ENDS


def is_holiday(day: date, calendar: Calendar | None) -> bool:
    """Whether the calendar names this day as a holiday."""
    return calendar is not None and day in calendar.holidays


def _works(day: date, calendar: Calendar | None) -> bool:
    return calendar is not None and calendar.works(day)
