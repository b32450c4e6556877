"""Starting the house, and letting people in."""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from collections.abc import Coroutine
from contextlib import suppress

import typer
import uvicorn

from kuaihui.app.commands.catalog import File
from kuaihui.app.commands.speaking import one_line_errors, tell
from kuaihui.app.settings import Settings
from kuaihui.app.web.app import create_app
from kuaihui.app.wiring import House, house, start
from kuaihui.language import text

try:
    import uvloop
except ImportError:  # Windows
    uvloop = None


def up(settings: File = None) -> None:
    """Start the house: pages, doors and the loop. 启动。"""
    with one_line_errors():
        run(_up(Settings.load(settings)))


def run(main: Coroutine[None, None, None]) -> None:
    """Run on the fast event loop where the platform has it; Ctrl-C is a quiet end."""
    factory = uvloop.new_event_loop if uvloop else None
    with suppress(KeyboardInterrupt), asyncio.Runner(loop_factory=factory) as runner:
        runner.run(main)


async def _up(settings: Settings) -> None:
    async with house(settings) as built:
        await start(built)
        tell(text("Kuaihui is up: {address}", address=settings.server.reached_at))
        await serve(built)


async def serve(built: House) -> None:
    """Serve pages and doors until told to stop."""
    server = built.settings.server
    config = uvicorn.Config(
        create_app(built),
        host=server.host,
        port=server.port,
        log_level="warning",
        access_log=False,
        lifespan="off",
        timeout_graceful_shutdown=3,
    )
    await uvicorn.Server(config).serve()


def token(person: str) -> None:
    """Make a token for a person: they get the token, the settings keep its hash. 生成令牌。"""
    made = secrets.token_urlsafe(24)
    typer.echo(made)
    typer.echo(f'[auth.people]\n{person} = "{hash_of(made)}"')


def hash_of(token: str) -> str:
    """What the settings keep of a token."""
    return "sha256:" + hashlib.sha256(token.encode()).hexdigest()
