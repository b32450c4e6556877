"""Many workers on one PostgreSQL: each incident settled by one, a dead one replaced, a frozen one refused."""

import asyncio
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path

import pytest

from kuaihui.incident.facts import decode
from kuaihui.incident.pages import Acknowledged
from kuaihui.integrations.postgres import Postgres
from kuaihui.integrations.postgres.connections import Connection, connected
from kuaihui.integrations.postgres.journal import LOOK_AGAIN
from kuaihui.integrations.postgres.statements import LOCK
from kuaihui.journal.chain import Record
from kuaihui.journal.journal import LEASE, Journal
from kuaihui.journal.verify import verify
from tests.journal.facts import START, acknowledged, adding, later, opened, said

WORKER = Path(__file__).with_name("worker.py")
StartWorker = Callable[[str, float], subprocess.Popen[str]]


@pytest.fixture
def start_worker(postgres_url: str) -> Iterator[StartWorker]:
    started: list[subprocess.Popen[str]] = []

    def start(name: str, hold: float) -> subprocess.Popen[str]:
        worker = subprocess.Popen([sys.executable, str(WORKER), postgres_url, name, str(hold)], stdout=subprocess.PIPE, text=True)
        started.append(worker)
        assert line(worker) == "ready"
        return worker

    yield start
    for worker in started:
        worker.kill()
        worker.wait()
        assert worker.stdout is not None
        worker.stdout.close()


def line(worker: subprocess.Popen[str]) -> str:
    assert worker.stdout is not None
    return worker.stdout.readline().strip()


async def opens(journal: Journal, count: int) -> None:
    now = datetime.now(UTC)
    assert all(await journal.append([adding(f"INC-{n}", [opened(f"s{n}", now)], due=now) for n in range(count)]))


async def acknowledgers(journal: Journal, count: int) -> list[list[str]]:
    facts = [[decode(record.body) for record in await journal.read(f"INC-{n}")] for n in range(count)]
    return [[fact.by for fact in known if isinstance(fact, Acknowledged)] for known in facts]


async def all_settled(journal: Journal, count: int, seconds: float) -> list[list[str]]:
    async with asyncio.timeout(seconds):
        while not all(found := await acknowledgers(journal, count)):
            await journal.changed(0.2)
    return found


async def test_what_a_killed_worker_held_is_taken_over_within_the_lease(postgres_url: str, start_worker: StartWorker) -> None:
    async with Postgres.open(postgres_url) as journal:
        dead = await asyncio.to_thread(start_worker, "dead", 600.0)
        await opens(journal, 1)
        assert await asyncio.to_thread(line, dead) == "claimed INC-0 1"
        alive = await asyncio.to_thread(start_worker, "alive", 0.0)
        await journal.append([adding(f"INC-{n}", [opened(f"s{n}")], due=datetime.now(UTC)) for n in range(1, 20)])
        dead.send_signal(signal.SIGKILL)
        killed = time.monotonic()

        assert await all_settled(journal, 20, 20) == [["alive"]] * 20
        assert time.monotonic() - killed < LEASE.total_seconds() + LOOK_AGAIN
        assert await verify(journal) == []
        assert alive.poll() is None


async def test_a_worker_that_was_frozen_past_its_lease_is_refused(postgres_url: str, start_worker: StartWorker) -> None:
    async with Postgres.open(postgres_url) as journal:
        frozen = await asyncio.to_thread(start_worker, "frozen", 0.5)
        await opens(journal, 1)
        assert await asyncio.to_thread(line, frozen) == "claimed INC-0 1"
        frozen.send_signal(signal.SIGSTOP)
        await asyncio.to_thread(start_worker, "alive", 0.0)
        await all_settled(journal, 1, 20)
        frozen.send_signal(signal.SIGCONT)

        assert await asyncio.to_thread(line, frozen) == "refused INC-0 1"
        assert await acknowledgers(journal, 1) == [["alive"]]


async def test_a_frozen_workers_schedule_is_refused_too(postgres_url: str) -> None:
    async with Postgres.open(postgres_url, database_time=False) as frozen, Postgres.open(postgres_url, database_time=False) as alive:
        await opens(alive, 1)
        now = datetime.now(UTC)
        [old] = await frozen.claim("frozen", now)
        [new] = await alive.claim("alive", now + LEASE)

        assert await frozen.schedule(old, 1, None) is False
        assert await alive.schedule(new, 1, later(9)) is True
        assert await alive.next_due() == later(9)


