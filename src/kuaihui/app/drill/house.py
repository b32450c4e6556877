"""
A house with open doors, as long as a stage stands.

Rule 1: it is the whole house, reached as everybody reaches it: what a stage's parts post goes through its doors.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import uvicorn

from kuaihui.app.commands.house import listening
from kuaihui.app.drill.stage.loopback import LOOPBACK, Ports
from kuaihui.app.settings import Settings
from kuaihui.app.settings_sections import Server
from kuaihui.app.web.app import create_app
from kuaihui.app.wiring import House, house, start


def somewhere() -> Server:
    """A port on loopback that nobody listens on just now."""
    return Server(host=LOOPBACK, port=Ports().free())


@asynccontextmanager
async def open_house(settings: Settings) -> AsyncGenerator[House]:
    """The house, turning, its doors and pages open. Raises BadSettings where its port is taken."""
    with listening(settings.server) as listener:
        async with house(settings) as built:
            await start(built)
            config = uvicorn.Config(create_app(built), log_level="warning", access_log=False, lifespan="off", timeout_graceful_shutdown=1)
            server = uvicorn.Server(config)
            serving = asyncio.create_task(server.serve(sockets=[listener]), name="doors")
            try:
                yield built
            finally:
                server.should_exit = True
                await serving
