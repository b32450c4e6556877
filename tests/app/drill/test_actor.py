"""Somebody of the cast at the doors of a house."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from kuaihui.app.drill.actor import Actor, at_the_doors


async def lets_go_after_an_answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer once, and cut the connection off when it is used again: what a server does whose patience ends at that very instant."""
    try:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}")
        await reader.readuntil(b"{}")
        if await reader.read(1):
            writer.transport.abort()
    except asyncio.IncompleteReadError:  # they have let go first
        pass
    finally:
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()


async def test_a_deed_is_not_lost_in_a_connection_that_was_kept_too_long() -> None:
    served: list[asyncio.Task[None]] = []
    server = await asyncio.start_server(
        lambda reader, writer: served.append(asyncio.create_task(lets_go_after_an_answer(reader, writer))), "127.0.0.1", 0
    )
    host, port = server.sockets[0].getsockname()
    async with server, at_the_doors(f"http://{host}:{port}") as http:
        somebody = Actor("xiaomei", http)
        await somebody.reads("INC-1")
        await somebody.does("INC-1", "Visit")
    await asyncio.gather(*served)
