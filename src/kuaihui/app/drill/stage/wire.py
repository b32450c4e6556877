"""
A small HTTP/1.1 client over kept connections, for parts that send hundreds of requests a second beside everything else on two cores.

Rule 1: httptools parses; here is only the keeping of connections.
Rule 2: a request is repeated once, and only when a kept connection turned out to be closed before any byte came back.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import cast

import httptools

from kuaihui.app.drill.stage.loopback import LOOPBACK


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    body: bytes
    headers: Mapping[str, str]


class Unreachable(OSError):
    """Nobody answered: refused, cut off, or too late."""


class Client:
    """Requests to loopback ports; as many connections as are in flight, kept for the next request."""

    def __init__(self, timeout: float) -> None:
        self._timeout = timeout
        self._idle: defaultdict[int, list[_Connection]] = defaultdict(list)

    async def send(self, port: int, method: str, path: str, headers: Mapping[str, str] | None = None, body: bytes = b"") -> Answer:
        """Send and wait for the whole answer. Raises Unreachable after `timeout` seconds or when the connection fails."""
        sent = _request(port, method, path, headers or {}, body)
        try:
            async with asyncio.timeout(self._timeout):
                return await self._exchange(port, sent)
        except (OSError, TimeoutError) as cause:
            raise Unreachable(str(cause) or type(cause).__name__) from cause

    async def get(self, port: int, path: str) -> Answer:
        """Read a page."""
        return await self.send(port, "GET", path)

    def close(self) -> None:
        """Drop the kept connections."""
        for kept in self._idle.values():
            for connection in kept:
                connection.drop()
        self._idle.clear()

    async def _exchange(self, port: int, sent: bytes) -> Answer:
        while self._idle[port]:
            kept = self._idle[port].pop()
            if kept.open:
                try:
                    return await self._over(kept, port, sent)
                except ConnectionResetError:
                    break
        _, fresh = await asyncio.get_running_loop().create_connection(_Connection, LOOPBACK, port)
        return await self._over(fresh, port, sent)

    async def _over(self, connection: _Connection, port: int, sent: bytes) -> Answer:
        try:
            answer = await connection.exchange(sent)
        except BaseException:
            connection.drop()
            raise
        if connection.open:
            self._idle[port].append(connection)
        return answer


def _request(port: int, method: str, path: str, headers: Mapping[str, str], body: bytes) -> bytes:
    lines = [f"{method} {path} HTTP/1.1", f"host: {LOOPBACK}:{port}", *(f"{key}: {value}" for key, value in headers.items())]
    if body or method in {"POST", "PUT"}:
        lines.append(f"content-length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode() + body


@dataclass
class _Reading:
    """The answer being read; the names are httptools' own."""

    headers: dict[str, str] = field(default_factory=dict[str, str])
    body: list[bytes] = field(default_factory=list[bytes])
    complete: bool = False

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_body(self, body: bytes) -> None:
        self.body.append(body)

    def on_message_complete(self) -> None:
        self.complete = True


class _Connection(asyncio.Protocol):
    def __init__(self) -> None:
        self.open = True
        self._transport: asyncio.Transport | None = None
        self._waiting: asyncio.Future[Answer] | None = None
        self._reading = _Reading()
        self._parser = httptools.HttpResponseParser(self._reading)

    def exchange(self, sent: bytes) -> asyncio.Future[Answer]:
        assert self._transport is not None
        self._reading = _Reading()
        self._parser = httptools.HttpResponseParser(self._reading)
        self._waiting = asyncio.get_running_loop().create_future()
        self._transport.write(sent)
        return self._waiting

    def drop(self) -> None:
        self.open = False
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's own is one by its methods alone

    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            self.drop()
            return
        if self._reading.complete and self._waiting is not None and not self._waiting.done():
            self.open = self.open and self._parser.should_keep_alive()
            self._waiting.set_result(Answer(self._parser.get_status_code(), b"".join(self._reading.body), self._reading.headers))

    def connection_lost(self, exc: Exception | None) -> None:
        self.open = False
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_exception(ConnectionResetError("the connection was closed"))
