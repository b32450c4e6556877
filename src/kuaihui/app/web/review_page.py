"""The review: read, written, taken along as Markdown, PDF or JSON with the hash chain; and the API of what is open, and of suggestions."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Annotated, Any, Literal
from urllib.parse import quote

import msgspec
from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from pydantic import BaseModel

from kuaihui.app.review_pdf import review_pdf
from kuaihui.app.suggestions import suggestions
from kuaihui.app.web.acting import act
from kuaihui.app.web.asking import Anybody, Here, InHouse, NotFound, Reads, Somebody
from kuaihui.app.web.drawing import page
from kuaihui.app.web.paper import Rewritten, Shown, rendered, rewrite
from kuaihui.app.wiring import House
from kuaihui.briefing.document import Paper
from kuaihui.briefing.review_template import REVIEW
from kuaihui.incident.learning import ReviewDrafted, ReviewFinished
from kuaihui.incident.open_tasks import open_tasks
from kuaihui.incident.timeline import Timeline
from kuaihui.intake import signals
from kuaihui.intake.phrasebook import people_by_name
from kuaihui.journal.export import export
from kuaihui.language import text

review = APIRouter(include_in_schema=False)
learned_api = APIRouter(prefix="/api/v1", tags=["learning"])


def _made(house: House, timeline: Timeline) -> Paper:
    if not timeline.has(ReviewDrafted):
        raise NotFound(text("the review is not there yet: it is drafted when the incident is closed"))
    return Paper(timeline, house.catalog, REVIEW)


@review.get("/incidents/{incident}/review")
async def read(request: Request, house: InHouse, _: Anybody, timeline: Here) -> HTMLResponse:
    """The review as it stands."""
    made = _made(house, timeline)
    shown = [Shown(one, rendered(one.words)) for one in made.sections()]
    finished = timeline.last(ReviewFinished)
    return page(request, "review.html", sections=shown, paper=made, incident=timeline.incident, finished=finished)


@review.post("/incidents/{incident}/review")
async def write(house: InHouse, person: Somebody, timeline: Here, sent: Annotated[Rewritten, Form()]) -> Response:
    """Write a section; what others wrote meanwhile is kept."""
    deed = signals.EditDocument(person=person, document=REVIEW, **sent.model_dump())
    await rewrite(house, timeline, _made(house, timeline), deed)
    return RedirectResponse(f"/incidents/{timeline.incident}/review#s-{sent.section}", 303)


@review.post("/incidents/{incident}/review/finish")
async def finish(house: InHouse, person: Somebody, timeline: Here) -> Response:
    """The review is held and written."""
    await act(house, timeline.incident, signals.FinishReview(person=person))
    return RedirectResponse(f"/incidents/{timeline.incident}/review", 303)


@learned_api.get("/incidents/{incident}/review", response_class=Response)
async def exported(house: InHouse, _: Anybody, timeline: Here, format: Literal["md", "pdf", "json"] = "md") -> Response:
    """The review as Markdown, as PDF, or as JSON: its sections, and the incident's facts with their hash chain."""
    made = _made(house, timeline)
    match format:
        case "md":
            body, media = made.markdown().encode(), "text/markdown; charset=utf-8"
        case "pdf":
            body, media = await asyncio.to_thread(review_pdf, made.title, made.markdown()), "application/pdf"
        case "json":
            body, media = await _json(house, timeline, made), "application/json"
    name = quote(f"{made.title}.{format}")
    headers = {"Content-Disposition": f"attachment; filename=\"{timeline.incident}.{format}\"; filename*=UTF-8''{name}"}
    return Response(body, media_type=media, headers=headers)


async def _json(house: House, timeline: Timeline, made: Paper) -> bytes:
    told: dict[str, Any] = {  # Any: JSON as it is written
        "incident": timeline.incident,
        "title": made.title,
        "sections": [{"id": one.id, "name": one.name, "markdown": one.words} for one in made.sections()],
        # As `kuaihui export` writes it: `kuaihui verify --file` takes this part.
        "export": msgspec.Raw(await export(house.journal, timeline.incident)),
    }
    return msgspec.json.format(msgspec.json.encode(told), indent=1)


# -- what is open ------------------------------------------------------------------------------------------------------------------------


class OpenTask(BaseModel):
    """A task that is not done."""

    incident: str
    task: str
    title: str
    owner: str
    owner_name: str
    due: datetime | None
    due_local: str
    overdue: bool
    reminded: int


class OpenTasks(BaseModel):
    """Tasks, the soonest due first."""

    tasks: list[OpenTask]


@learned_api.get("/tasks")
async def tasks(house: InHouse, reader: Reads, _: Anybody, person: str = "") -> OpenTasks:
    """Every task that is not done, of the newest thousand incidents; of one person where they are named (by id or name)."""
    if person and person not in house.catalog.people:
        wanted, person = person, people_by_name(house.catalog).get(person, "")
        if not person:
            raise NotFound(text("{person} is not in the catalog's people", person=wanted))
    found: list[OpenTask] = []
    for summary in await house.journal.summaries(limit=1000):
        for task in open_tasks(await house.loop.timeline(summary.incident)):
            if person in ("", task.owner):
                local = f"{task.due.astimezone(reader.zone):%Y-%m-%d %H:%M}" if task.due else ""
                found.append(
                    OpenTask(
                        incident=summary.incident,
                        task=task.id,
                        title=reader.said(task.title),
                        owner=task.owner,
                        owner_name=reader.name(task.owner),
                        due=task.due,
                        due_local=local,
                        overdue=bool(task.due and task.due < reader.now),
                        reminded=task.reminded,
                    )
                )
    far = reader.now.replace(year=9999)
    return OpenTasks(tasks=sorted(found, key=lambda one: one.due or far))


class SuggestionShown(BaseModel):
    """A suggestion for a rota."""

    id: str
    rota: str
    person: str
    kind: str
    reason: str
    suggestion: str
    incident: str
    at: datetime


class Suggestions(BaseModel):
    """Suggestions that nobody has dealt with, the newest first."""

    suggestions: list[SuggestionShown]


@learned_api.get("/suggestions")
async def suggested(house: InHouse, reader: Reads, _: Anybody, rota: str = "") -> Suggestions:
    """What incidents have shown about reaching people."""
    found = await suggestions(house.journal, house.clock.now(), rota)
    return Suggestions(
        suggestions=[
            SuggestionShown(
                id=one.id,
                rota=one.rota,
                person=one.person,
                kind=one.kind,
                reason=reader.said(one.reason),
                suggestion=reader.said(one.suggestion),
                incident=one.incident,
                at=one.at,
            )
            for one in found
        ]
    )


class Ended(BaseModel):
    """Whether it stood until now."""

    ended: bool


@learned_api.post("/suggestions/{suggestion}/end")
async def end(house: InHouse, person: Somebody, suggestion: str) -> Ended:
    """Somebody has dealt with it."""
    return Ended(ended=await house.journal.end(suggestion, house.clock.now(), person))
