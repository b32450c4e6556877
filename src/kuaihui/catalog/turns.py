"""
One layer of a rota: whose turn it is at an instant, by its hand-overs, weekdays and hours.

Rule 1: turns are counted in calendar days from `starts`, whether worked or not, so that the count never depends on a holiday table.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from kuaihui.catalog.rotas import DAYS, Calendar, Layer
from kuaihui.catalog.wall_clock import MIDNIGHT, instant, local_day

DAY: Final = timedelta(days=1)
_SATURDAY: Final = 5  # by date.weekday(): what counts as a holiday from here on, where a rota has no calendar


class Turns:
    """A layer, ready to be asked: what would be worked out at every question is worked out once."""

    def __init__(self, layer: Layer, calendar: Calendar | None, place: ZoneInfo) -> None:
        self.people = tuple(tuple(dict.fromkeys(people)) for people in layer.people)
        self._starts, self._days, self._handed_over = layer.starts, layer.days, layer.handed_over
        self._weekdays, self._calendar, self._zone = frozenset[str](layer.weekdays), calendar, place
        self._hours = _hours(layer.hours) if layer.hours else None
        self._last: tuple[datetime, datetime, date] | None = None  # the duty day that was asked for last: mostly it is asked for again

    def number(self, at: datetime) -> int | None:
        """The number of the turn that is on at the instant, from 0; None before the layer starts and outside its weekdays and hours."""
        day = self._duty(at)[2]
        if day < self._starts or not (self._inside_hours(at) if self._hours else self._fits(day)):
            return None
        return (day - self._starts).days // self._days

    def edges(self, since: datetime, until: datetime) -> Iterator[datetime]:
        """The instants between two (UTC) at which the answer can change."""
        if not self._hours and until <= self._duty(since)[1]:
            return
        day, last = local_day(since, self._zone) - 2 * DAY, local_day(until, self._zone) + DAY
        while day <= last:
            yield from (edge for edge in self._edges(day) if since < edge < until)
            day += DAY

    def _edges(self, day: date) -> Iterator[datetime]:
        yield instant(day, self._handed_over, self._zone)
        if self._hours:
            yield from self._window(day, *self._hours)

    def _duty(self, at: datetime) -> tuple[datetime, datetime, date]:
        """The day whose hand-over was the last before the instant, after when it began and when it ends."""
        if self._last is not None and self._last[0] <= at < self._last[1]:
            return self._last
        day = local_day(at, self._zone)
        while at < (begin := instant(day, self._handed_over, self._zone)):
            day -= DAY
        # Where the clocks go back over midnight, a day's last hour comes again after the next day has begun.
        while at >= (end := instant(day + DAY, self._handed_over, self._zone)):
            day, begin = day + DAY, end
        self._last = begin, end, day
        return self._last

    def _inside_hours(self, at: datetime) -> bool:
        assert self._hours
        today = local_day(at, self._zone)
        for first in (today - DAY, today, today + DAY):
            begin, end = self._window(first, *self._hours)
            if begin <= at < end and self._fits(first):
                return True
        return False

    def _window(self, day: date, begin: time, end: time, over_midnight: bool) -> tuple[datetime, datetime]:
        return instant(day, begin, self._zone), instant(day + DAY if over_midnight else day, end, self._zone)

    def _fits(self, day: date) -> bool:
        if not self._weekdays:
            return True
        works = self._calendar.works(day) if self._calendar else day.weekday() < _SATURDAY
        return DAYS[day.weekday()] in self._weekdays or ("workday" if works else "holiday") in self._weekdays


def _hours(written: str) -> tuple[time, time, bool]:
    begin, _, end = written.partition("-")
    if end == "24:00":
        return time.fromisoformat(begin), MIDNIGHT, True
    return time.fromisoformat(begin), time.fromisoformat(end), end <= begin
