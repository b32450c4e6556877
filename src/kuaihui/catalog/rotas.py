"""
Rotas: who takes turns, as written in the files; shifts.py says who is on call at an instant.

Rule 1: a rota answers for any instant, past or future, from the same files.
Rule 2: nothing here reads the clock; the instant is an argument.
Rule 3: hand-over times are wall-clock times of the rota's zone, also on the night the clocks change.
"""

from __future__ import annotations

import re
from datetime import date, time
from typing import Annotated, Final, Literal, cast

from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError

from kuaihui.catalog.shapes import Clock, Day, Entry, Moment, Named

DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun", "workday", "holiday"]
LONGEST_TURN: Final = 366  # days
_TURN = re.compile(r"([1-9]\d{0,2})d")
_HOURS = re.compile(r"((?:[01]\d|2[0-3]):[0-5]\d)-((?:[01]\d|2[0-3]):[0-5]\d|24:00)")


def _turn(written: object) -> object:
    days = {"daily": 1, "weekly": 7}.get(written) if isinstance(written, str) else None
    if days is None and isinstance(written, str) and (counted := _TURN.fullmatch(written)):
        days = int(counted[1])
    if days is None or days > LONGEST_TURN:
        raise PydanticCustomError("turn", "a turn is daily, weekly, or a number of days like 3d")
    return written


def _hours(written: object) -> object:
    found = _HOURS.fullmatch(written) if isinstance(written, str) else None
    if written != "" and (not found or found[1] == found[2]):
        raise PydanticCustomError("hours", "write hours like 09:00-18:00")
    return written


def _shares(written: object) -> object:
    """Each shift is a list; somebody alone needs no brackets of their own."""
    if not isinstance(written, list):
        return written
    return [[shift] if isinstance(shift, str) else shift for shift in cast("list[object]", written)]


Shares = Annotated[tuple[Annotated[tuple[str, ...], Field(min_length=1)], ...], BeforeValidator(_shares), Field(min_length=1)]


class Layer(Entry):
    """
    People who take turns; a later layer's people stand in where an earlier one has nobody.

    A day of a layer runs from `hand_over` to the next one's, or through `hours` where they are given (over midnight: it belongs to the day
    it begins on). Before `starts` the layer has nobody.
    """

    people: Shares  # one inner tuple a shift: several people may share it
    starts: Day  # the day whose hand-over begins the first person's turn
    turn: Annotated[str, BeforeValidator(_turn)] = "weekly"  # "daily", "weekly", or a number of days: "3d"
    hand_over: Clock = time(10, 0)  # left out where hours are given: the hours' own beginning
    weekdays: tuple[Weekday, ...] = ()  # mon … sun; or "workday"/"holiday" by the calendar; empty: every day
    hours: Annotated[str, BeforeValidator(_hours)] = ""  # "09:00-18:00" (over midnight: "22:00-08:00"); empty: the whole day

    @property
    def days(self) -> int:
        """How many days a turn lasts."""
        return {"daily": 1, "weekly": 7}.get(self.turn) or int(self.turn[:-1])

    @property
    def handed_over(self) -> time:
        """When a turn really passes on."""
        if self.hours and "hand_over" not in self.model_fields_set:
            return time.fromisoformat(self.hours[:5])
        return self.hand_over


class Override(Entry):
    """These people instead of whoever would be on call, from `since` until `until` (wall-clock of the rota's zone, or with an offset)."""

    people: tuple[str, ...] = Field(min_length=1)
    since: Moment
    until: Moment
    reason: str = ""


class Leave(Entry):
    """Somebody is away: not on call from the morning of `first` to the night of `last`, in their own zone."""

    person: str
    first: Day
    last: Day
    reason: str = ""


def _unnamed(written: object) -> object:
    return "" if written is None else written


Occasion = Annotated[str, BeforeValidator(_unnamed)]


class Calendar(Entry):
    """Public holidays, and the weekend days that are worked to make up for them."""

    id: str
    name: Named
    holidays: dict[Day, Occasion] = {}
    workdays: dict[Day, Occasion] = {}
    weekend: tuple[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"], ...] = ("sat", "sun")

    def works(self, day: date) -> bool:
        """Whether people work on this day."""
        return day in self.workdays or (day not in self.holidays and DAYS[day.weekday()] not in self.weekend)


class Rota(Entry):
    """A rota: layers from the first choice to the last."""

    id: str
    name: Named
    time_zone: str = "Asia/Shanghai"
    calendar: str = ""
    layers: tuple[Layer, ...] = Field(min_length=1)
    overrides: tuple[Override, ...] = ()
