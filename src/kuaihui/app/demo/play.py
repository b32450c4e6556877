"""Plays the story: live, on a clock that runs faster, or in acted time in a moment."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import timedelta
from importlib.resources import as_file, files
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import httpx
import typer

from kuaihui.app.acted import pass_until
from kuaihui.app.clocks import ActedClock, SpedClock
from kuaihui.app.commands.house import listening, serve
from kuaihui.app.commands.speaking import language, tell
from kuaihui.app.demo.story import BEGINS, Moment, script
from kuaihui.app.settings import CatalogPlace, JournalPlace, Server, Settings
from kuaihui.app.web.app import create_app
from kuaihui.app.wiring import House, RealClock, house, start
from kuaihui.briefing.clocks import stamps
from kuaihui.incident.pages import Answered, Delivered, Ordered
from kuaihui.incident.phases import Phase
from kuaihui.incident.room import DocumentCreated
from kuaihui.language import say, text
from kuaihui.language.durations import show_duration

# The story's nineteen minutes in about a minute.
PACE: Final = 18.0
LONGEST: Final = timedelta(minutes=40)  # of the story, before the demo says that something is wrong


@asynccontextmanager
async def _sample() -> AsyncGenerator[Path]:
    with as_file(files("kuaihui.samples") / "config_center") as folder:
        yield folder


def _settings(folder: Path, journal: str, port: int) -> Settings:
    return Settings(catalog=CatalogPlace(folder=folder), journal=JournalPlace(url=journal), server=Server(port=port), language="zh")


async def play_fast() -> None:
    """The whole story in acted time; prints the timeline and the figures."""
    async with _sample() as folder, house(_settings(folder, "memory:", 8466), ActedClock(BEGINS)) as built:
        clock = built.clock
        assert isinstance(clock, ActedClock)
        async with httpx.AsyncClient(transport=httpx.ASGITransport(create_app(built)), base_url=built.settings.server.reached_at) as http:
            for moment in script(http):
                await pass_until(built.loop, built.reception, clock, BEGINS + moment.after)
                await moment.happens(await _incident(built), clock.now())
            await pass_until(built.loop, built.reception, clock, clock.now() + LONGEST)
        await report(built)


async def play_live(port: int, journal: Path) -> None:
    """The story on a fast clock, live on the pages; then the pages stay up until Ctrl-C."""
    async with _sample() as folder:
        settings = _settings(folder, f"sqlite:///{journal}", port)
        listener = listening(settings.server)
        clock = SpedClock(BEGINS, PACE, RealClock().now)
        async with house(settings, clock) as built:
            await start(built)
            serving = asyncio.create_task(serve(built, listener))
            address = built.settings.server.reached_at
            tell(text("The story is being acted, live: {address}", address=address))
            async with httpx.AsyncClient(base_url=address) as http:
                await _until_up(http)
                clock.begin()
                await _act(built, clock, script(http))
            await report(built)
            tell(text("The pages stay up at {address}; Ctrl-C ends the demo.", address=address))
            await serving


async def _act(built: House, clock: SpedClock, moments: list[Moment]) -> None:
    for moment in moments:
        await _until(clock, moment.after)
        await moment.happens(await _incident(built), clock.now())
    while (one := await _incident(built)) and (await built.loop.timeline(one)).phase is not Phase.CLOSED:
        if clock.now() > BEGINS + LONGEST:
            return
        await asyncio.sleep(0.2)


async def _until(clock: SpedClock, after: timedelta) -> None:
    wait = (BEGINS + after - clock.now()).total_seconds() / clock.pace
    if wait > 0:
        await asyncio.sleep(wait)


async def _until_up(http: httpx.AsyncClient) -> None:
    for _ in range(100):
        try:
            if (await http.get("/-/healthy")).is_success:
                return
        except httpx.TransportError:
            await asyncio.sleep(0.05)


async def _incident(built: House) -> str:
    found = await built.journal.summaries(limit=1)
    return found[0].incident if found else ""


async def report(built: House) -> None:
    """Print the timeline and the figures."""
    spoken, catalog = language(), built.catalog
    names, zone = catalog.names(spoken), ZoneInfo(catalog.time_zone)
    timeline = await built.loop.timeline(await _incident(built))
    for fact in timeline:
        if not isinstance(fact, Ordered | Answered | Delivered):
            typer.echo(f"{fact.at.astimezone(zone):%H:%M:%S}  {say(fact.said, spoken, names)}")
    typer.echo("")
    for stamp in stamps(timeline, catalog.services[timeline.service].budgets):
        spent = show_duration(stamp.spent(stamp.stopped)) if stamp.stopped else "—"
        typer.echo(f"{say(stamp.said, spoken)}: {spent} / {show_duration(stamp.budget)}")
    created = timeline.last(DocumentCreated)
    if created:
        typer.echo(f"《{created.title}》")
