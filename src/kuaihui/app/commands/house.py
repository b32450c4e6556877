"""Starting the house, and letting people in."""

from __future__ import annotations

import asyncio
import gc
import json
import re
import secrets
import socket
from typing import Annotated, Final

import typer
import uvicorn

from kuaihui.app.commands.catalog import SAMPLE, File
from kuaihui.app.commands.running import log_to_stderr, run
from kuaihui.app.commands.speaking import one_line_errors, system_words, tell
from kuaihui.app.settings import Settings
from kuaihui.app.settings_sections import Server
from kuaihui.app.web.app import create_app
from kuaihui.app.web.drawing import warm
from kuaihui.app.web.identity import hash_of
from kuaihui.app.web.stream import Watchers
from kuaihui.app.wiring import House, house, start
from kuaihui.errors import BadSettings, Refused
from kuaihui.language import text

_ID = re.compile(r"[\w.-]+")

# Seconds that requests have to finish when the house is told to end.
FINISH_WITHIN: Final = 3


class Doors(uvicorn.Server):
    """Lets go who only watches when it is to end: they would be waited for, and then cut off. Browsers come back by themselves."""

    def __init__(self, config: uvicorn.Config, watchers: Watchers) -> None:
        super().__init__(config)
        self._watchers = watchers

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await self._watchers.close()
        await super().shutdown(sockets)


def up(settings: File = None) -> None:
    """Start the house: pages, doors and the loop."""
    log_to_stderr()
    with one_line_errors():
        run(_up(Settings.load(settings)))


async def _up(settings: Settings) -> None:
    with listening(settings.server) as listener:
        async with house(settings) as built:
            await start(built)
            if built.sample:
                tell(SAMPLE)
            tell(text("Kuaihui is up: {address}", address=settings.server.reached_at))
            collect_seldom()
            await serve(built, listener)


def collect_seldom() -> None:
    """
    Leave what stands for good out of garbage collection, and look for circles seldom.

    Facts and alerts make none, and a storm makes a hundred thousand: the usual thresholds would look through them all again and again.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)  # what bench/intake.py runs with


def listening(server: Server, asks: str = "server.port") -> socket.socket:
    """The socket our pages and doors listen on; `asks` names what sets its port. Raises BadSettings when it is taken or may not be had."""
    try:
        return socket.create_server((server.host, server.port), family=socket.AF_INET6 if ":" in server.host else socket.AF_INET)
    except OSError as taken:
        raise not_to_be_had(server, asks, taken) from taken


def not_to_be_had(server: Server, asks: str, taken: OSError) -> BadSettings:
    """Why nothing can listen there, and what to choose another port by."""
    words = text(
        "nothing can listen on {host}:{port} ({what}): choose another {asks}",
        host=server.host,
        port=server.port,
        what=system_words(taken),
        asks=asks,
    )
    return BadSettings(words)


async def serve(built: House, listener: socket.socket) -> None:
    """Serve pages and doors until told to stop."""
    warming = asyncio.create_task(asyncio.to_thread(warm))
    app = create_app(built)
    config = uvicorn.Config(
        app, log_config=None, log_level="warning", access_log=False, lifespan="off", timeout_graceful_shutdown=FINISH_WITHIN
    )
    await Doors(config, app.state.watchers).serve(sockets=[listener])
    await warming
    # The server raises the signal that ended it anew: it is to be felt here, and not in the midst of taking the house down.
    await asyncio.sleep(0)


def token(person: Annotated[str, typer.Argument(help="the person's key in people.yaml")]) -> None:
    """Make a token for a person: they get the token, the settings keep its hash."""
    with one_line_errors():
        if not person:
            raise Refused(text("an empty name names nothing"))
        if not _ID.fullmatch(person):
            raise Refused(text("{person} is no id: write the key that stands above them in people.yaml", person=person))
        made = secrets.token_urlsafe(24)
        tell(text("for {person} alone (KUAIHUI_TOKEN, or the sign-in page):", person=person), err=True)
        typer.echo(made)
        tell(text("for the settings:"), err=True)
        typer.echo(f"[auth.people]\n{json.dumps(person, ensure_ascii=False)} = {json.dumps(hash_of(made))}")
