"""The on-call page: each rota as a calendar with its gaps, overrides and swaps, its shares, and a feed for one's own calendar."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from functools import partial
from typing import Annotated, Final
from zoneinfo import ZoneInfo

import msgspec
from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from kuaihui.app.overrides import OVERRIDE, read_override
from kuaihui.app.suggestions import suggestions
from kuaihui.app.web.asked import day as day_of
from kuaihui.app.web.asked import field, moment, morning
from kuaihui.app.web.asking import Anybody, InHouse, NotFound, Reads, Somebody
from kuaihui.app.web.calendar_feed import feed, key_of, knows
from kuaihui.app.web.drawing import page
from kuaihui.app.wiring import House, new_id
from kuaihui.briefing.fairness import is_holiday, shares
from kuaihui.catalog.catalog import Catalog
from kuaihui.catalog.rotas import Rota
from kuaihui.catalog.shifts import Shift
from kuaihui.catalog.stand_ins import Span, StandIn, swapped
from kuaihui.catalog.wall_clock import local_day, zone
from kuaihui.errors import Refused
from kuaihui.journal.notes import Note
from kuaihui.language import text

oncall = APIRouter(include_in_schema=False)
WEEKS: Final = 4
FEED_BACK: Final = timedelta(days=30)
FEED_AHEAD: Final = timedelta(days=180)
# Shares are counted over the last quarter and what is planned of the next month.
SHARES_BACK: Final = timedelta(days=90)
SHARES_AHEAD: Final = timedelta(days=28)
_DAY: Final = timedelta(days=1)

Written = Annotated[str, Form(max_length=40)]
Who = Annotated[list[str], Form(max_length=8)]
Reason = Annotated[str, Form(max_length=300)]


class Piece(msgspec.Struct):
    """A part of one day: who, from when, by which reason."""

    shift: Shift
    since: datetime
    whole: bool


class Day(msgspec.Struct):
    """One day of the calendar."""

    date: date
    today: bool
    off: bool
    name: str
    pieces: list[Piece]


@oncall.get("/oncall")
async def calendar(request: Request, house: InHouse, reader: Reads, person: Anybody, rota: str = "", since: str = "") -> HTMLResponse:
    """One rota: who is on call now, the coming weeks, the gaps in them, and how the load is shared."""
    catalog, now = house.catalog, reader.now
    if not catalog.rotas:
        return page(request, "oncall/none.html")
    chosen = catalog.rotas.get(rota) or next(iter(catalog.rotas.values()))
    place = zone(chosen.time_zone)
    today = local_day(now, place)
    first = day_of(since, today)
    first -= first.weekday() * _DAY
    begin, end = morning(first, place), morning(first + WEEKS * 7 * _DAY, place)
    shifts = catalog.shifts(chosen.id, begin, end)
    coming = [shift for shift in catalog.shifts(chosen.id, now, now + SHARES_AHEAD) if shift.people]
    return page(
        request,
        "oncall/calendar.html",
        catalog=catalog,
        rota=chosen,
        place=place,
        answer=catalog.answer(chosen.id, now),
        until=next((shift.until for shift in catalog.shifts(chosen.id, now, now + SHARES_AHEAD)), None),
        weeks=_weeks(days(catalog, chosen, shifts, first, today)),
        gaps=[shift for shift in shifts if not shift.people and shift.until > now],
        coming=coming,
        standing=await _standing(house, chosen.id, now),
        suggested=await suggestions(house.journal, now, chosen.id),
        shares=shares(catalog, chosen.id, now - SHARES_BACK, now + SHARES_AHEAD),
        first=first,
        earlier=first - WEEKS * 7 * _DAY,
        later=first + WEEKS * 7 * _DAY,
        field=partial(field, zone=place),
        key=key_of(house, f"rota/{chosen.id}"),
        mine_key=key_of(house, f"person/{person}") if person else "",
    )


def days(catalog: Catalog, rota: Rota, shifts: list[Shift], first: date, today: date) -> list[Day]:
    """The days of the calendar, each with who is on call in which part of it."""
    place, calendar = zone(rota.time_zone), catalog.calendars.get(rota.calendar)
    found: list[Day] = []
    for number in range(WEEKS * 7):
        date_of = first + number * _DAY
        begin, end = morning(date_of, place), morning(date_of + _DAY, place)
        inside = [shift for shift in shifts if shift.since < end and shift.until > begin]
        pieces = [Piece(shift, max(shift.since, begin), shift.since <= begin) for shift in inside]
        holiday = calendar.holidays.get(date_of, "") if calendar and is_holiday(date_of, calendar) else ""
        off = not calendar.works(date_of) if calendar else date_of.weekday() >= 5
        found.append(Day(date_of, date_of == today, off, holiday, pieces))
    return found


def _weeks(found: list[Day]) -> list[list[Day]]:
    return [found[number : number + 7] for number in range(0, len(found), 7)]


async def _standing(house: House, rota: str, now: datetime) -> list[tuple[Note, StandIn]]:
    """The overrides of this rota that are not over."""
    read = [(note, read_override(note)) for note in await house.journal.standing(OVERRIDE, now)]
    return [(note, one) for note, one in read if one.rota == rota]


# -- what is made here ---------------------------------------------------------------------------------------------------------------------


@oncall.post("/oncall/{rota}/overrides")
async def override(house: InHouse, person: Somebody, rota: str, since: Written, until: Written, who: Who, reason: Reason = "") -> Response:
    """Somebody else is on call for a while."""
    place = _zone(house, rota)
    people = tuple(dict.fromkeys(one for one in who if one))
    span = Span(people, moment(since, place), moment(until, place))
    await house.overrides.make(StandIn(f"o-{new_id()[:6]}", rota, (span,), reason.strip(), person), house.clock.now())
    return RedirectResponse(f"/oncall?rota={rota}#overrides", 303)


@oncall.post("/oncall/{rota}/swaps")
async def swap(house: InHouse, person: Somebody, rota: str, mine: Written, theirs: Written, reason: Reason = "") -> Response:
    """Two shifts exchange their people."""
    place, now = _zone(house, rota), house.clock.now()
    spans = swapped(house.catalog, rota, max(moment(mine, place), now), max(moment(theirs, place), now))
    await house.overrides.make(StandIn(f"w-{new_id()[:6]}", rota, spans, reason.strip(), person), now)
    return RedirectResponse(f"/oncall?rota={rota}#overrides", 303)


@oncall.post("/oncall/{rota}/overrides/{id}/end")
async def end(house: InHouse, person: Somebody, rota: str, id: str) -> Response:
    """An override is over before its end."""
    if not await house.overrides.end(id, house.clock.now(), person):
        raise Refused(text("there is no such override any more: {id}", id=id[:40]))
    return RedirectResponse(f"/oncall?rota={rota}#overrides", 303)


@oncall.post("/oncall/{rota}/suggestions/{id}/end")
async def settle(house: InHouse, person: Somebody, rota: str, id: str) -> Response:
    """A suggestion has been dealt with."""
    now = house.clock.now()
    standing = {one.id for one in await suggestions(house.journal, now, rota)}  # nothing else that is kept is ended here
    if id not in standing or not await house.journal.end(id, now, person):
        raise Refused(text("there is no such suggestion any more: {id}", id=id[:80]))
    return RedirectResponse(f"/oncall?rota={rota}#suggested", 303)


def _zone(house: House, rota: str) -> ZoneInfo:
    if rota not in house.catalog.rotas:
        raise NotFound(text("there is no rota {rota}", rota=rota[:100]))
    return zone(house.catalog.rotas[rota].time_zone)


# -- feeds ---------------------------------------------------------------------------------------------------------------------------------


@oncall.get("/oncall/feeds/{kind}/{id}.ics")
async def ical(house: InHouse, reader: Reads, kind: str, id: str, key: str = "") -> Response:
    """A rota's shifts, or one person's, for a calendar program: it comes without a cookie, so its address carries a key."""
    catalog, now = house.catalog, reader.now
    if (kind, id) not in {*(("rota", rota) for rota in catalog.rotas), *(("person", person) for person in catalog.people)}:
        raise NotFound(text("there is no such calendar"))
    if not knows(house, f"{kind}/{id}", key):
        raise NotFound(text("this calendar's address has changed: take it from the on-call page again"))
    rotas = [id] if kind == "rota" else list(catalog.rotas)
    shifts = [
        (rota, shift)
        for rota in rotas
        for shift in catalog.shifts(rota, now - FEED_BACK, now + FEED_AHEAD)
        if shift.people and (kind == "rota" or id in shift.people)
    ]
    body = feed(shifts, reader, house.settings.server.reached_at)
    return Response(body, media_type="text/calendar; charset=utf-8", headers={"Content-Disposition": f'inline; filename="{kind}-{id}.ics"'})
