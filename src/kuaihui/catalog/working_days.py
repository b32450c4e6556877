"""
Working days of a team, and the instants on them at which people are asked for something.

Rule 1: a day is worked by the calendar of the service's rota: public holidays are not, the weekend days that make up for them are.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from kuaihui.catalog.catalog import Catalog
from kuaihui.catalog.rotas import Calendar
from kuaihui.catalog.shapes import Name
from kuaihui.catalog.wall_clock import instant, local_day, zone

MORNING: Final = time(10, 0)  # when people are at their desks and the morning's meeting is over
EVENING: Final = time(18, 0)
_DAY: Final = timedelta(days=1)
# China's longest run of days off is nine; a calendar that never works again is a mistake, and is not followed for ever.
_LONGEST: Final = 60
_PLAIN: Final = Calendar(id="", name=Name(zh="", en=""))


class Workdays:
    """The working days of a service's team."""

    def __init__(self, catalog: Catalog, service: str) -> None:
        known = catalog.services.get(service)
        rota = catalog.rotas.get(known.rota) if known else None
        self.calendar = catalog.calendars.get(rota.calendar, _PLAIN) if rota else _PLAIN
        self.zone: ZoneInfo = zone(rota.time_zone if rota else catalog.time_zone)

    def day(self, at: datetime) -> date:
        """The team's calendar day of an instant."""
        return local_day(at, self.zone)

    def after(self, day: date, count: int = 1) -> date:
        """The working day that comes `count` working days after `day`."""
        for _ in range(_LONGEST * count):
            day += _DAY
            count -= self.calendar.works(day)
            if not count:
                break
        return day

    def at_or_after(self, day: date) -> date:
        """This day where it is worked, or else the next that is."""
        return self.after(day - _DAY)

    def morning(self, day: date) -> datetime:
        """The morning of a day, when people are reminded (UTC)."""
        return instant(day, MORNING, self.zone)

    def evening(self, day: date) -> datetime:
        """The end of a working day, when something is due (UTC)."""
        return instant(day, EVENING, self.zone)
