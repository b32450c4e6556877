"""My page: what wants me now, my tasks, when I am on call, whether I can be got, which roles are mine."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

import msgspec
from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from kuaihui.app.web.asking import InHouse, Reads, Somebody
from kuaihui.app.web.drawing import page
from kuaihui.app.wiring import House
from kuaihui.briefing.readiness import gaps
from kuaihui.briefing.receipts import Receipt, receipts
from kuaihui.incident.holders import parts
from kuaihui.incident.open_tasks import Task, open_tasks
from kuaihui.incident.phases import Phase

mine = APIRouter(include_in_schema=False)
# How far ahead one's shifts are told.
AHEAD: Final = timedelta(days=28)
# Tasks of incidents in which nothing happened for longer than this are found by searching.
BEHIND: Final = timedelta(days=180)
MOST_INCIDENTS: Final = 200


class Calling(msgspec.Struct):
    """One open incident that has to do with me: what was sent to me and is not done, and my roles in it."""

    incident: str
    title: str
    severity: int
    phase: Phase
    waiting: list[Receipt]
    holds: list[str]
    asked: list[str]


class Errand(msgspec.Struct):
    """A task of mine in some incident that may be closed by now."""

    incident: str
    title: str
    task: Task


class Turn(msgspec.Struct):
    """A time that I am on call without a break."""

    rota: str
    since: datetime
    until: datetime
    now: bool


@mine.get("/me")
async def me(request: Request, house: InHouse, reader: Reads, person: Somebody) -> HTMLResponse:
    """Everything that is mine."""
    return page(
        request,
        "me.html",
        calls=await _calls(house, person),
        errands=await _errands(house, person, reader.now),
        turns=_turns(house, person, reader.now),
        gaps=gaps(house.catalog, person),
        who=house.catalog.people[person],
    )


async def _calls(house: House, person: str) -> list[Calling]:
    found: list[Calling] = []
    for summary in await house.journal.summaries(open_only=True):
        timeline = await house.loop.timeline(summary.incident)
        mine = [one for one in receipts(timeline) if one.person == person and one.sent]
        waiting = [one for one in mine if not one.read or (one.kind == "Page" and not one.acknowledged and timeline.phase is Phase.OPEN)]
        known = parts(timeline).values()
        holds, asked = [part.role for part in known if part.holder == person], [part.role for part in known if part.asked == person]
        if mine or holds or asked:
            found.append(Calling(summary.incident, summary.title, summary.severity, timeline.phase, waiting[::-1], holds, asked))
    return sorted(found, key=lambda one: (not one.waiting, one.severity))


async def _errands(house: House, person: str, now: datetime) -> list[Errand]:
    """My open tasks, the soonest due first."""
    known = [one for one in await house.journal.summaries(limit=MOST_INCIDENTS) if now - one.changed < BEHIND]
    timelines = [(one, await house.loop.timeline(one.incident)) for one in known]
    found = [Errand(one.incident, one.title, task) for one, timeline in timelines for task in open_tasks(timeline) if task.owner == person]
    return sorted(found, key=lambda one: (one.task.due is None, one.task.due or one.task.made))


def _turns(house: House, person: str, now: datetime) -> list[Turn]:
    turns: list[Turn] = []
    for rota in house.catalog.rotas:
        for shift in house.catalog.shifts(rota, now, now + AHEAD):
            if person not in shift.people:
                continue
            if turns and turns[-1].rota == rota and turns[-1].until == shift.since:
                turns[-1].until = shift.until
            else:
                turns.append(Turn(rota, shift.since, shift.until, shift.since <= now))
    return sorted(turns, key=lambda turn: turn.since)
