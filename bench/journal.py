"""
How fast the journals keep facts, beside plain sqlite3 (and plain asyncpg) committing single rows of the same size on the same disk.

usage: python bench/journal.py [--quick] [--postgres URL]

Medians over rounds; ratios to the peer measured in the same rounds, since a shared machine's disk changes by the minute. Without
--postgres, PostgreSQL is started on loopback with fsync on (where the test servers are installed).
"""

from __future__ import annotations

import argparse
import asyncio
import sqlite3
import sys
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, contextmanager
from itertools import count
from pathlib import Path
from statistics import median, quantiles
from time import perf_counter, process_time

sys.path.insert(0, str(Path(__file__).parents[1]))

import asyncpg

from kuaihui.incident.facts import encode
from kuaihui.integrations.postgres import Postgres
from kuaihui.integrations.sqlite import Sqlite
from kuaihui.journal.journal import Append, Journal
from tests.journal.facts import START, acknowledged, adding, opened, said
from tests.servers.postgres import running_postgres

BODY = encode(opened())
numbers = count()


def one_fact() -> Append:
    name = f"INC-{next(numbers)}"
    return adding(name, [opened(name)], due=START)


def three_facts() -> Append:
    name = f"INC-{next(numbers)}"
    return adding(name, [opened(name), acknowledged(), said("on it")], due=START)


async def timed(work: Awaitable[object]) -> float:
    began = perf_counter()
    await work
    return perf_counter() - began


async def latencies(journal: Journal, times: int) -> list[float]:
    """Seconds for each append of one fact, one after the other."""
    return [await timed(journal.append([one_fact()])) for _ in range(times)]


async def batches(journal: Journal, times: int) -> list[float]:
    """Seconds for each call with 200 incidents of three facts."""
    return [await timed(journal.append([three_facts() for _ in range(200)])) for _ in range(times)]


async def grouped(journal: Journal, callers: int, each: int) -> float:
    """Appends of one fact a second, from many callers at once."""
    ready = [[one_fact() for _ in range(each)] for _ in range(callers)]

    async def caller(appends: list[Append]) -> None:
        for append in appends:
            await journal.append([append])

    began = perf_counter()
    await asyncio.gather(*map(caller, ready))
    return callers * each / (perf_counter() - began)


async def settling(journal: Journal, incidents: int) -> tuple[float, float]:
    """Seconds to claim `incidents` due ones, and to schedule them again."""
    for start in range(0, incidents, 500):
        await journal.append([one_fact() for _ in range(start, start + 500)])
    began = perf_counter()
    claims = await journal.claim("bench", START, incidents)
    claimed = perf_counter()
    for claim in claims:
        await journal.schedule(claim, 1, None)
    return claimed - began, perf_counter() - claimed


def plain_sqlite(file: Path, times: int) -> list[float]:
    """Seconds for each commit of one row, with plain sqlite3, WAL, FULL."""
    connection = sqlite3.connect(file, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("CREATE TABLE IF NOT EXISTS record (position INTEGER PRIMARY KEY, incident TEXT, body BLOB)")
    took: list[float] = []
    for number in range(times):
        began = perf_counter()
        connection.execute("INSERT INTO record (incident, body) VALUES (?, ?)", (f"INC-{number}", BODY))
        took.append(perf_counter() - began)
    connection.close()
    return took


async def plain_asyncpg(url: str, times: int) -> list[float]:
    """Seconds for each commit of one row, with plain asyncpg."""
    connection = await asyncpg.connect(url)
    await connection.execute("CREATE TABLE IF NOT EXISTS plain (position BIGSERIAL PRIMARY KEY, incident TEXT, body BYTEA)")
    insert = "INSERT INTO plain (incident, body) VALUES ($1, $2)"
    took = [await timed(connection.execute(insert, f"INC-{number}", BODY)) for number in range(times)]
    await connection.close()
    return took


def show(name: str, seconds: list[float], peer: list[float] | None = None) -> None:
    p99 = quantiles(seconds, n=100)[98]
    ratio = f"   {median(seconds) / median(peer):.2f} x the peer" if peer else ""
    print(f"{name:58} median {median(seconds) * 1e3:7.3f} ms   p99 {p99 * 1e3:7.3f} ms{ratio}")


async def measure(name: str, journal: Journal, peer: Callable[[int], Awaitable[list[float]]], *, quick: bool) -> None:
    rounds, times = (3, 60) if quick else (10, 200)
    ours: list[float] = []
    theirs: list[float] = []
    for _ in range(rounds):
        theirs += await peer(times)
        ours += await latencies(journal, times)
    show(f"{name}: peer, one row a commit", theirs)
    show(f"{name}: append one fact", ours, theirs)
    began, times = process_time(), 20 if quick else 60
    show(f"{name}: append 200 incidents x 3 facts in one call", await batches(journal, times))
    print(f"{name}: ... of it our processor time (making the facts included)      {(process_time() - began) / times * 1e3:7.3f} ms")
    for callers in (16, 64, 256):
        await measure_group(name, journal, peer, callers, 4 if quick else 20)
    due = 2000 if quick else 10_000
    claim, schedule = await settling(journal, due)
    print(f"{name}: claim {due} due in one call {claim * 1e3:.1f} ms, schedule them one by one {schedule * 1e3:.1f} ms")


async def measure_group(name: str, journal: Journal, peer: Callable[[int], Awaitable[list[float]]], callers: int, each: int) -> None:
    """Throughput of many callers, and how many times the peer's that is, the peer asked before and after."""
    rates: list[float] = []
    ratios: list[float] = []
    for _ in range(5):
        before = await peer(30)
        rates.append(await grouped(journal, callers, each))
        ratios.append(rates[-1] * median(before + await peer(30)))
    print(f"{name}: {callers:3} callers at once: {median(rates):7.0f} appends/s   {median(ratios):.1f} x the peer's commits/s")


@contextmanager
def database(url: str | None) -> Iterator[str]:
    if url:
        yield url
        return
    with running_postgres(fsync="on", full_page_writes="on") as server:
        yield server.url


async def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--quick", action="store_true", help="a few seconds: does it run, and is it in the right place")
    asked.add_argument("--postgres", metavar="URL", help="a PostgreSQL to measure instead of starting one; its tables will be written to")
    wishes = asked.parse_args()
    with ExitStack() as opened_:
        folder = Path(opened_.enter_context(tempfile.TemporaryDirectory(prefix="kuaihui-bench-")))

        async def plain(times: int) -> list[float]:
            return plain_sqlite(folder / "plain.db", times)

        async with Sqlite.open(folder / "journal.db") as sqlite:
            await measure("SQLite", sqlite, plain, quick=wishes.quick)
        url = opened_.enter_context(database(wishes.postgres))
        async with Postgres.open(url, database_time=False) as postgres:
            await measure("PostgreSQL", postgres, lambda times: plain_asyncpg(url, times), quick=wishes.quick)


if __name__ == "__main__":
    asyncio.run(main())
