"""The journal in PostgreSQL: what it promises beyond the contract."""

import asyncio
import os
import signal
from contextlib import ExitStack

import asyncpg
import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy.ext.asyncio import create_async_engine

from kuaihui.errors import BadSettings
from kuaihui.integrations.postgres import Postgres
from kuaihui.integrations.postgres import appender as appending
from kuaihui.integrations.postgres.connections import Connection
from kuaihui.journal.schema.tables import metadata
from kuaihui.journal.verify import verify
from tests.journal.facts import START, acknowledged, adding, later, opened, said
from tests.servers.postgres import program_of, running_postgres, start_again, stop


async def test_workers_may_start_at_once_on_an_empty_database(postgres_url: str) -> None:
    async def start(number: int) -> list[bool]:
        async with Postgres.open(postgres_url) as journal:
            return await journal.append([adding(f"INC-{number}", [opened(f"s{number}")])])

    assert await asyncio.gather(*map(start, range(4))) == [[True]] * 4


async def test_the_history_makes_the_tables_that_the_code_speaks_of(postgres_url: str) -> None:
    async with Postgres.open(postgres_url):
        pass
    engine = create_async_engine(postgres_url.replace("postgresql:", "postgresql+asyncpg:"), poolclass=sa.NullPool)
    async with engine.connect() as connection:
        assert await connection.run_sync(lambda sync: compare_metadata(MigrationContext.configure(sync), metadata)) == []
    await engine.dispose()


async def test_a_journal_of_a_newer_version_is_refused(postgres_url: str) -> None:
    async with Postgres.open(postgres_url):
        pass
    connection = await asyncpg.connect(postgres_url)
    await connection.execute("UPDATE alembic_version SET version_num = '9999'")
    await connection.close()

    with pytest.raises(BadSettings, match=r"newer version of Kuaihui .*9999"):
        await Postgres.open(postgres_url).__aenter__()


async def test_the_database_itself_refuses_two_open_incidents_of_one_key(postgres_url: str) -> None:
    async with Postgres.open(postgres_url) as journal:
        await journal.append([adding("INC-1", [opened()])])
    connection = await asyncpg.connect(postgres_url)
    with pytest.raises(asyncpg.UniqueViolationError, match="one_open_incident_a_key"):
        await connection.execute('INSERT INTO incidents SELECT (jsonb_populate_record(i, \'{"incident": "INC-2"}\')).* FROM incidents i')
    await connection.close()


async def test_an_append_that_breaks_hinders_no_other_in_its_commit(postgres_url: str) -> None:
    async with Postgres.open(postgres_url) as journal:
        odd = adding("INC-\x00", [opened("odd")])  # PostgreSQL keeps no NUL in a text
        many = [journal.append([adding(f"INC-{n}", [opened(f"s{n}")])]) for n in range(4)]
        *kept, bad = await asyncio.gather(*many, journal.append([odd]), return_exceptions=True)

        assert kept == [[True]] * 4
        assert isinstance(bad, asyncpg.PostgresError)


async def test_a_commit_whose_answer_was_lost_is_not_made_twice_and_not_called_lost(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost: list[str] = []

    async def within(self: appending.Appender, connection: Connection, *rest: object) -> object:
        answer = await whole(self, connection, *rest)  # type: ignore[arg-type]  # passed on as they came
        if not lost:
            lost.append("the answer")
            raise ConnectionResetError("the cable was pulled after COMMIT")
        return answer

    whole = appending.Appender._within
    async with Postgres.open(postgres_url) as journal:
        await journal.append([adding("INC-1", [opened()])])
        monkeypatch.setattr(appending.Appender, "_within", within)

        assert await journal.append([adding("INC-1", [acknowledged()], [opened()]), adding("INC-2", [opened()])]) == [True, False]
        assert lost
        assert len(await journal.read("INC-1")) == 2
        assert await verify(journal) == []


async def test_a_commit_that_was_lost_on_its_way_is_made_again(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    lost: list[str] = []
    whole = appending.Appender._standing

    async def standing(self: appending.Appender, connection: Connection, *rest: object) -> object:
        answer = await whole(self, connection, *rest)  # type: ignore[arg-type]  # passed on as they came
        if not lost:
            lost.append("the commit")
            raise ConnectionResetError("the cable was pulled before COMMIT")
        return answer

    monkeypatch.setattr(appending.Appender, "_standing", standing)
    async with Postgres.open(postgres_url) as journal:
        assert await journal.append([adding("INC-1", [opened()])]) == [True]
        assert lost
        assert len(await journal.read("INC-1")) == 1


async def test_a_server_that_restarts_is_waited_for() -> None:
    with running_postgres(fsync="on") as server:
        program = program_of(server)
        async with Postgres.open(server.url) as journal, Postgres.open(server.url) as other:
            await journal.append([adding("INC-1", [opened()], due=START)])
            following = asyncio.create_task(_second(other))
            os.kill(server.pid, signal.SIGQUIT)  # at once, as in a crash: the log is replayed at the next start
            with ExitStack() as stopping:
                waiting = asyncio.create_task(journal.append([adding("INC-1", [acknowledged()], [opened()], due=START)]))
                reading = asyncio.create_task(journal.read("INC-1"))
                await asyncio.sleep(1)  # longer than it takes to stop
                assert not waiting.done()
                again = await asyncio.to_thread(start_again, program, server.folder, server.port)
                stopping.callback(stop, again)

                assert await asyncio.wait_for(waiting, 30) == [True]
                assert len(await asyncio.wait_for(reading, 30)) in {1, 2}
                assert await asyncio.wait_for(following, 30) == 2
                assert len(await other.claim("a", later(5))) == 1
                assert await verify(other) == []
                assert await journal.append([adding("INC-1", [said("on")], [opened(), acknowledged()])]) == [True]


async def _second(journal: Postgres) -> int:
    async for record in journal.follow(1):
        return record.position
    return 0
