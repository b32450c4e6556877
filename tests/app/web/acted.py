"""A whole house in acted time on the sample catalog, its web face, and people who use it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import httpx
import uvicorn
from fastapi import FastAPI

import kuaihui.samples
from kuaihui.app.acted import pass_until, settle
from kuaihui.app.clocks import ActedClock
from kuaihui.app.settings import Settings
from kuaihui.app.settings_sections import Auth, CatalogPlace, JournalPlace, Server, Workplace
from kuaihui.app.web.app import create_app
from kuaihui.app.web.identity import hash_of
from kuaihui.app.wiring import House, house
from kuaihui.carrying import Integration
from kuaihui.incident.timeline import Timeline

SAMPLE = Path(kuaihui.samples.__file__).parent / "config_center"
# STORY 1.1
BEGINS = datetime(2023, 3, 11, 11, 0, tzinfo=ZoneInfo("Asia/Shanghai")).astimezone(UTC)


@dataclass
class Acted:
    """The house, its app, and the hand on its clock."""

    house: House
    app: FastAPI
    clock: ActedClock
    address: str

    def client(self, person: str = "", **headers: str) -> httpx.AsyncClient:
        """Somebody's client; nobody's where no person is named."""
        named = {"X-Kuaihui-Person": person} if person else {}
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
        return httpx.AsyncClient(transport=transport, base_url=self.address, headers=named | headers)

    async def until(self, minutes: int = 0, seconds: int = 0) -> None:
        """Let the story's time pass, everything that falls due on the way included."""
        await pass_until(self.house.loop, self.house.reception, self.clock, BEGINS + timedelta(minutes=minutes, seconds=seconds))

    async def settle(self) -> None:
        await settle(self.house.loop, self.house.reception, self.clock)

    async def rings(self, value: float = 0.10, *, firing: bool = True) -> str:
        """The gateway's alert, as Prometheus tells it; the incident it went to."""
        now = self.clock.now()
        alert = {
            "labels": {"alertname": "Gateway5xxRatioHigh", "service": "config-center", "short": "500"},
            "annotations": {"summary": "网关 5xx 占比高", "value": str(value)},
            "startsAt": (BEGINS - timedelta(seconds=20)).isoformat(),
            "endsAt": (now + timedelta(minutes=5) if firing else now).isoformat(),
        }
        async with self.client() as http:
            (await http.post("/api/v2/alerts", json=[alert])).raise_for_status()
        await self.settle()
        return (await self.house.journal.summaries(limit=1))[0].incident

    async def does(self, person: str, incident: str, deed: str, **given: object) -> httpx.Response:
        async with self.client(person) as http:
            answer = await http.post(f"/api/v1/incidents/{incident}/deeds", json={"deed": deed, **given})
        await self.settle()
        return answer

    async def timeline(self, incident: str) -> Timeline:
        return await self.house.loop.timeline(incident)


@asynccontextmanager
async def acted(
    *, tokens: dict[str, str] | None = None, port: int = 8466, meeting: str = "", integrations: Sequence[Integration] = ()
) -> AsyncIterator[Acted]:
    """A house at the story's beginning; with `tokens` (by person) it asks for them; `integrations` carry before our own workplace."""
    people = {person: hash_of(token) for person, token in (tokens or {}).items()}
    settings = Settings(
        catalog=CatalogPlace(folder=SAMPLE),
        journal=JournalPlace(url="memory:"),
        server=Server(port=port),
        auth=Auth(mode="tokens" if tokens else "open", people=people),
        workplace=Workplace(meeting=meeting),
    )
    clock = ActedClock(BEGINS)
    async with house(settings, clock, integrations) as built:
        made = create_app(built)
        try:
            yield Acted(built, made, clock, settings.server.reached_at)
        finally:
            await made.state.watchers.close()


@asynccontextmanager
async def served(stage: Acted) -> AsyncIterator[str]:
    """The house's pages on loopback, for a browser; ends every stream that is still open."""
    port = stage.house.settings.server.port
    config = uvicorn.Config(stage.app, host="127.0.0.1", port=port, log_level="error", lifespan="off", timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110  # uvicorn tells it by no event
        await asyncio.sleep(0.02)
    try:
        yield stage.address
    finally:
        server.should_exit = server.force_exit = True
        await task
