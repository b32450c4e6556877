"""The team's own table is in force, and stays so through whatever goes wrong with it; swaps are shown in it while they hold."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from kuaihui.app.feishu_settings import FeishuColumns, FeishuRoster
from kuaihui.catalog.stand_ins import Span, StandIn
from kuaihui.emulators.feishu.control import add_person
from kuaihui.emulators.feishu.faults import CallFault
from kuaihui.emulators.feishu.papers import Field, Record, Table
from kuaihui.emulators.feishu.records import Person
from kuaihui.emulators.feishu.samples import ROSTER
from kuaihui.language import say
from tests.integrations.feishu.whole_house import BEGINS, Team, at_work, furnished, running, whole_house

SETTINGS = FeishuRoster(base=ROSTER)


@pytest.fixture
async def us(tmp_path: Path) -> AsyncIterator[Team]:
    async with whole_house(tmp_path, roster=SETTINGS) as made:
        yield made


def the_table(us: Team) -> Table:
    return us.tenant.world.bases[ROSTER].tables["tbl1"]


def row(us: Team, **cells: Any) -> Record:
    """The table's only row, with other cells."""
    (record,) = the_table(us).records.values()
    record.fields.update(cells)
    return record


def people(*names: str) -> list[dict[str, str]]:
    return [{"id": f"ou_{name}"} for name in names]


async def look(us: Team) -> list[str]:
    """Read the table; the faults' rules."""
    await us.house.table.look(us.house.catalog, us.clock.now())
    return [fault.rule for fault in us.house.faults]


def on_call(us: Team) -> tuple[str, ...]:
    return us.house.catalog.on_call("config-center", us.clock.now())


async def test_the_table_says_who_owns_and_who_is_on_call(us: Team) -> None:
    row(us, 负责人=people("ayi"), 值班=people("dazhuang"))
    assert await look(us) == []
    assert us.house.catalog.services["config-center"].owner == "ayi"
    assert on_call(us) == ("dazhuang",)
    assert us.house.catalog.services["config-center"].signal is not None  # all else stands in the files
    assert us.house.catalog.services["gateway"].owner == "ayi"


async def test_whom_it_puts_on_call_is_paged_in_feishu(us: Team) -> None:
    row(us, 值班=people("dazhuang"))
    await look(us)
    await us.alarm("Gateway5xxRatioHigh 网关 5xx 占比 10%")
    assert await us.last_card("dazhuang")


async def test_somebody_new_is_known_from_the_directory_with_their_leader(us: Team) -> None:
    add_person(us.tenant.world, Person("ou_new", "小新", mobile="13900000001", email="xiaoxin@example.com", leader="ou_amao"))
    row(us, 值班=people("new"))
    assert await look(us) == []
    assert on_call(us) == ("xiaoxin",)
    found = us.house.catalog.people["xiaoxin"]
    assert (found.name.zh, found.feishu, found.leader, found.reach) == ("小新", "ou_new", "amao", ("feishu",))
    await look(us)
    assert on_call(us) == ("xiaoxin",)


@pytest.mark.parametrize("column", ["业务线", "值班"])
async def test_a_column_that_is_gone_is_a_fault_and_the_last_good_table_stays(us: Team, column: str) -> None:
    row(us, 值班=people("dazhuang"))
    await look(us)
    table = the_table(us)
    table.fields[:] = [replace(one, name="改了名") if one.name == column else one for one in table.fields]
    assert await look(us) == ["table.no_column"]
    assert on_call(us) == ("dazhuang",)
    table.fields[:] = [replace(one, name=column) if one.name == "改了名" else one for one in table.fields]
    assert await look(us) == []


async def test_success_without_rows_is_a_fault_and_the_last_good_table_stays(us: Team) -> None:
    row(us, 值班=people("dazhuang"))
    await look(us)
    kept = dict(the_table(us).records)
    the_table(us).records.clear()
    assert await look(us) == ["table.empty"]
    assert on_call(us) == ("dazhuang",)
    assert "高级权限" in say(us.house.faults[0].told, "zh")
    the_table(us).records.update(kept)
    assert await look(us) == []


