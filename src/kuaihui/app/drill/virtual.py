"""A drill in virtual time: the real loop, duties, doors and API; the stage's physics are declared curves, and nothing waits."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, Literal
from zoneinfo import ZoneInfo

import httpx
from fastapi import FastAPI

from kuaihui.app.acted import next_instant, settle
from kuaihui.app.clocks import ActedClock
from kuaihui.app.drill.curve_sources import looking_at
from kuaihui.app.drill.curves import Curves
from kuaihui.app.drill.director import Director
from kuaihui.app.drill.script import Script
from kuaihui.app.drill.sources import stage_catalog
from kuaihui.app.overlay import lay, read_plain, written
from kuaihui.app.settings import Settings
from kuaihui.app.settings_sections import CatalogPlace, JournalPlace, Server
from kuaihui.app.web.app import create_app
from kuaihui.app.wiring import House, house
from kuaihui.incident.phases import Phase
from kuaihui.incident.timeline import Timeline
from kuaihui.language import Text

# STORY 1.1
SATURDAY: Final = datetime(2023, 3, 11, 11, 0, tzinfo=ZoneInfo("Asia/Shanghai")).astimezone(UTC)
# After the last thing anybody does, how long it is waited for what may still come.
QUIET: Final = timedelta(minutes=2)
LATE: Final = timedelta(minutes=10)  # behind the closing: who comes late reads what was


@dataclass
class Acting:
    """A drill that is being acted in virtual time."""

    script: Script
    built: House
    app: FastAPI
    clock: ActedClock
    curves: Curves
    director: Director

    async def go_on(self) -> bool:
        """Let the next thing happen; False once nothing more is to come."""
        end = (self.director.began or self.clock.now()) + self.script.longest
        due = (await next_instant(self.built.loop, self.built.reception), self.curves.next_event(), self.director.next_event())
        following = min(instant for instant in due if instant is not None)
        if following > end or await self._over(following):
            return False
        self.clock.move_to(following)
        await self.curves.happen(self.clock.now())
        await self._settle()
        await self.director.act(self.clock.now())
        await self._settle()
        return True

    async def _settle(self) -> None:
        await settle(self.built.loop, self.built.reception, self.clock)
        await self.director.look()

    async def _over(self, following: datetime) -> bool:
        """Everything is closed, and nobody of the cast has anything more to do."""
        if not self.director.incident or self.director.next_event() is not None:
            return False
        timeline = await self.timeline()
        return timeline.phase is Phase.CLOSED and following > timeline.facts[-1].at + LATE

    async def timeline(self) -> Timeline:
        """The drill's incident."""
        return await self.built.loop.timeline(self.director.incident)


@asynccontextmanager
async def acting(
    script: Script,
    catalog: Path,
    *,
    seed: int = 1,
    language: Literal["zh", "en"] = "zh",
    port: int = 8466,
    say: Callable[[Text], None] | None = None,
) -> AsyncGenerator[Acting]:
    """A drill at its beginning, on a copy of this catalog."""
    with tempfile.TemporaryDirectory(prefix="kuaihui-drill-") as made:
        folder = drill_catalog(script, catalog, Path(made) / "catalog", language)
        begins = script.begins.astimezone(UTC) if script.begins else SATURDAY
        clock = ActedClock(begins)
        place, journal = CatalogPlace(folder=folder), JournalPlace(url="memory:")
        settings = Settings(catalog=place, journal=journal, server=Server(port=port), language=language)
        world = Curves(script, script.described, clock, language)
        async with house(settings, clock, looking_at(world), drill=True) as built:
            app = create_app(built)
            transport = httpx.ASGITransport(app)
            async with httpx.AsyncClient(transport=transport, base_url=built.settings.server.reached_at) as http:
                world.begin(http)
                director = Director(script, built.catalog, world, http, seed=seed, language=language, say=say)
                app.state.director = director
                yield Acting(script, built, app, clock, world, director)


def drill_catalog(script: Script, catalog: Path, into: Path, language: Literal["zh", "en"]) -> Path:
    """A copy of the catalog for this drill, in its language, with the stage's sources and the drill's own files. Raises Refused."""
    folder = stage_catalog(catalog, into, script.service)
    front = folder / "catalog.yaml"
    front.write_text(written(read_plain(front) | {"language": language}), encoding="utf-8")
    over = script.folder / "catalog"
    if over.is_dir():
        lay(folder, over)
    return folder


async def act_through(acted: Acting, watch: Callable[[Acting], None] | None = None) -> Timeline:
    """Act until it is over; `watch` is called after each step. Returns the incident's timeline."""
    while await acted.go_on():
        if watch:
            watch(acted)
    return await acted.timeline()
