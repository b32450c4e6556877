"""The pages that are looked at: board, incident, its timeline, its meeting."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from kuaihui.app.web.acting import act
from kuaihui.app.web.asking import Anybody, Here, InHouse, Reads
from kuaihui.app.web.board import Boards, Wanted
from kuaihui.app.web.drawing import page
from kuaihui.app.web.screen import FACTS_AT_ONCE, MESSAGES_AT_ONCE, Screens, facts_html, screen, topic_html
from kuaihui.app.web.topic import first_of_last, linked
from kuaihui.app.wiring import House
from kuaihui.briefing.absence import missed
from kuaihui.briefing.catch_up import catch_up
from kuaihui.duties.catch_up_the_late import UNDER_WAY
from kuaihui.incident.phases import Phase
from kuaihui.incident.room import MeetingOpened, MessagePosted
from kuaihui.incident.timeline import Timeline
from kuaihui.intake import signals
from kuaihui.intake.phrasebook import SHEET

pages = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
Before = Annotated[int, Query(ge=0, le=10_000_000)]


@pages.get("/")
async def board(request: Request, house: InHouse, reader: Reads, _: Anybody) -> HTMLResponse:
    """Every incident at a glance."""
    boards: Boards = request.app.state.boards
    wanted = Wanted.of(request.query_params)
    rows = await boards.html(wanted, reader)
    services = {service: reader.name(f"service:{service}") for service in house.catalog.services}
    return page(request, "board.html", rows=rows, wanted=wanted, services=services, query=request.url.query, faults=house.faults)


@pages.get("/incidents/{incident}")
async def incident(
    request: Request, house: InHouse, reader: Reads, person: Anybody, timeline: Here, reply: Annotated[str, Query(max_length=200)] = ""
) -> HTMLResponse:
    """One incident: what is broken, who is on it, what comes next; `reply` is the message that is answered, where no script keeps it."""
    lost = missed(timeline, person, reader.now) if person else None
    briefed = linked(reader.said(catch_up(timeline, house.catalog, person, reader.now)), reader) if _new_here(timeline, person) else ""
    timeline = await _opened(house, timeline, person, request)
    screens: Screens = request.app.state.screens
    shown = await screens.of(timeline, reader)
    length = len(timeline)
    first_fact, first_message = max(0, length - FACTS_AT_ONCE), first_of_last(timeline, MESSAGES_AT_ONCE)
    return page(
        request,
        "incident.html",
        s=shown.screen,
        parts=shown.parts,
        mine=shown.mine(person),
        missed=lost,
        briefed=briefed,
        answered=next((fact for fact in timeline.all(MessagePosted) if fact.message == reply), None) if reply else None,
        facts=shown.facts(first_fact, length),
        first_fact=first_fact,
        topic=shown.topic(first_message),
        first_message=first_message,
        catalog=house.catalog,
        sheet=SHEET,
        over=timeline.phase is Phase.CLOSED,
    )


def _new_here(timeline: Timeline, person: str) -> bool:
    """Whether somebody comes late to what others have been at for a while."""
    begun = timeline.facts[-1].at - timeline.opened.at > UNDER_WAY and timeline.phase is not Phase.CLOSED
    return bool(person) and begun and all(fact.by != person for fact in timeline.facts)


async def _opened(house: House, timeline: Timeline, person: str, request: Request) -> Timeline:
    """Whoever opens the page has read what was sent to them; a browser that only looks ahead has not."""
    if not person or "prefetch" in request.headers.get("sec-purpose", ""):
        return timeline
    await act(house, timeline.incident, signals.Visit(person=person))
    return await house.loop.timeline(timeline.incident)


@pages.get("/incidents/{incident}/facts")
async def older_facts(request: Request, reader: Reads, _: Anybody, timeline: Here, before: Before) -> HTMLResponse:
    """Older facts; to a page that stands only what is put behind it."""
    until = min(before, len(timeline))
    first = max(0, until - 200)
    facts = facts_html(timeline, reader, first, until)
    name = "incident/older_facts.html" if "hx-request" in request.headers else "older.html"
    return page(request, name, facts=facts, topic="", first_fact=first, first_message=0, incident=timeline.incident)


@pages.get("/incidents/{incident}/messages")
async def older_messages(request: Request, house: InHouse, reader: Reads, _: Anybody, timeline: Here, before: Before) -> HTMLResponse:
    """Older messages; to a page that stands only what is put before it."""
    first = first_of_last(timeline, 100, before)
    topic = topic_html(house, timeline, reader, first, before)
    name = "incident/older_messages.html" if "hx-request" in request.headers else "older.html"
    return page(request, name, topic=topic, facts="", first_message=first, first_fact=0, incident=timeline.incident)


@pages.get("/incidents/{incident}/meeting")
async def meeting(request: Request, house: InHouse, reader: Reads, _: Anybody, timeline: Here) -> HTMLResponse:
    """The meeting: who is in, who was asked and is not, and where it is held."""
    shown = await screen(house, timeline, reader)
    here = request.url.path
    opened = timeline.last(MeetingOpened)
    elsewhere = opened.link if opened and opened.link.startswith(("http://", "https://")) and not opened.link.endswith(here) else ""
    return page(request, "meeting.html", s=shown, elsewhere=elsewhere)
