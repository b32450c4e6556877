"""The journal in one file: what it promises beyond the contract."""

import asyncio
import os
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from kuaihui.errors import BadSettings
from kuaihui.integrations.sqlite import Sqlite
from kuaihui.journal.journal import LEASE, Claim
from kuaihui.journal.schema import upgrade as upgrading
from kuaihui.journal.schema.tables import metadata
from tests.journal.facts import START, acknowledged, adding, closed, later, opened, said


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "kept" / "journal.db"


async def until(so: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not so():  # noqa: ASYNC110 - a file tells nobody when it changes
            await asyncio.sleep(0.02)


async def test_a_journal_survives_its_process(file: Path) -> None:
    async with Sqlite.open(file) as journal:
        await journal.append([adding("INC-1", [opened()], due=later(5)), adding("INC-2", [opened("b"), closed()])])
        await journal.keep(b"picture", "image/png")
    async with Sqlite.open(file) as journal:
        assert await journal.next_due() == later(5)
        assert await journal.append([adding("INC-3", [opened()])]) == [False], "the key is still open"
        assert await journal.append([adding("INC-1", [acknowledged()], [opened()])]) == [True]
        assert [record.position for record in await journal.read("INC-1")] == [1, 4]


async def test_claims_of_a_process_that_has_gone_do_not_hinder_the_next(file: Path) -> None:
    async with Sqlite.open(file) as journal:
        await journal.append([adding("INC-1", [opened()], due=START)])
        [old] = await journal.claim("a", START)
    async with Sqlite.open(file) as journal:
        assert await journal.claim("b", START) == [Claim("INC-1", old.generation + 1)]
        assert await journal.schedule(old, 1, None) is False


async def test_a_second_process_is_refused_by_name(file: Path) -> None:
    async with Sqlite.open(file):
        code = f"import asyncio, kuaihui.integrations.sqlite as s\nasyncio.run(s.Sqlite.open({str(file)!r}).__aenter__())"
        second = await asyncio.to_thread(subprocess.run, [sys.executable, "-c", code], capture_output=True, text=True, check=False)

        assert second.returncode == 1
        assert f"is in use by process {os.getpid()}: stop that one" in second.stderr
        with pytest.raises(BadSettings, match="in use"):
            await Sqlite.open(file).__aenter__()
    async with Sqlite.open(file):
        pass


async def test_the_file_is_readable_by_its_owner_alone(file: Path) -> None:
    async with Sqlite.open(file) as journal:
        await journal.append([adding("INC-1", [opened()])])
        for part in file.parent.iterdir():
            assert stat.S_IMODE(part.stat().st_mode) == 0o600, part.name


async def test_a_journal_of_a_newer_version_is_refused(file: Path) -> None:
    async with Sqlite.open(file):
        pass
    connection = sqlite3.connect(file)
    connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.commit()
    connection.close()

    with pytest.raises(BadSettings, match=r"newer version of Kuaihui .*9999"):
        await Sqlite.open(file).__aenter__()


async def test_half_an_upgrade_is_none(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = upgrading.command.upgrade

    def broken(*values: object) -> None:
        whole(*values)  # type: ignore[arg-type]  # passed on as they came
        raise RuntimeError("the power went")

    monkeypatch.setattr(upgrading.command, "upgrade", broken)
    with pytest.raises(RuntimeError):
        await Sqlite.open(file).__aenter__()
    connection = sqlite3.connect(file)
    assert connection.execute("SELECT name FROM sqlite_master").fetchall() == []
    connection.close()
    monkeypatch.undo()
    async with Sqlite.open(file) as journal:
        assert await journal.append([adding("INC-1", [opened()])]) == [True]


async def test_the_history_makes_the_tables_that_the_code_speaks_of(file: Path) -> None:
    async with Sqlite.open(file):
        pass
    engine = sa.create_engine(f"sqlite:///{file}", poolclass=sa.NullPool)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


async def test_a_journal_up_to_date_opens_without_alembic(file: Path) -> None:
    async with Sqlite.open(file):
        pass
    code = (
        "import asyncio, sys, kuaihui.integrations.sqlite as s\n"
        f"async def main():\n async with s.Sqlite.open({str(file)!r}): print('alembic' in sys.modules, 'sqlalchemy' in sys.modules)\n"
        "asyncio.run(main())"
    )
    done = await asyncio.to_thread(subprocess.run, [sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]


async def test_asking_what_is_due_costs_no_query(file: Path) -> None:
    async with Sqlite.open(file) as journal:
        await journal.append([adding(f"INC-{n}", [opened(f"s{n}")], due=later(n / 100)) for n in range(1000)])
        said_: list[str] = []
        journal._reader._here.set_trace_callback(said_.append)  # what it says to SQLite
        assert len(await journal.claim("a", later(5))) == 501
        assert await journal.next_due() is not None
        assert said_ == []


async def test_the_file_learns_of_claims_and_schedules_when_it_is_quiet(file: Path) -> None:
    async with Sqlite.open(file) as journal:
        await journal.append([adding("INC-1", [opened()], due=START), adding("INC-2", [opened("b")], due=START)])
        first, _ = await journal.claim("a", START)
        await journal.schedule(first, 1, later(60))
        connection = sqlite3.connect(file)
        wanted = [(60, None, None, 1), (0, LEASE.seconds, "a", 1)]
        await until(lambda: _rows(connection) == wanted)
        connection.close()


def _rows(connection: sqlite3.Connection) -> list[tuple[int | None, ...]]:
    begin = int(START.timestamp() * 1_000_000)
    found = connection.execute("SELECT due, lease_until, owner, generation FROM incidents ORDER BY incident")
    return [
        ((due - begin) // 1_000_000, until and (until - begin) // 1_000_000, owner, generation) for due, until, owner, generation in found
    ]


async def test_what_is_scheduled_earlier_than_the_file_knows_is_on_the_disk_at_once(file: Path) -> None:
    async with Sqlite.open(file) as journal:
        await journal.append([adding("INC-1", [opened()], due=START)])
        [claim] = await journal.claim("a", START)
        await journal.append([adding("INC-1", [acknowledged()], [opened()], due=later(3600))])
        assert await journal.schedule(claim, 2, later(1))
        connection = sqlite3.connect(file)
        [row] = _rows(connection)
        connection.close()
        assert row[0] == 1


async def test_what_is_closed_and_not_due_is_forgotten_by_memory_and_remembered_by_the_file(file: Path) -> None:
    async with Sqlite.open(file) as journal:
        await journal.append([adding("INC-1", [opened(), closed()], due=START)])
        [claim] = await journal.claim("a", START)
        await journal.schedule(claim, 2, None)
        await until(lambda: journal._agenda.standing("INC-1") is None)  # what it remembers
        stale = adding("INC-1", [said("a")], [opened(), closed()], generation=0)
        assert await journal.append([stale]) == [False], "the file knows the newest generation"
        assert await journal.append([adding("INC-1", [said("a")], [opened(), closed()], due=START, generation=1)]) == [True]
        assert await journal.claim("a", START) == [Claim("INC-1", 2)]


async def test_a_full_disk_is_told_and_the_journal_goes_on_when_there_is_room(file: Path) -> None:
    async with Sqlite.open(file) as journal:
        await journal.append([adding("INC-1", [opened()])])
        connection = journal._writer._connection  # to make its disk small
        size = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {size}")
        with pytest.raises(sqlite3.OperationalError, match="full"):
            await journal.append([adding("INC-2", [opened("b"), said("x" * 100_000)])])
        connection.execute("PRAGMA max_page_count = 1000000")

        assert await journal.append([adding("INC-2", [opened("b")])]) == [True]
        assert await journal.append([adding("INC-1", [acknowledged()], [opened()])]) == [True]


async def test_work_that_breaks_hinders_no_other_in_its_commit(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with Sqlite.open(file) as journal:
        # A label that the database refuses: no text may hold half a character.
        odd = adding("INC-9", [opened("odd")])
        odd = type(odd)(odd.incident, 0, odd.facts, type(odd.summary)(**{**_fields(odd.summary), "title": "\ud800"}), None)
        kept = await asyncio.gather(
            *(journal.append([adding(f"INC-{n}", [opened(f"s{n}")])]) for n in range(4)), journal.append([odd]), return_exceptions=True
        )
        assert kept[:4] == [[True]] * 4
        assert isinstance(kept[4], UnicodeEncodeError)
        assert [record.position async for record in _first(journal, 4)] == [1, 2, 3, 4]


def _fields(summary: object) -> dict[str, object]:
    return {name: getattr(summary, name) for name in summary.__struct_fields__}  # type: ignore[attr-defined]  # a msgspec struct


async def _first(journal: Sqlite, count: int):
    following = journal.follow(0)
    async for record in following:
        yield record
        if record.position == count:
            break
    await following.aclose()  # type: ignore[attr-defined]  # it is a generator
