"""
A few milliseconds of MONITOR: the dearest question there is, asked with a tight rein.

Rule 1: a look's watching is bounded in time and in commands, by `Cost`; a quiet server is watched for longer, a busy one never.
Rule 2: a server that is loading, slow to answer, or short of memory is not watched, and the reader is told.
Rule 3: MONITOR ends only with its connection, so every window has one of its own, and the server itself is told to end it: behind MONITOR
        waits a WAIT that times out, and a QUIT. A probe that freezes, or wakes late, costs the server nothing more. Where WAIT is not
        allowed (a replica, a user without +wait) the window ends when we hang up.
"""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from datetime import timedelta
from math import ceil
from typing import Final

import msgspec
from redis.asyncio import ConnectionPool
from redis.asyncio.connection import AbstractConnection
from redis.exceptions import NoPermissionError, ResponseError

from kuaihui.diagnosis.redis_health.snapshot import ServerInfo
from kuaihui.integrations.redis.settings import Cost
from kuaihui.language import Text, text

# INFO takes well under a millisecond; a server that needs this long has no milliseconds to give.
SLOW_ANSWER: Final = timedelta(milliseconds=250)


# An error reply among MONITOR's lines, each of which begins with "+".
_WAIT_REFUSED: Final = re.compile(rb"^-", re.MULTILINE)


class Window(msgspec.Struct, frozen=True):
    """What one window showed: MONITOR's lines, in so many seconds."""

    lines: bytes
    took: float


@dataclass(frozen=True)
class Plan:
    """
    So many windows; each ends at `most` commands, or after `window` seconds with `least` commands, or after `longest` seconds.

    The server itself ends it after `server_ms`, which is `window` wherever the traffic lets us expect `least` commands by then.
    """

    windows: int
    window: float
    longest: float
    least: int
    most: int
    server_ms: int


def plan(cost: Cost, info: ServerInfo, answered_in: timedelta) -> Plan | Text:
    """How to watch this server now, or why not to."""
    if not cost.monitor:
        return text("MONITOR is switched off in the settings")
    if info.loading:
        return text("MONITOR was left out: the server is loading")
    if answered_in >= SLOW_ANSWER:
        return text("MONITOR was left out: the server took {ms} ms to answer INFO", ms=round(answered_in.total_seconds() * 1000))
    if info.max_memory and info.max_memory - info.memory < cost.monitor_spare:
        return text("MONITOR was left out: less than {size} MiB of memory are free", size=cost.monitor_spare >> 20)
    count = max(1, cost.monitor_windows)
    window, longest = cost.monitor_window.total_seconds(), cost.monitor_longest.total_seconds() / count
    least = -(-cost.monitor_least // count)
    # Half as long again as the wanted commands take at the server's own count; that count is of the last seconds, and may be behind.
    enough = min(longest, max(window, 1.5 * least / max(info.rate, 1)))
    return Plan(count, window, longest, least, cost.monitor_most // count, ceil(enough * 1000))


async def watch(pool: ConnectionPool, how: Plan, pause: float, windows: list[Window]) -> None:
    """Add the windows, `pause` seconds apart, to `windows` as they come. Raises redis-py's errors, NoPermissionError among them."""
    ends_itself = True
    for number in range(how.windows):
        if number:
            await asyncio.sleep(pause)
        window = await _one(pool, how, ends_itself)
        if ends_itself and _WAIT_REFUSED.search(window.lines):
            ends_itself, window = False, await _one(pool, how, ends_itself=False)
        windows.append(window)


async def _one(pool: ConnectionPool, how: Plan, ends_itself: bool) -> Window:
    connection = pool.make_connection()
    # More replicas than anybody has: WAIT then always waits for as long as it may.
    ending = [("WAIT", 1_000_000, how.server_ms), ("QUIT",)] if ends_itself else []
    try:
        await connection.connect()
        await connection.send_packed_command(connection.pack_commands([("MONITOR",), *ending]))
        return await _read(_raw(connection), how)
    finally:
        await connection.disconnect(nowait=True)


async def _read(reader: asyncio.StreamReader, how: Plan) -> Window:
    now = asyncio.get_running_loop().time
    _granted(await reader.readline())
    began = now()
    seen, lines = 0, bytearray()
    while (left := _left(how, now() - began, seen)) > 0:
        try:
            async with asyncio.timeout(left):
                more = await reader.read(1 << 16)
        except TimeoutError:
            continue
        if not more:
            break
        lines += more
        seen += more.count(b"\n")
    return Window(bytes(lines), now() - began)


def _left(how: Plan, passed: float, seen: int) -> float:
    """Seconds this window may still last."""
    if seen >= how.most:
        return 0.0
    return (how.window if seen >= how.least or passed < how.window else how.longest) - passed


def _granted(answer: bytes) -> None:
    if answer.startswith(b"-NOPERM"):
        raise NoPermissionError("MONITOR")
    if not answer.startswith(b"+OK"):
        raise ResponseError(answer.decode("ascii", "replace").strip())


def _raw(connection: AbstractConnection) -> asyncio.StreamReader:
    """The stream below the library's parser, which would take longer over a line than the server over a command."""
    reader = connection._reader  # pyright: ignore[reportPrivateUsage] # it has no public name; a test on real servers keeps watch
    if reader is None:
        raise ResponseError("the connection is closed")
    return reader
