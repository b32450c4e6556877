"""
How many alerts a second are taken in, and how soon the last page of a storm is handed over, beside a real Alertmanager.

Both get the same batches from the same client in the same run. The server under test runs alone on core 0, the client on the other
cores. Beside the rate stands how many alerts the server took in for each second of its own processor time, which other work on the
machine hardly changes; the ratio is of those. We answer after the commit to SQLite (synchronous=FULL); Alertmanager keeps alerts in
memory only.

    python -m bench.intake [--alerts 100000] [--rounds 3] [--quick] [--still] [--floor]

New: alerts nobody has seen. Re-sent: the same alerts again with a later end, as Prometheus does every minute. Storm: 10,000 alerts in
200 groups, 100 a request, one connection, as fast as they are taken. For Alertmanager an alert is handed over when it stands in a
webhook (waits at their minimum); for us when its facts are kept and the page of its incident lies in the on-call's inbox.

Between new and re-sent both sides come to rest; what we work in between (settling what was opened) is told beside the rate. Each aim is
told with whether it is met. --floor tells instead what the steps that nothing can leave out cost by themselves, and so how many times
Alertmanager's rate a program made of them could reach if all the rest of it cost nothing.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import statistics
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from bench.peers.floor import floor
from bench.peers.load import Load, alert, bodies, exchange, get, post_all, quantile, request, stamp
from bench.peers.services import GROUPS
from tests.servers.missing import program
from tests.servers.process import HOST, answers, free_port, new_folder, running

ROOT = Path(__file__).parents[1]
ON_CORE_0 = ("taskset", "-c", "0")
NOBODY = "route: {receiver: nobody, group_by: [alertname, service]}\nreceivers: [{name: nobody}]\n"
# What we are after, as ratios per core to Alertmanager, and the storm's pages in milliseconds.
AIMS = {"new": 5.0, "re-sent": 20.0}
AIM_PAGE = 50.0
# Seconds a server may take to start: on a machine that others use, one core is soon little.
PATIENCE = 180.0
HOOKED = """
route: {{receiver: hook, group_by: [alertname, service], group_wait: 0s, group_interval: 1ms, repeat_interval: 1h}}
receivers: [{{name: hook, webhook_configs: [{{url: "http://127.0.0.1:{port}/", send_resolved: false}}]}}]
"""


@contextlib.contextmanager
def alertmanager(config: str) -> Iterator[Server]:
    with new_folder("alertmanager") as folder:
        port, file = free_port(), folder / "config.yml"
        file.write_text(config)
        command = [
            *ON_CORE_0,
            program("prometheus-alertmanager", "prometheus-alertmanager"),
            f"--config.file={file}",
            f"--storage.path={folder / 'data'}",
            f"--web.listen-address={HOST}:{port}",
            "--cluster.listen-address=",
            "--log.level=error",
        ]
        with running(command, log=folder / "log", ready=answers(f"http://{HOST}:{port}/-/ready"), patience=PATIENCE) as pid:
            yield Server(port, pid)


@contextlib.contextmanager
def house(*flags: str) -> Iterator[Server]:
    with new_folder("house") as folder:
        port = free_port()
        command = [*ON_CORE_0, "env", f"PYTHONPATH={ROOT}", sys.executable, "-m", "bench.peers.house", str(port), folder, *flags]
        with running(command, log=folder / "log", ready=answers(f"http://{HOST}:{port}/-/ready"), patience=PATIENCE) as pid:
            yield Server(port, pid)


class Server(NamedTuple):
    """A server under test."""

    port: int
    pid: int

    def worked(self) -> float:
        """Seconds of processor time it has used, all threads."""
        user, system = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()[11:13]
        return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


class Taken(NamedTuple):
    """How one load went, and how many alerts were taken in for each second of the server's processor time."""

    load: Load
    per_core: float


async def taken(server: Server, requests: Sequence[bytes], batch: int, connections: int) -> Taken:
    before = server.worked()
    load = await post_all(server.port, requests, batch, connections)
    return Taken(load, len(requests) * batch / max(server.worked() - before, 0.01))


