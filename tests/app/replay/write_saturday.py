"""
Writes the recorded Saturday anew: `.venv/bin/python -m tests.app.replay.write_saturday`.

It is the story's night as it went without our policy: the on-call's page lay unread for five minutes before a second person was called.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

import httpx

import kuaihui.samples
from kuaihui.app.acted import pass_until
from kuaihui.app.clocks import ActedClock
from kuaihui.app.demo.cast import Actor, Gateway
from kuaihui.app.overlay import laid_over
from kuaihui.app.settings import Settings
from kuaihui.app.settings_sections import CatalogPlace, JournalPlace
from kuaihui.app.web.app import create_app
from kuaihui.app.wiring import house
from kuaihui.journal.export import export
from tests.app.web.acted import BEGINS, SAMPLE

REPLAYS = Path(kuaihui.samples.__file__).parent / "replays"
SATURDAY = REPLAYS / "saturday.json"


async def recorded() -> bytes:
    """The export of that Saturday."""
    with laid_over(SAMPLE, REPLAYS / "as_it_was") as folder:
        settings = Settings(catalog=CatalogPlace(folder=folder), journal=JournalPlace(url="memory:"))
        clock = ActedClock(BEGINS)
        async with house(settings, clock) as built:
            transport = httpx.ASGITransport(create_app(built))
            async with httpx.AsyncClient(transport=transport, base_url=settings.server.reached_at) as http:
                gateway = Gateway(http, BEGINS - timedelta(seconds=20))
                dazhuang, amao, xiaomei = (Actor(person, http) for person in ("dazhuang", "amao", "xiaomei"))

                async def until(minutes: int, seconds: int = 0) -> None:
                    await pass_until(built.loop, built.reception, clock, BEGINS + timedelta(minutes=minutes, seconds=seconds))

                await gateway.rings(clock.now(), 0.10)
                await until(1)
                await gateway.rings(clock.now(), 0.15)
                incident = (await built.journal.summaries(limit=1))[0].incident
                for minute in (3, 5):
                    await until(minute)
                    await gateway.rings(clock.now(), 0.15)
                await until(5, 20)
                await dazhuang.looks(incident)
                await until(5, 40)
                await dazhuang.acknowledges(incident)
                await until(6)
                await dazhuang.says(incident, "阿新一直没读,我先接手。@阿茂 配置中心在报 500,15% 了")
                await until(6, 30)
                await amao.takes(incident, "incident-lead")
                await until(7)
                await xiaomei.takes(incident, "recovery-lead")
                for minute in (8, 11, 14):
                    await until(minute)
                    await gateway.rings(clock.now(), 0.15)
                await until(15)
                await xiaomei.says(incident, "读路径加一层进程内缓存,不影响配置生效时间")
                await until(17)
                await gateway.clears(clock.now())
                await until(17, 20)
                await amao.says(incident, "恢复了。大家休息,我再看十分钟")
                await until(28)
            return await export(built.journal, incident)


if __name__ == "__main__":
    SATURDAY.write_bytes(asyncio.run(recorded()))
