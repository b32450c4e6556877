"""What `append` returned for is kept: through kill -9, and through a power cut that leaves half a page behind."""

import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from kuaihui.integrations.sqlite import Sqlite
from kuaihui.integrations.sqlite.connections import writing
from kuaihui.journal.journal import timeline_of
from kuaihui.journal.verify import verify
from tests.journal.facts import START, acknowledged, adding, later, opened, said

WORKER = Path(__file__).with_name("appending.py")


def test_each_commit_is_an_fsync(tmp_path: Path) -> None:
    connection = writing(tmp_path / "journal.db")
    values = {name: connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous", "fullfsync")}
    connection.close()

    assert values == {"journal_mode": "wal", "synchronous": 2, "fullfsync": 1}


async def test_what_append_returned_for_is_in_the_files_that_moment(tmp_path: Path) -> None:
    file, copy = tmp_path / "journal.db", tmp_path / "copy"
    copy.mkdir()
    async with Sqlite.open(file) as journal:
        for n in range(5):
            await journal.append([adding(f"INC-{n}", [opened(f"s{n}"), acknowledged()], due=later(n))])
        for part in (file, file.with_name("journal.db-wal")):
            shutil.copy(part, copy / part.name)

    async with Sqlite.open(copy / "journal.db") as journal:
        assert await verify(journal) == []
        assert [len(await journal.read(f"INC-{n}")) for n in range(5)] == [2] * 5
        assert len(await journal.claim("a", later(10))) == 5


def torn(wal: bytes) -> bytes:
    """The end of the log was never written."""
    return wal[: len(wal) - 1500]


def garbled(wal: bytes) -> bytes:
    """A page was on its way."""
    return wal[:-4000] + random.Random(1).randbytes(4000)


def with_more(wal: bytes) -> bytes:
    """The file had grown, its new end was not written yet."""
    return wal + random.Random(1).randbytes(4120 * 2 + 77) + bytes(4096)


def emptied(wal: bytes) -> bytes:
    """Nothing of it had reached the disk yet."""
    return wal[:0]


@pytest.mark.parametrize("damage", [torn, garbled, with_more, emptied])
async def test_a_torn_end_of_the_log_costs_at_most_the_unfinished_commit(tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    file, copy = tmp_path / "journal.db", tmp_path / "copy"
    copy.mkdir()
    facts = [opened(), *(said(str(n)) for n in range(20))]
    async with Sqlite.open(file) as journal:
        await journal.append([adding("INC-1", facts[:1], due=START)])
    async with Sqlite.open(file) as journal:
        for n in range(1, len(facts)):
            await journal.append([adding("INC-1", facts[n : n + 1], facts[:n], due=START)])
        shutil.copy(file, copy / "journal.db")
        (copy / "journal.db-wal").write_bytes(damage(file.with_name("journal.db-wal").read_bytes()))

    async with Sqlite.open(copy / "journal.db") as journal:
        found = list(timeline_of("INC-1", await journal.read("INC-1")))
        least = {"torn": len(facts) - 1, "garbled": len(facts) - 1, "with_more": len(facts), "emptied": 1}[damage.__name__]
        assert found == facts[: len(found)]
        assert len(found) >= least
        assert await verify(journal) == []
        assert await journal.append([adding("INC-1", [said("on")], found, due=START)]) == [True]


def test_kill_9_at_any_moment_loses_nothing_that_append_returned_for(tmp_path: Path) -> None:
    lots = random.Random(7)
    for turn in range(6):
        file = tmp_path / f"{turn}.db"
        worker = subprocess.Popen([sys.executable, str(WORKER), str(file)], stdout=subprocess.PIPE, text=True)
        assert worker.stdout is not None
        assert worker.stdout.readline() == "ready\n"
        time.sleep(lots.uniform(0.05, 0.4))
        worker.send_signal(signal.SIGKILL)
        told = [line.split() for line in worker.stdout.read().splitlines(keepends=True) if line.endswith("\n")]
        worker.wait()
        worker.stdout.close()

        assert told, "it was killed before it did anything"
        connection = sqlite3.connect(file)
        lengths = dict(connection.execute("SELECT incident, count(*) FROM records GROUP BY incident"))
        assert lengths == dict(connection.execute("SELECT incident, length FROM incidents"))
        connection.close()
        assert [line for line in told if lengths.get(line[0], 0) < int(line[1])] == []


async def test_a_journal_that_was_killed_opens_whole_and_is_due_at_once(tmp_path: Path) -> None:
    file = tmp_path / "journal.db"
    worker = subprocess.Popen([sys.executable, str(WORKER), str(file)], stdout=subprocess.PIPE)  # noqa: ASYNC220
    assert worker.stdout is not None
    while (line := worker.stdout.readline()) and not line.startswith(b"INC"):
        pass
    worker.kill()
    worker.wait()
    worker.stdout.close()

    async with Sqlite.open(file) as journal:
        assert await verify(journal) == []
        assert len(await journal.claim("a", later(3600))) == len(await journal.summaries())
