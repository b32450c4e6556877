"""Several workers of one deployment: one reads the team's table, and a change that any of them hears of is in force on all of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from kuaihui.app.table_watch import NEWS, TableWatch
from kuaihui.app.wiring import start
from tests.integrations.feishu.test_table import SETTINGS, on_call, people, the_table
from tests.integrations.feishu.whole_house import Team, at_work, furnished, running


@asynccontextmanager
async def two_workers(folder: Path, journal: str) -> AsyncIterator[tuple[Team, Team]]:
    """The one that reads, and another one, to which Feishu happens to send its events."""
    async with running(furnished()) as tenant, at_work(folder, tenant, journal=journal, roster=SETTINGS) as first:
        assert await first.house.journal.lead("feishu")
        assert first.house.listening
        await first.house.listening.subscribe()
        other = folder / "other"
        other.mkdir()
        async with at_work(other, tenant, journal=journal, roster=SETTINGS) as second:
            yield first, second


def watch(us: Team) -> TableWatch:
    assert us.house.hearing
    house = us.house
    return TableWatch(house.table, house.journal, lambda: house.catalog, us.clock, timedelta(minutes=5), us.house.hearing.table_changed)


async def writes(us: Team, person: str) -> None:
    """Somebody of the team writes in the table, in Feishu, who is on call."""
    (record,) = the_table(us).records
    await us.does("amao", "edit_row", base=SETTINGS.base, table="tbl1", record=record, fields={"值班": people(person)})


async def test_a_change_that_another_worker_hears_of_is_in_force_on_both(tmp_path: Path, postgres_url: str) -> None:
    async with two_workers(tmp_path, postgres_url) as (first, second):
        reader, other = watch(first), watch(second)
        await reader.turn()
        await other.turn()
        assert (on_call(first), on_call(second)) == (("axin",), ("axin",))

        await writes(second, "dazhuang")
        for one in (other, reader, other):
            await one.turn()

        assert (on_call(first), on_call(second)) == (("dazhuang",), ("dazhuang",))
        assert len(await first.house.journal.standing("table", first.clock.now())) == 1, "of all tables kept, only the newest stands"


async def test_news_that_were_read_are_not_read_again(tmp_path: Path, postgres_url: str) -> None:
    async with two_workers(tmp_path, postgres_url) as (first, second):
        reader, other = watch(first), watch(second)
        await reader.turn()
        await writes(second, "dazhuang")
        await other.turn()
        await reader.turn()
        before = len(first.tenant.world.calls)
        await reader.turn()

        assert len(await first.house.journal.standing(NEWS, first.clock.now())) == 1
        assert len(first.tenant.world.calls) == before


async def test_running_workers_have_the_new_roster_within_seconds(tmp_path: Path, postgres_url: str) -> None:
    async with two_workers(tmp_path, postgres_url) as (first, second):
        await start(first.house)
        await start(second.house)
        await _until(lambda: on_call(first) == on_call(second) == ("axin",))
        await writes(second, "dazhuang")

        await _until(lambda: on_call(first) == on_call(second) == ("dazhuang",))


async def _until(so: Callable[[], bool]) -> None:
    for _ in range(200):
        if so():
            return
        await asyncio.sleep(0.1)
    pytest.fail("it did not come to it")