class Rates(NamedTuple):
    """New alerts, the same again, and what was worked per alert in between (microseconds of processor time)."""

    new: Taken
    again: Taken
    between: float


async def rates(server: Server, total: int, batch: int, *, ours: bool, connections: int = 8) -> Rates:
    """New alerts, then, after a rest, the same again, twice: the second time counts, when both sides know what to expect."""
    began = stamp(-60)
    fresh = bodies(total, batch, GROUPS, began, stamp(3600))
    new = await taken(server, fresh, batch, connections)
    before = server.worked()
    await (get(server.port, "/bench/rest") if ours else asyncio.sleep(1))
    between = (server.worked() - before) / total * 1e6
    again = [await taken(server, bodies(total, batch, GROUPS, began, stamp(3600 + late)), batch, connections) for late in (60, 120)]
    return Rates(new, again[-1], between)


async def our_storm(port: int, count: int) -> dict[str, float]:
    sent, acknowledged, took = await _pour(port, count)
    deadline = time.monotonic() + 60
    handed: dict[str, float] = {}
    while len(handed) < GROUPS and time.monotonic() < deadline:
        await asyncio.sleep(0.02)
        handed = json.loads(await get(port, "/bench/pages"))
    delays = [max(acknowledged[n], handed.get(f"svc-{n % GROUPS}", deadline)) - sent[n] for n in range(count)]
    pages = [handed.get(f"svc-{group}", deadline) - sent[group] for group in range(GROUPS)]
    return _storm(delays, took, max(handed.values()) - sent[0]) | {
        "page p50 ms": quantile(pages, 0.5) * 1e3,
        "page p99 ms": quantile(pages, 0.99) * 1e3,
    }


async def their_storm(port: int, hook: int, count: int) -> dict[str, float]:
    arrived: dict[int, float] = {}

    async def sink(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionResetError):
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                body = await reader.readexactly(int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0]))
                now = time.monotonic()
                for one in json.loads(body)["alerts"]:
                    arrived.setdefault(int(one["labels"]["pod"].removeprefix("web-")), now)
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(sink, HOST, hook, limit=1 << 24):
        sent, _, took = await _pour(port, count)
        deadline = time.monotonic() + 60
        while len(arrived) < count and time.monotonic() < deadline:  # noqa: ASYNC110 - what arrives is told by a server in a thread
            await asyncio.sleep(0.05)
        return _storm([arrived.get(n, deadline) - sent[n] for n in range(count)], took, max(arrived.values()) - sent[0])


async def _pour(port: int, count: int) -> tuple[list[float], list[float], float]:
    """Send the storm; when each alert was sent and answered."""
    began, ends = stamp(-5), stamp(3600)
    requests = [request("/api/v2/alerts", [alert(n, GROUPS, began, ends) for n in range(at, at + 100)]) for at in range(0, count, 100)]
    sent, answered = list[float](), list[float]()
    reader, writer = await asyncio.open_connection(HOST, port, limit=1 << 20)
    for body in requests:
        sent += [time.monotonic()] * 100
        status, _ = await exchange(reader, writer, body)
        assert status == 200, status
        answered += [time.monotonic()] * 100
    writer.close()
    return sent, answered, answered[-1] - sent[0]


def _storm(delays: list[float], took: float, last: float) -> dict[str, float]:
    return {
        "p50 ms": quantile(delays, 0.5) * 1e3,
        "p99 ms": quantile(delays, 0.99) * 1e3,
        "posted in s": took,
        "last handed over in s": last,
    }


def told(name: str, ours: list[Taken], theirs: list[Taken]) -> None:
    for side, known in (("Kuaihui", ours), ("Alertmanager", theirs)):
        rate, per_core = statistics.median(one.load.rate for one in known), statistics.median(one.per_core for one in known)
        late, failed = statistics.median(one.load.p99 for one in known), sum(one.load.failed for one in known)
        print(f"  {name:8} {side:13}{rate:>10,.0f}/s {per_core:>10,.0f} a core-second   answers p99 {late:.0f} ms, failed {failed}")
    ratio = statistics.median(one.per_core for one in ours) / statistics.median(one.per_core for one in theirs)
    print(f"  {name:8} ratio per core {ratio:.1f}: {verdict(AIMS[name], ratio, ratio >= AIMS[name], 'times')}")


