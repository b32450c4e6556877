"""A server inside this program's event loop, on a real socket: for clients that bring their own network, such as the vendors' own."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING

import uvicorn
from starlette.applications import Starlette

if TYPE_CHECKING:
    from collections.abc import Generator


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Generator[None]:
        """Signals belong to the program around this server."""
        yield


@asynccontextmanager
async def listening(config: uvicorn.Config) -> AsyncGenerator[int]:
    """Serve until the block ends; yields the port it took. Raises OSError where the port cannot be listened on."""
    server, door = _Server(config), socket.create_server((config.host, config.port))  # our own: uvicorn would end the program
    serving = asyncio.create_task(server.serve(sockets=[door]))
    try:
        while not server.started:
            if serving.done():
                await serving
                raise OSError(f"port {config.port} cannot be listened on")
            await asyncio.sleep(0.005)
        yield int(server.servers[0].sockets[0].getsockname()[1])
    finally:
        server.should_exit = True
        await serving


@asynccontextmanager
async def on_loopback(app: Starlette) -> AsyncGenerator[str]:
    """The app's address, on loopback and a free port, until the block ends."""
    async with listening(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="critical", lifespan="off")) as port:
        yield f"http://127.0.0.1:{port}"
