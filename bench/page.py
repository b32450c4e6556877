"""
What the incident's page costs: a night of 2,000 facts and 500 messages.

Prints the server's median time for the whole page, its weight over the wire with scripts and styles (cold cache, gzip), and how soon a new
fact is with 200 who watch it live, over real sockets on loopback. `--quick` asks fewer times.
"""

from __future__ import annotations

import argparse
import asyncio
import gzip
import re
import socket
import statistics
import sys
import time
from datetime import timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.app.web.acted import Acted, acted, served
from tests.app.web.long_night import FACTS, MESSAGES, long_night

WATCHERS = 200


async def page_times(stage: Acted, incident: str, times: int) -> tuple[list[float], list[float]]:
    """Milliseconds of the page when nothing has changed since it was last asked for, and when something has each time."""
    warm, cold = [], []
    async with stage.client("amao") as http:
        for number in range(times):
            await stage.does("dazhuang", incident, "Speak", words=f"bench {number}")
            stage.clock.pass_by(timedelta(seconds=1))
            for found in (cold, warm):
                began = time.perf_counter()
                answer = await http.get(f"/incidents/{incident}")
                found.append((time.perf_counter() - began) * 1000)
                answer.raise_for_status()
    return warm, cold


async def weight(stage: Acted, incident: str) -> tuple[float, float]:
    """KiB over the wire of the page alone and of scripts and styles, compressed as the server sends them."""
    async with stage.client("amao", **{"Accept-Encoding": "gzip"}) as http:
        page = await http.get(f"/incidents/{incident}")
        assets = [(await http.get(path)).content for path in re.findall(r'(?:src|href)="(/(?:static|vendor)/[^"]+)"', page.text)]
    return len(gzip.compress(page.content, 6)) / 1024, sum(len(gzip.compress(asset, 6)) for asset in assets) / 1024


async def watch(stage: Acted, path: str, marker: bytes, ready: asyncio.Event, seen: list[float]) -> None:
    """One viewer on a socket of their own: says when the stream is there, and when the new fact is."""
    reader, writer = await asyncio.open_connection("127.0.0.1", stage.house.settings.server.port)
    writer.write(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Kuaihui-Person: amao\r\n\r\n".encode())
    kept = b""
    while chunk := await reader.read(65536):
        kept = (kept + chunk)[-200_000:]
        if b"event: tick" in kept:
            ready.set()
        if marker in kept:
            seen.append(time.perf_counter())
            break
    writer.close()


async def fan_out(stage: Acted, incident: str, times: int) -> list[float]:
    """Seconds from a message's being sent until the last of all viewers has it, for each time."""
    found = []
    for number in range(times):
        marker, seen = f"fan-out-{number}-{time.time_ns()}", list[float]()
        path = f"/incidents/{incident}/live?after={len(await stage.timeline(incident))}"
        ready = [asyncio.Event() for _ in range(WATCHERS)]
        tasks = [asyncio.create_task(watch(stage, path, marker.encode(), one, seen)) for one in ready]
        await asyncio.wait_for(asyncio.gather(*(one.wait() for one in ready)), 60)
        began = time.perf_counter()
        await stage.does("dazhuang", incident, "Speak", words=marker)
        await asyncio.wait_for(asyncio.gather(*tasks), 60)
        found.append(max(seen) - began)
    return found


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


async def measure(times: int) -> None:
    async with acted(port=free_port()) as stage, served(stage):
        incident = await long_night(stage)
        length = len(await stage.timeline(incident))
        warm, cold = await page_times(stage, incident, times)
        page, assets = await weight(stage, incident)
        spread = await fan_out(stage, incident, max(3, times // 5))
    print(f"timeline: {length} facts, {MESSAGES} of them messages (wanted {FACTS})")
    changed, otherwise = statistics.median(cold), statistics.median(warm)
    print(f"page, server time: median {changed:.0f} ms just after a change, {otherwise:.0f} ms otherwise (of 100)")
    print(f"scripts and styles, cold cache, gzip: {assets:.1f} KiB (of 60); with the page {page + assets:.1f} KiB (of 100)")
    print(
        f"a new fact with the last of {WATCHERS} live viewers: median {statistics.median(spread):.2f} s, worst {max(spread):.2f} s (of 1)"
    )


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--quick", action="store_true", help="ask fewer times")
    asyncio.run(measure(10 if arguments.parse_args().quick else 50))


if __name__ == "__main__":
    main()
