"""One worker of many has an office, and another follows when it goes."""

import asyncio
import os
import signal
from contextlib import ExitStack

import pytest

from kuaihui.integrations.postgres import Postgres
from kuaihui.integrations.postgres.leading import Leading
from tests.servers.postgres import program_of, running_postgres, start_again, stop


async def test_one_of_two_has_the_office_and_the_other_follows(postgres_url: str) -> None:
    async with Postgres.open(postgres_url) as first:
        assert await first.lead("feishu")
        async with Postgres.open(postgres_url) as second:
            assert not await second.lead("feishu")
            assert await second.lead("another office")
            assert await first.lead("feishu")
    async with Postgres.open(postgres_url) as third:
        assert await third.lead("feishu")


async def test_who_loses_its_connection_loses_the_office(postgres_url: str) -> None:
    first, second = Leading(postgres_url), Leading(postgres_url)
    try:
        assert await first.lead("feishu")
        assert first._connection is not None
        first._connection.terminate()
        for _ in range(50):
            if await second.lead("feishu"):
                break
            await asyncio.sleep(0.05)
        assert await second.lead("feishu")
        assert not await first.lead("feishu")
    finally:
        await first.close()
        await second.close()


async def test_after_the_server_has_restarted_one_of_them_has_it_again() -> None:
    with running_postgres() as server, ExitStack() as stopping:
        program = program_of(server)
        first, second = Leading(server.url), Leading(server.url)
        try:
            assert [await first.lead("feishu"), await second.lead("feishu")] == [True, False]
            os.kill(server.pid, signal.SIGQUIT)
            await asyncio.sleep(1)  # longer than it takes to stop
            assert [await first.lead("feishu"), await second.lead("feishu")] == [False, False]
            stopping.callback(stop, await asyncio.to_thread(start_again, program, server.folder, server.port))

            leads = [False, False]
            async with asyncio.timeout(20):
                while not any(leads):
                    await asyncio.sleep(0.05)
                    leads = [await one.lead("feishu") for one in (second, first)]
            for _ in range(3):
                assert [await one.lead("feishu") for one in (second, first)] == leads
            assert sum(leads) == 1
        finally:
            await first.close()
            await second.close()


async def test_while_the_server_is_away_nobody_has_it(unused_tcp_port: int) -> None:
    leading = Leading(f"postgresql://nobody@127.0.0.1:{unused_tcp_port}/none")
    assert not await leading.lead("feishu")
    await leading.close()


@pytest.mark.parametrize("office", ["feishu", "x" * 200])
async def test_an_office_of_any_name_can_be_had(postgres_url: str, office: str) -> None:
    leading = Leading(postgres_url)
    assert await leading.lead(office)
    await leading.close()
