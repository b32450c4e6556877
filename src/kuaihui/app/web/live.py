"""
What is new, the moment it is: the API's streams of facts, and the pages' streams of their own parts.

Rule 1: an event's id is the number of facts that whoever listens has seen when they have seen it; coming back with it, they miss nothing.
Rule 2: a page is sent only those of its parts that changed.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable
from functools import lru_cache
from typing import Annotated, Final

from fastapi import APIRouter, Header, Query, Request
from fastapi.responses import StreamingResponse

from kuaihui.app.web.asking import Anybody, Here, InHouse, Reads, Watching
from kuaihui.app.web.board import Boards, Wanted
from kuaihui.app.web.screen import Screens
from kuaihui.app.web.stream import Watchers
from kuaihui.app.web.views import Reader, fact_shown, row
from kuaihui.app.wiring import House
from kuaihui.incident.timeline import Timeline

live = APIRouter()
STREAM: Final = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}  # the second: nginx must not hold it back
# A browser that was cut off comes back after this many milliseconds.
RETRY: Final = "retry: 1500\n\n"

Seen = Annotated[str, Header(alias="Last-Event-ID", max_length=20)]
After = Annotated[int, Query(ge=0, le=10_000_000)]


@lru_cache(maxsize=256)  # the same words go to everybody who watches
def event(name: str, data: str, id: int | None = None) -> str:
    """One server-sent event."""
    lines = "".join(f"data: {line}\n" for line in data.splitlines() or [""])
    return f"event: {name}\n" + (f"id: {id}\n" if id is not None else "") + lines + "\n"


def _stream(events: AsyncGenerator[str]) -> StreamingResponse:
    return StreamingResponse(events, media_type="text/event-stream", headers=STREAM)


def _from(seen: str, after: int) -> int:
    """Where to go on: what the browser has seen, or else what the address says."""
    return int(seen) if seen.isdecimal() else after


# -- for programs ------------------------------------------------------------------------------------------------------------------------


@live.get("/api/v1/incidents/{incident}/stream", response_class=StreamingResponse)
async def facts_live(
    house: InHouse, watchers: Watching, reader: Reads, _: Anybody, timeline: Here, after: After = 0, seen: Seen = ""
) -> StreamingResponse:
    """The incident's facts from number `after` on (or Last-Event-ID), and each new one as it happens: `event:` kind, `data:` the fact."""
    return _stream(_facts(house, watchers, reader, timeline.incident, _from(seen, after)))


async def _facts(house: House, watchers: Watchers, reader: Reader, incident: str, after: int) -> AsyncGenerator[str]:
    yield RETRY
    async for word in watchers.watch(incident):
        timeline = await house.loop.timeline(incident)
        for number in range(after, len(timeline)):
            fact = timeline.facts[number]
            yield event(type(fact).__name__, fact_shown(number, fact, reader).model_dump_json(), number + 1)
        after = max(after, len(timeline))
        if not word:
            yield ": still here\n\n"


@live.get("/api/v1/stream", response_class=StreamingResponse)
async def incidents_live(house: InHouse, watchers: Watching, reader: Reads, _: Anybody) -> StreamingResponse:
    """Every open incident's row, then each row again when it changes: `event: incident`. Whoever comes back is told all open ones anew."""
    return _stream(_rows(house, watchers, reader))


async def _rows(house: House, watchers: Watchers, reader: Reader) -> AsyncGenerator[str]:
    yield RETRY
    begun = False
    async for word in watchers.watch():
        if not begun:
            begun = True
            for summary in await house.journal.summaries(open_only=True):
                yield event("incident", row(summary, reader).model_dump_json())
        elif word and (changed := await house.journal.summary(word)):
            yield event("incident", row(changed, reader).model_dump_json())
        else:
            yield ": still here\n\n"


# -- for pages ---------------------------------------------------------------------------------------------------------------------------


@live.get("/incidents/{incident}/live", include_in_schema=False)
async def incident_live(
    request: Request, house: InHouse, watchers: Watching, reader: Reads, person: Anybody, timeline: Here, after: After = 0, seen: Seen = ""
) -> StreamingResponse:
    """The parts of an incident's page, each when it changes."""
    watched = Watched(house, request.app.state.screens, timeline.incident, person, _from(seen, after))
    return _stream(watched.events(watchers, reader))


class Watched:
    """One open page of an incident, and what it has been sent."""

    def __init__(self, house: House, screens: Screens, incident: str, person: str, after: int) -> None:
        self._house, self._screens, self._incident, self._person, self._after = house, screens, incident, person, after
        self._sent: dict[str, str] = {}

    async def events(self, watchers: Watchers, reader: Reader) -> AsyncGenerator[str]:
        """What the page is sent, for ever."""
        yield RETRY
        async for word in watchers.watch(self._incident):
            timeline = await self._house.loop.timeline(self._incident)
            reader.now = self._house.clock.now()
            if word and len(timeline) > self._after:
                for one in await self._news(timeline, reader):
                    yield one
                self._after = len(timeline)
            else:
                yield event("tick", reader.now.isoformat())

    async def _news(self, timeline: Timeline, reader: Reader) -> list[str]:
        after, length = min(self._after, len(timeline)), len(timeline)
        shown = await self._screens.of(timeline, reader)
        parts = shown.parts | {"mine": shown.mine(self._person)}
        events = [event(name, html) for name, html in parts.items() if self._sent.get(name) != html]
        self._sent = parts
        if said := shown.topic_news(after).strip():
            events.append(event("topic", said))
        # The id stands on the last event alone: what is cut off half-way is sent anew.
        return [*events, event("facts", shown.facts(after, length), length)]


@live.get("/live", include_in_schema=False)
async def board_live(request: Request, house: InHouse, watchers: Watching, reader: Reads, _: Anybody) -> StreamingResponse:
    """The board, whenever any incident changes."""
    boards: Boards = request.app.state.boards
    wanted = Wanted.of(request.query_params)
    return _stream(_board(house, watchers, reader, lambda: boards.html(wanted, reader)))


async def _board(house: House, watchers: Watchers, reader: Reader, html: Callable[[], Awaitable[str]]) -> AsyncGenerator[str]:
    yield RETRY
    sent = ""
    async for word in watchers.watch():
        reader.now = house.clock.now()
        shown = await html()
        if shown != sent:
            sent = shown
            yield event("board", shown)
        elif not word:
            yield event("tick", reader.now.isoformat())
