"""
Two houses on one PostgreSQL, through the worst hour: both doors ring for the same outages, one house is killed, the database crashes.

What holds afterwards: one incident a group, every alert that a door has taken in, every page handed over (at most once more than was
answered for), every fact in its place and its chain.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack, ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from kuaihui.incident.alerts import AlertFired, Opened
from kuaihui.incident.pages import Answered, Ordered
from kuaihui.incident.timeline import Timeline
from kuaihui.integrations.postgres import Postgres
from kuaihui.journal.journal import Journal, timeline_of
from kuaihui.journal.verify import verify
from kuaihui.orders import Page
from tests.app.web.acted import SAMPLE
from tests.servers.postgres import program_of, running_postgres, start_again, stop
from tests.servers.process import HOST, answers, free_port, running

ROOT = Path(__file__).parents[3]
GROUPS = 12
WAVES = 8  # alerts of each group at each door


@pytest.fixture
def catalog(tmp_path: Path) -> Path:
    """The sample, in which each pod of the configuration centre is an outage of its own."""
    folder = shutil.copytree(SAMPLE, tmp_path / "catalog")
    services = folder / "services.yaml"
    services.write_text(services.read_text().replace("config-center:\n", "config-center:\n  group_by: [pod]\n", 1))
    return folder


@contextmanager
def house(folder: Path, name: str, url: str, catalog: Path) -> Iterator[tuple[int, int]]:
    """A house as a process: its port and process id."""
    port, settings = free_port(), folder / f"{name}.toml"
    settings.write_text(f'[server]\nport = {port}\n[journal]\nurl = "{url}"\n[catalog]\nfolder = "{catalog}"\n')
    command = ["env", f"PYTHONPATH={ROOT}", sys.executable, "-m", "tests.app.houses.paging_house", settings, folder / "notes"]
    with running(command, log=folder / f"{name}.log", ready=answers(f"http://{HOST}:{port}/-/ready"), patience=90) as pid:
        yield port, pid


class Sender:
    """Tells alerts to one door, again until they are taken in, and to the other where that door is gone: as senders do."""

    def __init__(self, ports: Sequence[int]) -> None:
        self.ports = list(ports)
        self.taken: set[tuple[str, str]] = set()

    async def tell(self, group: int, names: Sequence[str], began: datetime) -> None:
        """One request of alerts of one group; returns once a door has taken it in."""
        body = [
            {
                "labels": {"alertname": "GatewayDown", "service": "config-center", "pod": f"pod-{group}", "instance": name},
                "annotations": {"summary": "down"},
                "startsAt": began.isoformat(),
                "endsAt": (began + timedelta(hours=1)).isoformat(),
            }
            for name in names
        ]
        async with httpx.AsyncClient(trust_env=False, timeout=60) as http:
            while not await self._told(http, body):  # noqa: ASYNC110 - the door is in another process
                await asyncio.sleep(0.1)
        self.taken |= {(f"pod-{group}", name) for name in names}

    async def _told(self, http: httpx.AsyncClient, body: Sequence[object]) -> bool:
        try:
            return (await http.post(f"http://{HOST}:{self.ports[0]}/api/v2/alerts", json=body)).status_code == 200
        except httpx.TransportError:
            self.ports.reverse()
            return False


async def a_wave(senders: Sequence[Sender], number: int) -> None:
    """Each door hears of each group: one alert that both are told, and one of its own."""
    began = datetime.now(UTC)
    await asyncio.gather(
        *(
            sender.tell(group, [f"both-{number}", f"{door}-{number}"], began)
            for group in range(GROUPS)
            for door, sender in enumerate(senders)
        )
    )


async def timelines(journal: Journal) -> list[Timeline]:
    return [timeline_of(one.incident, await journal.read(one.incident)) for one in await journal.summaries()]


def paged(timeline: Timeline) -> bool:
    """Whether a first page was ordered, and every page has its answer."""
    pages = {given.order.identity for given in timeline.all(Ordered) if isinstance(given.order, Page)}
    return bool(pages) and pages <= {answer.identity for answer in timeline.all(Answered) if answer.outcome == "done"}


async def all_paged(journal: Journal) -> list[Timeline]:
    """The timelines, once every one of them has its pages answered."""
    async with asyncio.timeout(150):
        while not all(map(paged, found := await timelines(journal))):  # noqa: ASYNC110 - what is waited for is in other processes
            await asyncio.sleep(0.2)
    return found


@pytest.mark.timeout(480)
async def test_one_house_is_killed_and_the_database_crashes_while_both_doors_ring(tmp_path: Path, catalog: Path) -> None:
    with ExitStack() as started:
        server = started.enter_context(running_postgres(fsync="on"))
        program = program_of(server)
        first, dies = started.enter_context(house(tmp_path, "first", server.url, catalog))
        second, _ = started.enter_context(house(tmp_path, "second", server.url, catalog))
        senders = [Sender([first, second]), Sender([second, first])]

        async with AsyncExitStack() as opened:
            waves = asyncio.create_task(_waves(senders))
            opened.callback(waves.cancel)
            notes = tmp_path / "notes"
            async with asyncio.timeout(150):
                while not (notes.exists() and notes.stat().st_size):  # noqa: ASYNC110 - until pages are being carried
                    await asyncio.sleep(0.005)
            os.kill(dies, signal.SIGKILL)
            await asyncio.sleep(1)
            os.kill(server.pid, signal.SIGQUIT)  # at once, as in a crash
            await asyncio.sleep(1)
            started.callback(stop, await asyncio.to_thread(start_again, program, server.folder, server.port))
            await waves

            journal = await opened.enter_async_context(Postgres.open(server.url))
            assert_it_ended_well(await all_paged(journal), senders, notes.read_text().splitlines())
            assert await verify(journal) == []
            assert [record.position for record in await journal.after(0, 100_000)] == list(range(1, await last(journal) + 1))


async def _waves(senders: Sequence[Sender]) -> None:
    for number in range(WAVES):
        await a_wave(senders, number)
        await asyncio.sleep(0.3)


async def last(journal: Journal) -> int:
    return sum([(await journal.head(one.incident))[0] for one in await journal.summaries()])


def assert_it_ended_well(found: Sequence[Timeline], senders: Sequence[Sender], notes: Sequence[str]) -> None:
    """One incident a group, nothing lost that a door has taken in, every page handed over and none without its order."""
    assert sorted(one.opened.group["pod"] for one in found) == sorted(f"pod-{group}" for group in range(GROUPS))
    for one in found:
        assert [type(fact) for fact in one.facts].count(Opened) == 1
        told = Counter(alert.key for fact in one.all(AlertFired) for alert in fact.alerts)
        assert max(told.values()) == 1, "an alert that both doors heard was written twice"
    kept = {(one.opened.group["pod"], alert.labels["instance"]) for one in found for alert in one.firing.values()}
    assert kept == senders[0].taken | senders[1].taken
    handed = Counter(notes)
    for one in found:
        given = Counter(f"{one.incident} {fact.order.identity}" for fact in one.all(Ordered) if isinstance(fact.order, Page))
        assert max(given.values()) <= 2, f"ordered more than the one repeat: {given}"
        for page, times in given.items():
            assert 1 <= handed[page] <= times, f"{page}: ordered {times} times, handed over {handed[page]} times"
    assert {page.split()[0] for page in handed} == {one.incident for one in found}
