"""
Silences and maintenance windows: seen before they are made, made, ended, and looked at afterwards.

Rule 1: the page shows what one would hide before it is made: of what fires now, and of what was heard lately.
Rule 2: whoever makes one says why and until when; nobody makes one that hides everything, or for ever.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec
from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.datastructures import ImmutableMultiDict

from kuaihui.app.web.asked import field, moment
from kuaihui.app.web.asking import Anybody, InHouse, NotFound, Reads, Somebody
from kuaihui.app.web.drawing import page
from kuaihui.app.web.views import Reader
from kuaihui.app.wiring import House, new_id
from kuaihui.catalog.matchers import BadMatcher, Matcher
from kuaihui.catalog.silences import Maintenance, Quiet, Silence, check_matchers, check_span
from kuaihui.errors import KuaihuiError, Refused
from kuaihui.intake.became import heard_lately
from kuaihui.intake.silences import KINDS, kept, quiet_of, would_hide
from kuaihui.journal.journal import Trace
from kuaihui.language import Text, text

silences_page = APIRouter(include_in_schema=False)
# A silence longer than this is a rule, and belongs into the catalog.
LONGEST: Final = timedelta(days=90)
USUAL: Final = timedelta(hours=2)
# What was heard in this time is shown in the preview.
LATELY: Final = timedelta(days=7)
MOST_SHOWN: Final = 50
# Over for longer than this, one is only found by its address.
LISTED: Final = timedelta(days=30)
LONGEST_WORDS: Final = 2000


class Draft(msgspec.Struct):
    """What somebody has typed so far."""

    kind: str = "silence"
    matchers: str = ""
    services: tuple[str, ...] = ()
    since: str = ""
    until: str = ""
    comment: str = ""


class Alike(msgspec.Struct):
    """One alert that would be hidden: firing now, in an incident already, or only heard lately."""

    key: str
    labels: Mapping[str, str]
    firing: bool
    incident: str
    last: datetime


@silences_page.get("/silences")
async def silences(request: Request, house: InHouse, reader: Reads, _: Anybody) -> HTMLResponse:
    """What stands, what is coming, what is over; and what is held back now."""
    now = reader.now
    notes = [note for kind in KINDS for note in await house.journal.standing(kind, now - LISTED)]
    shown = sorted((quiet_of(note) for note in notes), key=lambda quiet: (quiet.until <= now, quiet.since > now, quiet.until))
    held: dict[str, int] = {}
    for one in house.reception.hush.held.values():
        held[one.hidden.rule] = held.get(one.hidden.rule, 0) + 1
    return page(
        request,
        "silences/list.html",
        shown=shown,
        held=held,
        inhibitions=house.catalog.inhibitions,
        places=house.catalog.places,
        draft=_fresh(reader),
    )


@silences_page.get("/silences/new")
async def new(request: Request, house: InHouse, reader: Reads, _: Anybody) -> HTMLResponse:
    """The form, with what it would hide."""
    return await _drafted(request, house, reader, _draft(request.query_params, house, reader))


def _draft(given: ImmutableMultiDict[str, Any], house: House, reader: Reader) -> Draft:  # Any: a form may hold files, which are left out
    """What stands in a form; where nothing does, from now on for the usual time."""
    fresh = _fresh(reader)
    said = {name: value for name, value in given.items() if isinstance(value, str)}
    services = tuple(one for one in given.getlist("services") if one in house.catalog.services)
    return Draft(
        kind="maintenance" if said.get("kind") == "maintenance" else "silence",
        matchers=said.get("matchers", "")[:LONGEST_WORDS].strip(),
        services=services,
        since=said.get("since", "")[:40] or fresh.since,
        until=said.get("until", "")[:40] or fresh.until,
        comment=said.get("comment", "")[:LONGEST_WORDS].strip(),
    )


def _fresh(reader: Reader) -> Draft:
    return Draft(since=field(reader.now, reader.zone), until=field(reader.now + USUAL, reader.zone))


async def _drafted(
    request: Request, house: House, reader: Reader, draft: Draft, status: int = 200, wrong: Text | None = None
) -> HTMLResponse:
    """The form with a draft in it, and its preview or what is wrong with it."""
    preview: list[Alike] = []
    looked = False
    if draft.matchers or draft.services:
        try:
            preview, looked = await _preview(house, _quiet(draft, "", reader), reader.now), True
        except KuaihuiError as bad:
            wrong = wrong or _told(bad)
    return page(
        request,
        "silences/new.html",
        status=status,
        draft=draft,
        preview=preview[:MOST_SHOWN],
        count=len(preview),
        looked=looked,
        wrong=wrong,
        services=house.catalog.services,
        lately=LATELY.days,
        **_told_of(preview),
    )


def _told_of(preview: list[Alike]) -> dict[str, int]:
    return {"now_firing": sum(one.firing for one in preview), "followed": sum(bool(one.incident) for one in preview)}


def _told(bad: KuaihuiError) -> Text:
    if isinstance(bad, BadMatcher):
        return text("the matchers cannot be read at character {column}: {why}", column=bad.column, why=bad.text)
    return bad.text


def _quiet(draft: Draft, author: str, reader: Reader) -> Quiet:
    """The silence or window that a draft stands for. Raises Refused or BadMatcher."""
    since, until = moment(draft.since, reader.zone), moment(draft.until, reader.zone)
    if until - since > LONGEST:
        raise Refused(text("at most {days} days: what is to be quiet for longer belongs into the alert's own rule", days=LONGEST.days))
    name = new_id()[:8]
    if draft.kind == "maintenance":
        if not draft.services:
            raise Refused(text("choose at least one service"))
        return Maintenance(f"m-{name}", draft.services, draft.comment.strip(), author, since, until)
    check_matchers(draft.matchers)
    return Silence(f"s-{name}", draft.matchers.strip(), draft.comment.strip(), author, since, until)


async def _preview(house: House, quiet: Quiet, now: datetime) -> list[Alike]:
    """What it would hide: the alerts that fire now first, then those heard lately."""
    known: dict[str, Alike] = {}
    for trace in await heard_lately(house.journal, now - LATELY):
        if trace.labels and trace.verdict != "refused":
            known.setdefault(trace.key, Alike(trace.key, trace.labels, False, "", trace.last or trace.at))
    for key, entry in house.reception.register.alerts.items():
        if entry.firing:
            known[key] = Alike(key, entry.alert.labels, True, entry.incident, entry.changed)
    for key, held in house.reception.hush.held.items():
        known[key] = Alike(key, held.ringing.alert.labels, True, "", held.last)
    hidden = would_hide(quiet, [(one.labels, house.catalog.service_for(one.labels).service.id) for one in known.values()])
    fitting = [one for one, hides in zip(known.values(), hidden, strict=True) if hides]
    return sorted(fitting, key=lambda one: (not one.firing, -one.last.timestamp(), one.key))


@silences_page.post("/silences")
async def make(request: Request, house: InHouse, reader: Reads, person: Somebody) -> Response:
    """It stands from now on; what is wrong with it is told above the form, with everything still in it."""
    draft = _draft(await request.form(), house, reader)
    try:
        quiet = _quiet(draft, person, reader)
        check_span(quiet.since, quiet.until, reader.now, quiet.comment)
    except KuaihuiError as bad:
        return await _drafted(request, house, reader, draft, 409, _told(bad))
    await house.journal.stand(kept(quiet, reader.now))
    await house.reception.read_silences()
    return RedirectResponse(f"/silences/{quiet.id}", 303)


@silences_page.get("/silences/{id}")
async def silence(request: Request, house: InHouse, reader: Reads, _: Anybody, id: str) -> HTMLResponse:
    """One silence or window, and everything it hid."""
    known = {note.id: note for kind in KINDS for note in await house.journal.standing(kind)}
    note = known.get(id)
    if note is None:
        raise NotFound(text("there is no silence {id}", id=id[:40]))
    await house.journal.note(house.reception.hush.traces(repeats=True))
    traces = await house.journal.traces_of(id)
    return page(
        request,
        "silences/one.html",
        note=note,
        quiet=quiet_of(note),
        hid=_hid(traces),
        matchers=_matchers(quiet_of(note)),
        held={key for key, held in house.reception.hush.held.items() if held.hidden.rule == id},
        until=field(reader.now + USUAL, reader.zone),
    )


def _matchers(quiet: Quiet) -> tuple[Matcher, ...]:
    return quiet.parsed if isinstance(quiet, Silence) else ()


def _hid(traces: list[Trace]) -> list[tuple[Trace, str]]:
    """What was hidden, and what became of it."""
    after = {trace.key: trace.verdict for trace in reversed(traces) if trace.verdict not in ("silenced", "inhibited")}
    return [(trace, after.get(trace.key, "")) for trace in traces if trace.verdict in ("silenced", "inhibited")]


@silences_page.post("/silences/{id}/end")
async def end(house: InHouse, person: Somebody, id: str) -> Response:
    """It is over now; what still rings is heard at once."""
    if not await house.journal.end(id, house.clock.now(), person):
        raise Refused(text("it is over already"))
    await house.reception.read_silences()
    await house.reception.turn()
    return RedirectResponse(f"/silences/{id}", 303)
