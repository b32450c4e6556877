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
from kuaihui.app.clocks import ActedClock, RealClock, SpedClock
from kuaihui.app.commands.house import listening, serve
from kuaihui.app.commands.speaking import language, tell
from kuaihui.app.demo.saturday import sources
from kuaihui.app.demo.story import BEGINS, ENDS, Moment, script
from kuaihui.app.settings import Settings
from kuaihui.app.settings_sections import CatalogPlace, JournalPlace, Server
from kuaihui.app.web.app import create_app
from kuaihui.app.wiring import House, house, start
from kuaihui.briefing.clocks import stamps
from kuaihui.incident.alerts import AlertMeasured
from kuaihui.incident.fact import HOUSE
from kuaihui.incident.learning import ReviewDrafted
from kuaihui.incident.pages import Answered, Delivered, Ordered, Read, Sent
from kuaihui.incident.room import DocumentCreated, DocumentKept, MessagePosted
from kuaihui.incident.thinking import EvidenceWeighed
from kuaihui.language import say, text
from kuaihui.language.durations import in_words

# The story's forty-two minutes in about ninety seconds.
PACE: Final = 28.0
# What the printed timeline leaves out: how the house went about it, and the house's own words in the topic, which repeat its facts.
UNTOLD: Final = (Ordered, Answered, Sent, Delivered, Read, EvidenceWeighed, AlertMeasured, DocumentKept)


@asynccontextmanager
async def _sample() -> AsyncGenerator[Path]:
    with as_file(files("kuaihui.samples") / "config_center") as folder:
        yield folder


def _settings(folder: Path, journal: str, port: int) -> Settings:
    return Settings(catalog=CatalogPlace(folder=folder), journal=JournalPlace(url=journal), server=Server(port=port), language="zh")


@asynccontextmanager
async def acted() -> AsyncGenerator[House]:
    """The house after the whole story, in acted time."""
    async with _sample() as folder, house(_settings(folder, "memory:", 8466), ActedClock(BEGINS), sources()) as built:
        clock = built.clock
        assert isinstance(clock, ActedClock)
        async with httpx.AsyncClient(transport=httpx.ASGITransport(create_app(built)), base_url=built.settings.server.reached_at) as http:
            for moment in script(http):
                await pass_until(built.loop, built.reception, clock, BEGINS + moment.after)
                await moment.happens(await _incident(built), clock.now())
            await pass_until(built.loop, built.reception, clock, BEGINS + ENDS)
        yield built


async def play_fast() -> None:
    """The whole story in acted time; prints the timeline and the figures."""
    async with acted() as built:
        await report(built)


async def play_live(port: int, journal: Path) -> None:
    """The story on a fast clock, live on the pages; then the pages stay up until Ctrl-C."""
    async with _sample() as folder:
        settings = _settings(folder, f"sqlite:///{journal}", port)
        listener = listening(settings.server, "--port")
        clock = SpedClock(BEGINS, PACE, RealClock().now)
        async with house(settings, clock, sources()) as built:
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
    await _until(clock, ENDS)


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
        if not isinstance(fact, UNTOLD) and not (isinstance(fact, MessagePosted) and fact.by == HOUSE):
            typer.echo(f"{fact.at.astimezone(zone):%H:%M:%S}  {say(fact.said, spoken, names)}")
    typer.echo("")
    for stamp in stamps(timeline, catalog.service(timeline.service).budgets):
        spent = in_words(stamp.spent(stamp.stopped)) if stamp.stopped else "—"
        typer.echo(say(text("{clock}: {spent} / {budget}", clock=stamp.said, spent=spent, budget=in_words(stamp.budget)), spoken))
    for kind in (DocumentCreated, ReviewDrafted):
        if made := timeline.last(kind):
            typer.echo(f"《{made.title}》 {made.link}")
