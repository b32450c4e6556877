"""
A drill on real parts, as it happens: the stage, a house of its own that looks at it, its pages, and the cast.

Rule 1: the house of a drill has a journal of its own, so that nothing of it is ever counted among what really happened.
Rule 2: everything that was started is ended, in reverse, also when the drill breaks off.
"""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
from collections.abc import AsyncGenerator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Final

import uvicorn
from fastapi import FastAPI

from kuaihui.app.commands.house import listening
from kuaihui.app.drill.act import Ended, Wanted, finish
from kuaihui.app.drill.actor import at_the_doors
from kuaihui.app.drill.compress import compress
from kuaihui.app.drill.director import Director
from kuaihui.app.drill.ending import pages_of
from kuaihui.app.drill.parts import Parts
from kuaihui.app.drill.sources import stage_hooks, stage_settings
from kuaihui.app.drill.stage.processes import StageFailed
from kuaihui.app.drill.stage.stage import Stage
from kuaihui.app.drill.virtual import drill_catalog
from kuaihui.app.settings_sections import Server
from kuaihui.app.web.app import create_app
from kuaihui.app.wiring import House, house, start
from kuaihui.incident.phases import Phase
from kuaihui.incident.timeline import Timeline
from kuaihui.language import Text, plain, text
from kuaihui.language.joining import strung

PHYSICS: Final = 120.0  # seconds that releases, traffic and metrics may take beside people's waiting, which alone is compressed
LOOK: Final = 0.25  # seconds between two looks at what is new
AFTER: Final = 2.0  # seconds behind the closing, for what is said last


@dataclass
class Live:
    """A drill that is being acted on real parts."""

    wanted: Wanted
    built: House
    app: FastAPI
    parts: Parts
    director: Director
    address: str
    seen: Timeline = field(default_factory=lambda: Timeline(""))  # the incident as it was last looked at

    async def act(self, watch: Callable[[Live], None] | None = None) -> Timeline:
        """Act until it is over, or the drill's longest time has passed. Returns the incident's timeline."""
        loop = asyncio.get_running_loop()
        end = loop.time() + PHYSICS + self.wanted.script.longest.total_seconds() / self.wanted.speed
        self.parts.begin()
        while loop.time() < end and not await self._over():
            await self.director.look()
            await self.director.act(self.built.clock.now())
            self.seen = await self.timeline()
            if watch:
                watch(self)
            await asyncio.sleep(LOOK)
        return await self.timeline()

    async def timeline(self) -> Timeline:
        """The drill's incident; empty before there is one."""
        return await self.built.loop.timeline(self.director.incident)

    async def _over(self) -> bool:
        timeline = await self.timeline()
        if not len(timeline) or timeline.phase is not Phase.CLOSED:
            return False
        quiet = self.built.clock.now() - timeline.facts[-1].at
        return quiet >= timedelta(seconds=AFTER) and self.director.next_event() is None


@asynccontextmanager
async def acting_live(wanted: Wanted, say: Callable[[Text], None] | None = None) -> AsyncGenerator[Live]:
    """A drill at its beginning, on real parts, its pages up. Raises StageFailed where a part does not come up."""
    tell = say or _unheard
    if wanted.speed > wanted.script.fastest:
        tell(text("Acted at speed {speed}: any faster, people would outrun what happens", speed=wanted.script.fastest))
        wanted = replace(wanted, speed=wanted.script.fastest)
    async with AsyncExitStack() as opened:
        folder = Path(opened.enter_context(tempfile.TemporaryDirectory(prefix="kuaihui-drill-")))
        catalog = drill_catalog(wanted.script, wanted.catalog, folder / "catalog", wanted.language)
        compress(catalog, wanted.speed)
        listener = opened.enter_context(listening(Server(port=wanted.port), "--port"))
        server = Server(port=listener.getsockname()[1])
        stage = await opened.enter_async_context(
            Stage(
                wanted.script.described,
                folder=folder / "stage",
                seed=wanted.seed,
                say=tell,
                hooks=stage_hooks(server),
                own_parts=wanted.own_parts,
                language=wanted.language,
            )
        )
        settings = stage_settings(stage.addresses, catalog, server, journal=f"sqlite:///{folder / 'journal.db'}", language=wanted.language)
        built = await opened.enter_async_context(house(settings, drill=True))
        await start(built)
        app = create_app(built)
        await opened.enter_async_context(_served(app, listener))
        http = await opened.enter_async_context(at_the_doors(server.reached_at))
        parts = Parts(stage, wanted.script, wanted.speed, tell)
        opened.push_async_callback(parts.end)
        director = Director(
            wanted.script, built.catalog, parts, http, seed=wanted.seed, speed=wanted.speed, language=wanted.language, say=tell
        )
        for person in wanted.played:
            director.take_part(person)
        app.state.director, app.state.reports = director, wanted.reports
        tell(text("The drill's pages: {address}", address=server.reached_at))
        yield Live(wanted, built, app, parts, director, server.reached_at)


@asynccontextmanager
async def _served(app: FastAPI, listener: object) -> AsyncGenerator[None]:
    """The pages and doors, as long as the block lasts."""
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False, lifespan="off", timeout_graceful_shutdown=1))
    serving = asyncio.create_task(server.serve(sockets=[listener]))  # type: ignore[list-item]  # a socket, as uvicorn wants it
    while not server.started and not serving.done():  # noqa: ASYNC110  # uvicorn tells it by no event
        await asyncio.sleep(0.02)
    try:
        yield
    finally:
        await app.state.watchers.close()
        server.should_exit = server.force_exit = True
        with contextlib.suppress(asyncio.CancelledError):
            await serving


async def act_live(
    wanted: Wanted, told: Callable[[str], None], say: Callable[[Text], None], watch: Callable[[Live], None], *, stay: bool = False
) -> Ended:
    """
    Act a drill on real parts, keep its report, and tell it as Markdown; with `stay` the pages stay up until it is ended.

    Raises StageFailed where nothing of it was heard.
    """
    async with acting_live(wanted, say) as live:
        timeline = await live.act(watch)
        if not len(timeline):
            lost = [plain(part) for part in live.parts.stage.lost()] or [text("every part stands")]
            raise StageFailed(text("no alert of the drill was heard: {lost}", lost=strung(lost)))
        ended = finish(wanted, timeline, live.built.catalog, live.parts.what_is_real, await pages_of(live.built))
        told(ended.markdown)
        if stay:
            say(text("The pages stay up at {address}; Ctrl-C ends the drill.", address=live.address))
            await asyncio.Event().wait()
        return ended


def _unheard(words: Text) -> None:
    """Nobody asked to be told."""
