"""
What a second worker brings: one process and two on one PostgreSQL (fsync on), each a whole house with its own door.

Settling: incidents that fall due at one instant, until nothing is due. Storm: alerts at all doors at once, 100 a request, until all are
answered, until each incident's first page lies in its inbox, and until nothing is due. The named peer, in the same round, is one worker.

    python -m bench.workers [--incidents 2000] [--alerts 20000] [--rounds 3] [--delay 0] [--quick]

--delay: each round trip to PostgreSQL takes so many milliseconds longer, as over a network. Where the machine has few cores, PostgreSQL,
the client and the workers share them, and the second worker brings less than on a machine of its own.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from bench.peers.load import bodies, get, post_all, stamp
from bench.peers.services import GROUPS, catalog
from kuaihui.incident.alerts import Alert, AlertFired, Opened
from kuaihui.incident.timeline import Timeline
from kuaihui.intake.opening import policy_of, quoted
from kuaihui.integrations.postgres import Postgres
from kuaihui.journal.journal import Append, Journal, summary_of
from kuaihui.language import text
from tests.servers.postgres import new_database, running_postgres
from tests.servers.process import HOST, Server, accepts, answers, free_port, new_folder, running

ROOT = Path(__file__).parents[1]
# Seconds a house may take to start: on a machine that others use, one core is soon little.
PATIENCE = 180.0
# Seconds from now in which nothing may be due, so that what waits for its answers for a moment counts as work too.
QUIET = 2.0


class Told(NamedTuple):
    """One measurement, in seconds: settling; the storm's answers, last first page, and rest; `worked`: the workers' processor time."""

    settled: float
    settling_worked: float
    storm_worked: float
    answered: float
    paged: float
    rested: float


class House(NamedTuple):
    """A worker."""

    port: int
    pid: int

    def worked(self) -> float:
        """Seconds of processor time it has used, all threads: what hardly changes with what else is done on the machine."""
        user, system = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()[11:13]
        return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


@contextmanager
def module(name: str, port: int, *words: object, ready: Callable[[], bool]) -> Iterator[House]:
    """A program of ours as a process."""
    path = os.pathsep.join(filter(None, (os.environ.get("PYTHONPATH"), str(ROOT))))
    with new_folder("bench") as folder:
        command = ["env", f"PYTHONPATH={path}", sys.executable, "-m", name, str(port), *map(str, words)]
        with running(command, log=folder / "log", ready=ready, patience=PATIENCE) as pid:
            yield House(port, pid)


@contextmanager
def houses(server: Server, url: str, workers: int, delay: float) -> Iterator[list[House]]:
    """So many houses on this database."""
    with ExitStack() as started:
        if delay:
            wire = free_port()
            started.enter_context(module("bench.peers.slow_wire", wire, server.port, delay, ready=accepts(wire)))
            url = url.replace(f":{server.port}/", f":{wire}/")
        ports = [free_port() for _ in range(workers)]
        yield [
            started.enter_context(module("bench.peers.house", port, url, ready=answers(f"http://{HOST}:{port}/-/ready"))) for port in ports
        ]


def due_at(at: datetime, number: int) -> Append:
    """An incident that has just been opened and is to be settled at this instant."""
    known = catalog(1)
    service = known.services["svc-0"]
    labels = {"service": service.id, "pod": f"pod-{number}"}
    alert = Alert(f"{number:016x}", "HighErrorRate", labels, at, 0.1, "error rate above 5 percent")
    policy = quoted(policy_of(service, known))
    opened = Opened(at=at, service=service.id, title=f"5xx {number}", severity=2, policy=policy, rule=text("bench"), group=labels)
    timeline = Timeline(f"I{number:05}", (opened, AlertFired(at=at, alerts=(alert,))))
    return Append(timeline.incident, 0, timeline.facts, summary_of(timeline), at)


async def nothing_is_due(journal: Journal) -> float:
    """The instant from which nothing was due."""
    since = time.time()
    while time.time() - since < QUIET / 2:
        due = await journal.next_due()
        if due is not None and due.timestamp() < time.time() + QUIET / 2:
            since = time.time()
        await asyncio.sleep(0.02)
    return since


async def settling(journal: Journal, incidents: int) -> float:
    """Seconds until so many incidents that fell due at once were settled."""
    at = datetime.now(UTC) + timedelta(seconds=2 + incidents / 1000)
    made = [due_at(at, number) for number in range(incidents)]
    for start in range(0, incidents, 500):
        await journal.append(made[start : start + 500])
    await asyncio.sleep(max(0.0, (at - datetime.now(UTC)).total_seconds()))
    return await nothing_is_due(journal) - at.timestamp()


def requests_of(requests: Sequence[bytes], door: int, doors: int) -> list[bytes]:
    """What one door of many is told: as many requests as the others, and, two requests naming all groups, alerts of every group."""
    return [one for number, one in enumerate(requests) if number // 2 % doors == door]


async def storm(journal: Journal, ports: Sequence[int], alerts: int) -> tuple[float, float, float]:
    """Seconds until all alerts were answered, until each group's page was handed over, until nothing was due."""
    requests = bodies(alerts, 100, GROUPS, stamp(-5), stamp(3600))
    began, steady = time.time(), time.monotonic()
    doors = [requests_of(requests, door, len(ports)) for door in range(len(ports))]
    loads = await asyncio.gather(*(post_all(port, told, 100, 8 // len(ports)) for port, told in zip(ports, doors, strict=True)))
    answered = time.time() - began
    assert not sum(load.failed for load in loads), "alerts were refused"
    rested = await nothing_is_due(journal) - began
    handed: dict[str, float] = {}
    for port in ports:
        for service, at in json.loads(await get(port, "/bench/pages")).items():
            handed[service] = min(at, handed.get(service, at))
    assert len([service for service in handed if service.startswith("svc-")]) == GROUPS, f"{len(handed)} pages"
    return answered, max(handed.values()) - steady, rested


async def measure(server: Server, name: str, workers: int, incidents: int, alerts: int, delay: float) -> Told:
    """Both, with so many workers."""
    with new_database(server, f"{name}_settling") as url:
        async with Postgres.open(url) as journal:
            with houses(server, url, workers, delay) as started:
                before = sum(house.worked() for house in started)
                settled = await settling(journal, incidents)
                settling_worked = sum(house.worked() for house in started) - before
    with new_database(server, f"{name}_storm") as url:
        async with Postgres.open(url) as journal:
            with houses(server, url, workers, delay) as started:
                before = sum(house.worked() for house in started)
                stormed = await storm(journal, [house.port for house in started], alerts)
                return Told(settled, settling_worked, sum(house.worked() for house in started) - before, *stormed)


async def main(incidents: int, alerts: int, rounds: int, delay: float) -> None:
    with running_postgres(fsync="on", full_page_writes="on") as server:
        found: dict[int, list[Told]] = {1: [], 2: []}
        for number in range(rounds):
            for workers, known in found.items():
                known.append(await measure(server, f"r{number}_{workers}", workers, incidents, alerts, delay))
    print(f"PostgreSQL, {delay:g} ms added to a round trip, median of {rounds}:")
    alone, both = (Told(*map(statistics.median, zip(*known, strict=True))) for known in found.values())
    print(f"  settling {incidents:,} incidents  {line(alone.settled, both.settled, incidents, 'incidents')}")
    print(f"    their processor time      {worked(alone.settling_worked, both.settling_worked, incidents, 'incident')}")
    print(f"  storm of {alerts:,} alerts, answered  {line(alone.answered, both.answered, alerts, 'alerts')}")
    print(f"    its last first page       one worker {alone.paged:.2f} s, two {both.paged:.2f} s")
    print(f"    until it is at rest       {line(alone.rested, both.rested, alerts, 'alerts')}")
    print(f"    their processor time      {worked(alone.storm_worked, both.storm_worked, alerts, 'alert')}")


def worked(alone: float, both: float, count: int, what: str) -> str:
    return f"one worker {alone / count * 1e6:,.0f} us for each {what}, two {both / count * 1e6:,.0f} us together"


def line(alone: float, both: float, count: int, what: str) -> str:
    return f"one worker {alone:.2f} s ({count / alone:,.0f} {what}/s), two {both:.2f} s ({count / both:,.0f}): {alone / both:.2f} times"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--incidents", type=int, default=2000)
    parser.add_argument("--alerts", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--delay", type=float, default=0.0, help="milliseconds")
    parser.add_argument("--quick", action="store_true", help="one round of 500 incidents and 5,000 alerts")
    given = parser.parse_args()
    asyncio.run(main(*(500, 5000, 1) if given.quick else (given.incidents, given.alerts, given.rounds), given.delay))
