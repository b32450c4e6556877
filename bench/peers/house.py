"""
A house to be measured: the doors, the reception, the loop with all duties, our own workplace, a journal; one process.

    python -m bench.peers.house PORT FOLDER|URL [--still]      (--still: nothing settles; alerts are only taken in)

GET /bench/pages tells when each incident's first page was handed over and kept; GET /bench/rest waits until nothing is due.
"""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import msgspec
import uvicorn
import uvloop
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bench.peers.services import GROUPS, catalog
from kuaihui.app.commands.house import collect_seldom
from kuaihui.app.reception import Reception
from kuaihui.app.web.doors import Doors
from kuaihui.app.wiring import RealClock
from kuaihui.duties import ROSTER
from kuaihui.incident.pages import Sent
from kuaihui.incident.timeline import Timeline
from kuaihui.integrations.builtin import Builtin
from kuaihui.integrations.postgres import Postgres
from kuaihui.integrations.sqlite import Sqlite
from kuaihui.journal.journal import Append
from kuaihui.loop import Loop


class Watched(Loop):
    """The loop, which notes when a page's facts are kept: that is when it lies in somebody's inbox."""

    def __init__(self, *parts) -> None:
        super().__init__(*parts)
        self.handed: dict[str, float] = {}

    def _settled(self, kept: list[bool], grown: Sequence[Timeline], appends: Sequence[Append]) -> list[bool]:
        for timeline in grown:
            if timeline.service not in self.handed and timeline.has(Sent):
                self.handed[timeline.service] = time.monotonic()
        return super()._settled(kept, grown, appends)


def resident() -> int:
    """Bytes of memory that this process holds."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


async def main(port: int, where: str, still: bool) -> None:
    known = catalog(GROUPS)
    async with Postgres.open(where) if where.startswith("postgresql:") else Sqlite.open(Path(where) / "journal.db") as journal:
        loop = Watched(journal, lambda: known, ROSTER, [Builtin()], RealClock(), f"bench {port}")
        reception = Reception(loop, lambda: known, loop.clock, timedelta(minutes=5))
        await reception.begin()
        doors = Doors(reception, tokens={}, loopback=True, largest_body=64_000_000)

        async def pages(request: Request) -> Response:
            return Response(msgspec.json.encode(loop.handed))

        async def rest(request: Request) -> Response:
            quiet = 0
            while quiet < 3:
                due = await journal.next_due()
                busy = not still and (loop._carrying or (due is not None and due <= loop.clock.now()))
                quiet = 0 if busy or len(reception.tracing) else quiet + 1
                await asyncio.sleep(0.01)
            return Response(msgspec.json.encode({"at": time.monotonic(), "memory": resident(), "faults": dict(loop.faults)}))

        app = Starlette(routes=[*doors.routes(), Route("/bench/pages", pages), Route("/bench/rest", rest)])
        server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="error", http="httptools", lifespan="off"))
        collect_seldom()
        tasks = [asyncio.create_task(reception.run())] + ([] if still else [asyncio.create_task(loop.run())])
        await server.serve()
        for task in tasks:
            task.cancel()


if __name__ == "__main__":
    profile = os.environ.get("BENCH_PROFILE")
    uvloop.install()
    work = main(int(sys.argv[1]), sys.argv[2], "--still" in sys.argv)
    if profile:
        import cProfile

        with cProfile.Profile() as profiler:
            try:
                asyncio.run(work)
            finally:
                profiler.dump_stats(profile)
    else:
        asyncio.run(work)