async def test_no_incident_is_claimed_by_two(postgres_url: str) -> None:
    async with AsyncExitStack() as opened_:
        workers = [await opened_.enter_async_context(Postgres.open(postgres_url)) for _ in range(4)]
        await opens(workers[0], 500)

        async def claims(journal: Journal, name: str) -> list[str]:
            found: list[str] = []
            while got := await journal.claim(name, datetime.now(UTC), 7):
                found += [claim.incident for claim in got]
            return found

        found = await asyncio.gather(*(claims(journal, str(number)) for number, journal in enumerate(workers)))
        counted = Counter(name for names in found for name in names)
        # One that was locked by another's claim at that moment is left for the next look.
        counted.update(claim.incident for claim in await workers[0].claim("last", datetime.now(UTC), 500))
        assert counted == Counter(f"INC-{n}" for n in range(500))
        assert sum(bool(names) for names in found) > 1, "only one of them worked"


async def test_who_follows_misses_nothing_while_commits_overtake_each_other(postgres_url: str) -> None:
    """
    Four workers append at once, in rounds; the follower, on a fifth, must see every position in order, with none left out.

    Each round waits for the last, and all four of a round stand before the same lock before any of them may commit: so no worker can
    have its turn alone, however the machine divides its time.
    """
    rounds, names = 30, [f"INC-{number}" for number in range(4)]
    async with AsyncExitStack() as opened_:
        *workers, follower = [await opened_.enter_async_context(Postgres.open(postgres_url)) for _ in range(5)]
        gate = await connected(postgres_url)
        opened_.push_async_callback(gate.close)

        async def append(journal: Journal, name: str, length: int) -> None:
            new = said("x") if length else opened(name)
            assert await journal.append([adding(name, [new], [opened(name)] * length)]) == [True]

        async def follow() -> list[Record]:
            found: list[Record] = []
            async for record in follower.follow(0):
                found.append(record)
                if len(found) == rounds * len(names):
                    break
            return found

        following = asyncio.create_task(follow())
        for length in range(rounds):
            await gate.execute(LOCK)
            racing = [asyncio.create_task(append(journal, name, length)) for journal, name in zip(workers, names, strict=True)]
            await all_wait(gate, len(racing))
            await gate.execute("ROLLBACK")
            await asyncio.gather(*racing)
        found = await asyncio.wait_for(following, 30)

        assert [record.position for record in found] == list(range(1, rounds * len(names) + 1))
        for at in range(0, len(found), len(names)):
            race = found[at : at + len(names)]
            assert sorted((record.incident, record.number) for record in race) == [(name, at // len(names)) for name in names]


async def all_wait(gate: Connection, count: int) -> None:
    """Until so many wait for the lock that the gate holds."""
    waiting = (
        "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted "
        "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    )
    async with asyncio.timeout(20):
        while await gate.fetchval(waiting) < count:  # noqa: ASYNC110 - what is waited for is in the database
            await asyncio.sleep(0.005)


async def test_an_append_wakes_the_other_workers_at_once(postgres_url: str) -> None:
    async with Postgres.open(postgres_url) as hears, Postgres.open(postgres_url) as appends:
        await asyncio.sleep(0.3)  # until it listens
        took: list[float] = []
        for n in range(5):
            await hears.claim("a", START)
            waiting = asyncio.create_task(_time_of(hears))
            await asyncio.sleep(0.05)
            began = time.monotonic()
            await appends.append([adding(f"INC-{n}", [opened(f"s{n}")])])
            took.append(await waiting - began)
        assert sorted(took)[2] < LOOK_AGAIN / 3


async def test_who_lost_every_connection_is_woken_at_once_again(postgres_url: str) -> None:
    async with Postgres.open(postgres_url) as hears, Postgres.open(postgres_url) as appends:
        await asyncio.sleep(0.3)  # until it listens
        before = await cut_off(postgres_url)
        await listens_anew(postgres_url, before)
        took: list[float] = []
        for n in range(5):
            await hears.claim("a", START)
            waiting = asyncio.create_task(_time_of(hears))
            await asyncio.sleep(0.05)
            began = time.monotonic()
            await appends.append([adding(f"INC-{n}", [opened(f"s{n}")])])
            took.append(await waiting - began)
        assert sorted(took)[2] < LOOK_AGAIN / 3


async def test_what_was_appended_while_nobody_listened_is_found(postgres_url: str) -> None:
    """Words are lost with a connection: whoever waits looks for themselves once it is there again, and every LOOK_AGAIN until then."""
    async with Postgres.open(postgres_url) as hears, Postgres.open(postgres_url) as appends:
        await asyncio.sleep(0.3)  # until it listens
        await hears.claim("a", START)
        waiting = asyncio.create_task(hears.changed(30))
        await cut_off(postgres_url)
        await appends.append([adding("INC-1", [opened()], due=START)])
        async with asyncio.timeout(LOOK_AGAIN * 2):
            await waiting
            while not (claims := await hears.claim("a", datetime.now(UTC))):
                await hears.changed(30)
        assert [claim.incident for claim in claims] == ["INC-1"]


async def cut_off(url: str) -> set[int]:
    """End every connection to this database but our own, as a failing network or an administrator does; which they were."""
    connection = await connected(url)
    try:
        others = "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        return {row[0] for row in await connection.fetch(f"SELECT pid, pg_terminate_backend(pid) {others}")}
    finally:
        await connection.close()


async def listens_anew(url: str, before: set[int]) -> None:
    """Wait until two connections listen that were not there before: one for each journal."""
    listening = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND query LIKE '%LISTEN%' AND pid <> pg_backend_pid()"
    connection = await connected(url)
    try:
        async with asyncio.timeout(10):
            while len({row[0] for row in await connection.fetch(listening)} - before) < 2:  # noqa: ASYNC110 - as above
                await asyncio.sleep(0.02)
    finally:
        await connection.close()


async def _time_of(journal: Journal) -> float:
    await journal.changed(30)
    return time.monotonic()


async def test_leases_run_by_the_databases_clock_and_waiting_by_the_callers(postgres_url: str) -> None:
    """A worker whose clock is an hour ahead takes nobody's incidents away, and knows when to wake by its own clock."""
    async with Postgres.open(postgres_url) as right, Postgres.open(postgres_url) as ahead:
        await opens(right, 1)
        now = datetime.now(UTC)
        assert len(await right.claim("right", now)) == 1
        its_now = now.replace(year=now.year + 1)
        assert await ahead.claim("ahead", its_now) == []
        due = await ahead.next_due()
        assert due is not None
        assert 0 < (due - its_now).total_seconds() <= LEASE.total_seconds() + 1


async def test_a_worker_that_freezes_inside_a_commit_holds_up_the_others_for_less_than_a_lease(postgres_url: str) -> None:
    async with Postgres.open(postgres_url) as journal:
        frozen = await connected(postgres_url)
        await frozen.execute(LOCK)
        async with asyncio.timeout(LEASE.total_seconds()):
            assert await journal.append([adding("INC-1", [opened(), acknowledged()])]) == [True]
        frozen.terminate()


async def test_who_is_alone_reads_and_appends_before_anybody_else_may(postgres_url: str) -> None:
    async with Postgres.open(postgres_url) as slow, Postgres.open(postgres_url) as fast:
        await slow.append([adding("INC-1", [opened()])])
        async with slow.alone():
            racing = asyncio.create_task(fast.append([adding("INC-1", [acknowledged("fast")], [opened()])]))
            await asyncio.sleep(0.3)  # longer than an append takes
            assert not racing.done()
            assert len(await slow.read("INC-1")) == 1
            assert await slow.append([adding("INC-1", [acknowledged("slow")], [opened()])]) == [True]
            assert await asyncio.wait_for(racing, 5) == [False]
            assert await slow.append([adding("INC-2", [opened("orders")])]) == [True]


async def test_who_is_alone_and_appends_nothing_lets_the_others_go_on(postgres_url: str) -> None:
    async with Postgres.open(postgres_url) as idle, Postgres.open(postgres_url) as other:
        for number in range(10):  # more often than there are connections
            async with idle.alone():
                pass
            assert await other.append([adding(f"INC-{number}", [opened(f"s{number}")])]) == [True]
        with pytest.raises(ZeroDivisionError):
            async with idle.alone():
                raise ZeroDivisionError
        assert await asyncio.wait_for(other.append([adding("INC-99", [opened("x")])]), 1) == [True]


async def test_who_loses_the_connection_while_alone_appends_all_the_same(postgres_url: str) -> None:
    async with Postgres.open(postgres_url) as journal, journal.alone():
        await cut_off(postgres_url)
        assert await journal.append([adding("INC-1", [opened()])]) == [True]
        assert await verify(journal) == []
