"""The incident's document: read, written section by section, printed, taken along, and who wrote what."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from difflib import unified_diff
from functools import cache
from typing import Annotated

import msgspec
from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.token import Token
from markupsafe import Markup
from pydantic import BaseModel, Field

from kuaihui.app.review_pdf import review_pdf
from kuaihui.app.web.acting import act
from kuaihui.app.web.asking import Anybody, Here, InHouse, NotFound, Somebody
from kuaihui.app.web.drawing import page
from kuaihui.app.web.topic import ADDRESS, reactions
from kuaihui.app.wiring import House
from kuaihui.briefing.document import Edit, Paper, Written
from kuaihui.incident.timeline import Timeline
from kuaihui.intake import signals
from kuaihui.language import text

paper = APIRouter(include_in_schema=False)


@cache
def markdown() -> MarkdownIt:
    """Markdown as people write it; HTML in it stays text, and a link leads nowhere but to http, https or mail."""
    made = MarkdownIt("commonmark", {"html": False, "breaks": True}).enable(["table", "strikethrough"])
    made.core.ruler.push("addresses", _addresses)
    return made


def _addresses(state: StateCore) -> None:
    """Addresses that stand in the words by themselves are links, too."""
    for token in state.tokens:
        if "://" in token.content and token.children:
            token.children = list(_with_links(token.children))


def _with_links(tokens: list[Token]) -> Iterator[Token]:
    inside = 0
    for token in tokens:
        inside += (token.type == "link_open") - (token.type == "link_close")
        if inside or token.type != "text":
            yield token
            continue
        done = 0
        for found in ADDRESS.finditer(token.content):
            yield Token("text", "", 0, content=token.content[done : found.start()])
            yield Token("link_open", "a", 1, attrs={"href": found[0]})
            yield Token("text", "", 0, content=found[0])
            yield Token("link_close", "a", -1)
            done = found.end()
        yield Token("text", "", 0, content=token.content[done:])


def rendered(words: str) -> Markup:
    """Markdown as HTML; the empty corner of a table is a cell and no heading, so that nobody is read an empty one."""
    return Markup(markdown().render(words).replace("<th></th>", "<td></td>"))  # noqa: S704  # rendered with HTML off


class Shown(msgspec.Struct):
    """A section as the page shows it."""

    written: Written
    html: Markup


class Rewritten(BaseModel):
    """A section as somebody sends it, who began from the text with the hash `base`."""

    section: str = Field(max_length=100)
    words: str = Field(default="", max_length=100_000)
    base: str = Field(default="", max_length=100)


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
async def write(house: InHouse, person: Somebody, timeline: Here, sent: Annotated[Rewritten, Form()]) -> Response:
    """Write a section; what others wrote meanwhile is kept."""
    await rewrite(house, timeline, _made(house, timeline), signals.EditDocument(person=person, **sent.model_dump()))
    return RedirectResponse(f"/incidents/{timeline.incident}/document#s-{sent.section}", 303)


async def rewrite(house: House, timeline: Timeline, made: Paper, deed: signals.EditDocument) -> None:
    """Have a section say these words, where it does not say them yet. Raises NotFound where there is no such section."""
    if not made.has(deed.section):
        raise NotFound(text("the document has no section {section}", section=deed.section))
    words = deed.words.replace("\r\n", "\n").rstrip()
    if next(one.words for one in made.sections() if one.id == deed.section).rstrip() != words:
        await act(house, timeline.incident, msgspec.structs.replace(deed, words=words))


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
