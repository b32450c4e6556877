"""The reporting job nobody told the on-call about: it sorts many lists in Redis, as fast as Redis answers."""

from __future__ import annotations

import asyncio
import itertools
import sys
from collections.abc import Iterator

import msgspec
from redis.asyncio import Redis

from kuaihui.app.drill.stage.loopback import LOOPBACK
from kuaihui.app.drill.stage.roles import Job


async def sort_on(number: int, role: Job, turns: Iterator[int]) -> None:
    """One connection's work; a sort that asks for the first element alone makes Redis sort the whole list."""
    redis = Redis(host=LOOPBACK, port=role.redis, client_name=f"nightly-report-{number}")
    for turn in turns:
        await redis.execute_command("SORT", f"orders:{turn % role.lists:03d}", "ALPHA", "LIMIT", "0", "1")  # pyright: ignore[reportUnknownMemberType]: untyped there


async def main(role: Job) -> None:
    """All connections take turns through the lists."""
    turns = itertools.count()
    await asyncio.gather(*(sort_on(number, role, turns) for number in range(role.clients)))


if __name__ == "__main__":
    asyncio.run(main(msgspec.json.decode(sys.argv[1], type=Job)))
