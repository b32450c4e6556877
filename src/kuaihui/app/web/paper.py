"""The incident's document: read, written section by section, printed, taken along, and who wrote what."""

from __future__ import annotations

import asyncio
from difflib import unified_diff
from functools import cache
from typing import Annotated

import msgspec
from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from markdown_it import MarkdownIt
from markupsafe import Markup

from kuaihui.app.review_pdf import review_pdf
from kuaihui.app.web.acting import act
from kuaihui.app.web.asking import Anybody, Here, InHouse, NotFound, Somebody
from kuaihui.app.web.drawing import page
from kuaihui.app.web.topic import reactions
from kuaihui.app.wiring import House
from kuaihui.briefing.document import Edit, Paper, Written
from kuaihui.incident.timeline import Timeline
from kuaihui.intake import signals
from kuaihui.language import text

paper = APIRouter(include_in_schema=False)


@cache
def markdown() -> MarkdownIt:
    """Markdown as people write it; HTML in it stays text, and a link leads nowhere but to http, https or mail."""
    return MarkdownIt("commonmark", {"html": False, "breaks": True}).enable(["table", "strikethrough"])


def rendered(words: str) -> Markup:
    """Markdown as HTML; the empty corner of a table is a cell and no heading, so that nobody is read an empty one."""
    return Markup(markdown().render(words).replace("<th></th>", "<td></td>"))  # noqa: S704  # rendered with HTML off


class Shown(msgspec.Struct):
    """A section as the page shows it."""

    written: Written
    html: Markup


class Changed(msgspec.Struct):
    """An edit as the history shows it: each line with a sign, "+", "-" or " "."""

    edit: Edit
    lines: list[str]


def _made(house: House, timeline: Timeline) -> Paper:
    made = Paper(timeline, house.catalog)
    if not made.template:
        raise NotFound(text("the document is not there yet"))
    return made


def _shown(made: Paper) -> list[Shown]:
    return [Shown(one, rendered(one.words)) for one in made.sections()]


@paper.get("/incidents/{incident}/document")
async def document(request: Request, house: InHouse, person: Anybody, timeline: Here) -> HTMLResponse:
    """The document as it stands; whoever opens it has read it."""
    if person and "prefetch" not in request.headers.get("sec-purpose", ""):
        await act(house, timeline.incident, signals.Visit(person=person, place="document"))
        timeline = await house.loop.timeline(timeline.incident)
    made = _made(house, timeline)
    liked = reactions(timeline).get("document", [])
    return page(request, "document.html", sections=_shown(made), paper=made, incident=timeline.incident, length=len(timeline), liked=liked)


@paper.get("/incidents/{incident}/document/sections")
async def sections(request: Request, house: InHouse, _: Anybody, timeline: Here) -> HTMLResponse:
    """What stands in each section now, for a page that stands: what somebody is writing there is left alone."""
    return page(request, "document/bodies.html", sections=_shown(_made(house, timeline)))


@paper.post("/incidents/{incident}/document")
async def write(
    house: InHouse,
    person: Somebody,
    timeline: Here,
    section: Annotated[str, Form(max_length=100)],
    words: Annotated[str, Form(max_length=100_000)] = "",
    base: Annotated[str, Form(max_length=100)] = "",
) -> Response:
    """Write a section; what others wrote meanwhile is kept."""
    made = _made(house, timeline)
    if not made.has(section):
        raise NotFound(text("the document has no section {section}", section=section))
    words = words.replace("\r\n", "\n").rstrip()
    if next(one.words for one in made.sections() if one.id == section).rstrip() != words:
        await act(house, timeline.incident, signals.EditDocument(person=person, section=section, words=words, base=base))
    return RedirectResponse(f"/incidents/{timeline.incident}/document#s-{section}", 303)


@paper.get("/incidents/{incident}/document/history")
async def history(request: Request, house: InHouse, _: Anybody, timeline: Here) -> HTMLResponse:
    """Who wrote what, and when."""
    made = _made(house, timeline)
    edits = [Changed(one, _difference(one)) for one in made.history()]
    return page(request, "document/history.html", edits=edits, paper=made, incident=timeline.incident)


def _difference(edit: Edit) -> list[str]:
    _, _, *lines = [*unified_diff(edit.before.splitlines(), edit.after.splitlines(), lineterm="", n=1)] or ("", "")  # without its heads
    return [f"{line[0]} {line[1:]}" for line in lines if not line.startswith("@@")]


@paper.get("/incidents/{incident}/document.md")
async def export(house: InHouse, _: Anybody, timeline: Here) -> Response:
    """The document as Markdown, to be taken along."""
    headers = {"Content-Disposition": f'attachment; filename="{timeline.incident}.md"'}
    return Response(_made(house, timeline).markdown(), media_type="text/markdown; charset=utf-8", headers=headers)


@paper.get("/incidents/{incident}/document.pdf")
async def printed(house: InHouse, _: Anybody, timeline: Here) -> Response:
    """The document as PDF, to be taken along."""
    made = _made(house, timeline)
    headers = {"Content-Disposition": f'attachment; filename="{timeline.incident}.pdf"'}
    return Response(await asyncio.to_thread(review_pdf, made.title, made.markdown()), media_type="application/pdf", headers=headers)