async def lowest(total: int, batch: int) -> None:
    """What the steps cost that nothing can leave out, beside what a new alert costs Alertmanager."""
    with alertmanager(NOBODY) as server:
        theirs = 1e6 / (await rates(server, total, batch, ours=False)).new.per_core
    steps = floor(total, GROUPS, batch)
    print(f"{total:,} alerts in {GROUPS} groups, {batch} a request; microseconds of processor time for a new alert:")
    for step, cost in steps.items():
        print(f"  {cost:6.2f}  {step}")
    print(
        f"  {sum(steps.values()):6.2f}  all of it;  {theirs:.2f}  Alertmanager: at most {theirs / sum(steps.values()):.1f} times its rate"
    )


def verdict(aim: float, found: float, met: bool, unit: str) -> str:
    """Whether an aim is met, in words."""
    return f"aim {aim:.0f} {unit}: {'met' if met else f'NOT met, by a factor of {max(aim / found, found / aim):.1f}'}"


async def main(total: int, rounds: int, still: bool, batches: list[int]) -> None:
    os.sched_setaffinity(0, set(range(1, os.cpu_count() or 1)) or {0})
    flags = ("--still",) if still else ()
    for batch in batches:
        ours, theirs, memory, rest = list[Rates](), list[Rates](), list[float](), list[float]()
        for _ in range(rounds):
            with alertmanager(NOBODY) as server:
                theirs.append(await rates(server, total, batch, ours=False))
            with house(*flags) as server:
                ours.append(await rates(server, total, batch, ours=True))
                after = time.monotonic()
                rested = json.loads(await get(server.port, "/bench/rest"))
                memory.append(rested["memory"] / 1e6)
                rest.append(rested["at"] - after)
        print(f"{total:,} alerts in {GROUPS} groups, {batch} a request, 8 connections, one core each, median of {rounds}:")
        told("new", [one.new for one in ours], [one.new for one in theirs])
        between = statistics.median(one.between for one in ours)
        print(f"  between  {between:.1f} us of processor time an alert to settle what was opened (pages, rooms, roles)")
        told("re-sent", [one.again for one in ours], [one.again for one in theirs])
        settled = f"{statistics.median(rest):.1f} s until all traces are written and every incident is settled"
        print(f"  afterwards: {settled}; {statistics.median(memory):.0f} MB")
    storms: list[tuple[dict[str, float], dict[str, float]]] = []
    for _ in range(rounds):
        hook = free_port()
        with alertmanager(HOOKED.format(port=hook)) as server:
            theirs_storm = await their_storm(server.port, hook, 10_000)
        with house() as server:
            storms.append((await our_storm(server.port, 10_000), theirs_storm))
    print(f"storm of 10,000 alerts in {GROUPS} groups, median of {rounds}:")
    for side, name in enumerate(("Kuaihui", "Alertmanager")):
        figures = {key: statistics.median(storm[side][key] for storm in storms) for key in storms[0][side]}
        print(f"  {name:13}" + "   ".join(f"{key} {value:.2f}" if " s" in key else f"{key} {value:.0f}" for key, value in figures.items()))
    page = statistics.median(ours["page p99 ms"] for ours, _ in storms)
    print(f"  storm    page p99 {page:.0f} ms: {verdict(AIM_PAGE, page, page <= AIM_PAGE, 'ms')}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--alerts", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--quick", action="store_true", help="one round of 20,000 alerts")
    parser.add_argument("--still", action="store_true", help="nothing settles while alerts are counted: the cost of taking in alone")
    parser.add_argument("--batch", type=int, action="append", help="alerts a request; may be given several times (default 1000 and 64)")
    parser.add_argument("--floor", action="store_true", help="the cost of what nothing can leave out")
    given = parser.parse_args()
    counts = (20_000, 1) if given.quick else (given.alerts, given.rounds)
    batches = given.batch or [1000, 64]
    asyncio.run(lowest(counts[0], batches[0]) if given.floor else main(*counts, given.still, batches))
