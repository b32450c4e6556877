"""
Rotas: who is on call at an instant.

Rule 1: a rota answers for any instant, past or future, from the same files.
Rule 2: nothing here reads the clock; the instant is an argument.
Rule 3: hand-over times are wall-clock times of the rota's zone, also on the night the clocks change.
"""

from __future__ import annotations

from datetime import date, datetime, time

from pydantic import Field

from kuaihui.catalog.shapes import Entry, Named


class Layer(Entry):
    """People who take turns; a later layer's people stand in where an earlier one has nobody."""

    people: tuple[tuple[str, ...], ...]  # one inner tuple a shift: several people may share it
    starts: date  # the day whose hand-over begins the first person's turn
    turn: str = "weekly"  # "daily", "weekly", or a number of days: "3d"
    hand_over: time = time(10, 0)
    weekdays: tuple[str, ...] = ()  # mon … sun; or "workday"/"holiday" by the calendar; empty: every day
    hours: str = ""  # "09:00-18:00" (over midnight: "22:00-08:00"); empty: the whole day


class Override(Entry):
    """These people instead of whoever would be on call, from `since` until `until` (wall-clock of the rota's zone, or with an offset)."""

    people: tuple[str, ...]
    since: datetime
    until: datetime
    reason: str = ""


class Leave(Entry):
    """Somebody is away: not on call from the morning of `first` to the night of `last`, in their own zone."""

    person: str
    first: date
    last: date
    reason: str = ""


class Calendar(Entry):
    """Public holidays, and the weekend days that are worked to make up for them."""

    id: str
    name: Named
    holidays: dict[date, str] = {}
    workdays: dict[date, str] = {}
    weekend: tuple[str, ...] = ("sat", "sun")


class Rota(Entry):
    """A rota: layers from the first choice to the last."""

    id: str
    name: Named
    time_zone: str = "Asia/Shanghai"
    calendar: str = ""
    layers: tuple[Layer, ...] = Field(min_length=1)
    overrides: tuple[Override, ...] = ()
