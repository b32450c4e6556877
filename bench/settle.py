"""
How soon a signal is settled, and what it costs to wake.

With N open incidents on one process (SQLite, synchronous=FULL), somebody escalates one of them: from the signal to its page being
handed to its carrier. Then: one turn of the loop, and finding what is due, while 10,000 future orders wait. The named peer, in the same
run, is one bare commit of the same bytes to a SQLite file: what no durable house can be faster than.

    python bench/settle.py [--incidents 1000] [--rounds 200] [--quick]
"""

from __future__ import annotations

import argparse
import asyncio
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from pathlib import Path

from kuaihui.app.clocks import ActedClock
from kuaihui.carrying import Carry
from kuaihui.catalog.catalog import Catalog
from kuaihui.catalog.load import load
from kuaihui.duties import ROSTER
from kuaihui.incident.alerts import Alert, AlertFired, Opened
from kuaihui.incident.fact import Fact
from kuaihui.incident.pages import Delivered, Escalated, Sent
from kuaihui.incident.timeline import Timeline
from kuaihui.intake.opening import policy_of, quoted
from kuaihui.integrations.builtin import Builtin
from kuaihui.integrations.sqlite import Sqlite
from kuaihui.language import plain, text
from kuaihui.listening import Addition
from kuaihui.loop import Loop
from kuaihui.orders import Order, Page

START = datetime(2023, 3, 11, 3, 0, tzinfo=UTC)


class Stopwatch:
    """Our own workplace, which notes when a page is handed to it."""

    name = "stopwatch"
    channels = frozenset({"inbox"})

    def __init__(self) -> None:
        self.handed: dict[str, float] = {}
        self.carries: Mapping[type[Order], Carry] = Builtin("http://127.0.0.1").carries | {Page: self.page}

    async def page(self, order: Page, timeline: Timeline, now: datetime) -> Sequence[Fact]:
        self.handed[timeline.incident] = time.perf_counter()
        sent = Sent(at=now, identity=order.identity, person=order.person, channel="inbox")
        return [sent, Delivered(at=now, identity=order.identity, person=order.person)]


def begun(catalog: Catalog, number: int) -> Addition:
    """An incident of its own group, just opened."""
    service = catalog.services["config-center"]
    labels = {"service": service.id, "pod": f"pod-{number}"}
    alert = Alert(f"{number:016x}", "Gateway5xxRatioHigh", labels, START, 0.1, "5xx 10 %")
    opened = Opened(
        at=START,
        service=service.id,
        title=f"5xx {number}",
        severity=2,
        policy=quoted(policy_of(service, catalog)),
        rule=text("bench"),
        group=labels,
    )
    return Addition(Timeline(f"I{number:05}"), [opened, AlertFired(at=START, alerts=(alert,))])


async def rest(loop: Loop) -> None:
    while await loop.turn():
        await loop.still()


async def settle(loop: Loop, carrier: Stopwatch, clock: ActedClock, names: Sequence[str]) -> list[float]:
    """Seconds from a signal to the page at its carrier, one incident after the other."""
    taken: list[float] = []
    for name in names:
        carrier.handed.pop(name, None)
        began = time.perf_counter()
        await loop.hear(name, lambda _: [Escalated(at=clock.now(), by="dazhuang", reason=plain("bench"))])
        while name not in carrier.handed:
            await loop.turn()
            await asyncio.sleep(0)
        taken.append(carrier.handed[name] - began)
        await loop.still()
        await rest(loop)
    return taken


async def timed(what: Callable[[], Awaitable[object]], rounds: int) -> float:
    """Median seconds of one call."""
    taken: list[float] = []
    for _ in range(rounds):
        began = time.perf_counter()
        await what()
        taken.append(time.perf_counter() - began)
    return statistics.median(taken)


def bare_commit(folder: Path, rounds: int) -> float:
    """The peer: median seconds of one durable commit of a fact's size."""
    with sqlite3.connect(folder / "bare.db", isolation_level=None) as bare:
        bare.execute("PRAGMA journal_mode=WAL")
        bare.execute("PRAGMA synchronous=FULL")
        bare.execute("CREATE TABLE facts (body BLOB)")
        taken: list[float] = []
        for _ in range(rounds):
            began = time.perf_counter()
            bare.execute("INSERT INTO facts VALUES (?)", (b"x" * 400,))
            taken.append(time.perf_counter() - began)
    return statistics.median(taken)


async def main(incidents: int, rounds: int, waiting: int) -> None:
    catalog = load(Path(str(files("kuaihui.samples") / "config_center")))
    with tempfile.TemporaryDirectory() as folder:
        async with Sqlite.open(Path(folder) / "journal.db") as journal:
            clock, carrier = ActedClock(START), Stopwatch()
            loop = Loop(journal, lambda: catalog, ROSTER, [carrier], clock, "bench")
            await loop.append([begun(catalog, number) for number in range(incidents)])
            await rest(loop)
            names = [f"I{number:05}" for number in range(min(rounds, incidents))]
            taken = await settle(loop, carrier, clock, names)
            commit = bare_commit(Path(folder), 300)
            median = statistics.median(taken)
            p99 = sorted(taken)[int(len(taken) * 0.99)]
            print(f"{incidents} open incidents: signal → page at its carrier, median {median * 1e3:.2f} ms, p99 {p99 * 1e3:.2f} ms", end="")
            print(f" = {median / commit:.1f} bare commits ({commit * 1e3:.2f} ms each)")
            await loop.append([begun(catalog, number) for number in range(incidents, waiting)])
            await rest(loop)
            idle = await timed(loop.turn, 200)
            look = await timed(journal.next_due, 200)
            print(f"{waiting} incidents with future orders: one idle turn {idle * 1e6:.0f} µs, the next due instant {look * 1e6:.0f} µs")
            clock.pass_by(timedelta(seconds=61))
            began = time.perf_counter()
            settled = await loop.turn()
            spent = time.perf_counter() - began
            print(f"a minute later, all unread: {settled} incidents settled in one turn, {spent / settled * 1e3:.2f} ms each")


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--incidents", type=int, default=1000)
    arguments.add_argument("--rounds", type=int, default=200)
    arguments.add_argument("--waiting", type=int, default=10_000)
    arguments.add_argument("--quick", action="store_true")
    asked = arguments.parse_args()
    asyncio.run(main(200 if asked.quick else asked.incidents, 40 if asked.quick else asked.rounds, 1000 if asked.quick else asked.waiting))