async def test_a_person_who_is_gone_is_a_fault_and_the_last_good_table_stays(us: Team) -> None:
    await look(us)
    before = on_call(us)
    row(us, 值班=people("nobody"))
    assert "table.person_gone" in await look(us)
    assert on_call(us) == before
    row(us, 值班=None)
    assert await look(us) == ["table.nobody"]
    assert on_call(us) == before


async def test_a_row_that_fits_no_service_is_told_and_hinders_no_other(us: Team) -> None:
    row(us, 值班=people("dazhuang"))
    table = the_table(us)
    cells = {"业务线": "支付", "负责人": people("amao"), "值班": people("amao")}
    table.records["rec_stray"] = Record("rec_stray", cells, us.clock.now(), us.clock.now())
    assert await look(us) == ["table.stray"]
    assert on_call(us) == ("dazhuang",)


async def test_while_feishu_is_away_the_last_good_table_stays_even_through_a_restart(tmp_path: Path) -> None:
    journal = f"sqlite:///{tmp_path}/kuaihui.db"
    async with running(furnished()) as tenant:
        async with at_work(tmp_path, tenant, journal=journal, roster=SETTINGS) as us:
            row(us, 值班=people("dazhuang"))
            await look(us)
        tenant.world.faults.calls.append(CallFault(kind="error", code=1254302, operation="bitable.*", times=100))
        async with at_work(tmp_path, tenant, journal=journal, roster=SETTINGS) as us:
            assert on_call(us) == ("dazhuang",)
            assert await look(us) == ["table.unread"]
            assert on_call(us) == ("dazhuang",)


async def test_names_in_a_text_column_are_found_in_the_catalog(tmp_path: Path) -> None:
    roster = FeishuRoster(base=ROSTER, columns=FeishuColumns(testers="测试"))
    async with whole_house(tmp_path, roster=roster) as us:
        the_table(us).fields.append(Field("fld9", "测试", 1))
        row(us, 测试="小帅、阿义")
        assert await look(us) == []
        assert us.house.catalog.services["config-center"].testers == ("xiaoshuai", "ayi")
        row(us, 测试="没有这个人")
        assert await look(us) == ["table.nobody_of_that_name"]


async def test_a_swap_is_written_into_the_table_while_it_holds_and_taken_back_after(us: Team) -> None:
    await look(us)
    assert on_call(us) == ("axin",)
    now = us.clock.now()
    span = Span(("dazhuang",), now, now + timedelta(hours=2))
    await us.house.overrides.make(StandIn("o-1", "config-center", (span,), "换班", "axin"), now)
    await look(us)
    assert on_call(us) == ("dazhuang",)
    assert [cell["id"] for cell in row(us).fields["值班"]] == ["ou_dazhuang"]  # type: ignore[union-attr]  # people
    await look(us)
    us.clock.move_to(BEGINS + timedelta(hours=3))
    assert on_call(us) == ("axin",)
    await look(us)
    assert [cell["id"] for cell in row(us).fields["值班"]] == ["ou_axin"]  # type: ignore[union-attr]  # people


async def test_what_people_write_during_a_swap_is_theirs(us: Team) -> None:
    await look(us)
    now = us.clock.now()
    await us.house.overrides.make(StandIn("o-1", "config-center", (Span(("dazhuang",), now, now + timedelta(hours=2)),), "", "axin"), now)
    await look(us)
    row(us, 值班=people("amao"))
    us.clock.move_to(BEGINS + timedelta(hours=3))
    await look(us)
    assert on_call(us) == ("amao",)
    assert [cell["id"] for cell in row(us).fields["值班"]] == ["ou_amao"]  # type: ignore[union-attr]  # people
