"""Search over everything that was ever said or happened, in both languages."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import msgspec
from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from markupsafe import Markup, escape

from kuaihui.app.indexing import catch_up
from kuaihui.app.web.asking import Anybody, InHouse, Reads
from kuaihui.app.web.drawing import page
from kuaihui.app.web.views import Reader
from kuaihui.app.wiring import House
from kuaihui.incident.pages import Answered, Ordered
from kuaihui.incident.phases import Phase
from kuaihui.journal.journal import Summary
from kuaihui.journal.words import Hit, terms
from kuaihui.language import Text

search_page = APIRouter(include_in_schema=False)
MOST: Final = 30
# Lines that are shown of one incident.
LINES: Final = 4
# A line is shown around the first word found in it.
AROUND: Final = 120


class Line(msgspec.Struct):
    """One fact in which a word was found."""

    number: int
    at: datetime
    html: Markup


class Found(msgspec.Struct):
    """One incident in which all words were found."""

    summary: Summary
    phase_said: Text
    lines: list[Line]
    more: int


@search_page.get("/search")
async def search(request: Request, house: InHouse, reader: Reads, _: Anybody, words: str = "") -> HTMLResponse:
    """The incidents in which all these words were found, the one that changed last first."""
    wanted = " ".join(words.split())[:200]
    hits = await _hits(house, wanted) if wanted else []
    found = [one for hit in hits if (one := await _found(house, hit, wanted, reader))]
    return page(request, "search/search.html", words=wanted, found=found, most=MOST, looked=bool(terms(wanted)))


async def _hits(house: House, wanted: str) -> list[Hit]:
    # What was said a moment ago is found too.
    await catch_up(house.journal, house.catalog)
    return await house.journal.search(wanted, MOST)


async def _found(house: House, hit: Hit, wanted: str, reader: Reader) -> Found | None:
    summary, timeline = await house.journal.summary(hit.incident), await house.loop.timeline(hit.incident)
    if summary is None:
        return None
    facts = [(number, timeline.facts[number]) for number in hit.numbers if number < len(timeline)]
    # What happened says more than the orders that led to it.
    facts.sort(key=lambda one: isinstance(one[1], Ordered | Answered))
    lines = [Line(number, fact.at, marked(reader.said(fact.said), wanted)) for number, fact in facts]
    # A word may stand in an alert's labels, or in the other language: such a line shows none, and comes last.
    lines.sort(key=lambda line: "<mark>" not in line.html)
    shown = sorted(lines[:LINES], key=lambda line: line.number)
    return Found(summary, Phase(summary.phase).said, shown, len(lines) - len(shown))


def marked(said: str, wanted: str) -> Markup:
    """A line, escaped, shortened around the first word found, with every word that was found marked."""
    words = sorted({word.lower() for word in wanted.split()} | {term.token for term in terms(wanted)}, key=len, reverse=True)
    line = " ".join(said.split())
    lower = line.lower()
    first = min((at for word in words if (at := lower.find(word)) >= 0), default=0)
    begin = max(0, first - AROUND // 3)
    shown = ("…" if begin else "") + line[begin : begin + AROUND] + ("…" if begin + AROUND < len(line) else "")
    return _mark(shown, words)


def _mark(shown: str, words: list[str]) -> Markup:
    lower, at, parts = shown.lower(), 0, list[Markup]()
    while at < len(shown):
        word = next((word for word in words if word and lower.startswith(word, at)), "")
        if not word:
            following = min((found for one in words if one and (found := lower.find(one, at)) >= 0), default=len(shown))
            parts.append(escape(shown[at:following]))
            at = following
        else:
            parts.append(Markup("<mark>{}</mark>").format(shown[at : at + len(word)]))
            at += len(word)
    return Markup("").join(parts)
