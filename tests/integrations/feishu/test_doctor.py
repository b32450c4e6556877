"""The doctor finds what is not set up, and says what to click; what is well it calls well."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from kuaihui.app.commands import doctor
from kuaihui.app.feishu import reader_of
from kuaihui.app.feishu_settings import FeishuRoster
from kuaihui.emulators.feishu.control import AppChange, change_app
from kuaihui.emulators.feishu.login import ALL_SCOPES
from kuaihui.emulators.feishu.office import ALERT_GROUP, APP_ID
from kuaihui.emulators.feishu.samples import ROSTER
from kuaihui.integrations.feishu.checkup import Checkup, Finding
from kuaihui.integrations.feishu.client.failures import Failure, FeishuBusy
from kuaihui.integrations.feishu.needs import EVENTS, SCOPES
from kuaihui.language import say
from tests.integrations.feishu.whole_house import Team, by_webhook, whole_house

DOCS = Path(__file__).parents[3] / "docs" / "integrations"


@pytest.fixture
async def us(tmp_path: Path) -> AsyncIterator[Team]:
    async with whole_house(tmp_path, roster=FeishuRoster(base=ROSTER), buzz=("app", "phone")) as made:
        yield made


async def looked(us: Team) -> list[Finding]:
    feishu, desk = us.house.settings.feishu, us.house.feishu
    assert feishu
    assert desk
    table = reader_of(feishu.roster, desk, lambda: us.house.catalog) if feishu.roster else None
    checkup = Checkup(desk.desk, doctor.asked(us.house.settings, feishu), table)
    return [found async for found in checkup.findings(us.clock.now())]


async def wrong(us: Team) -> list[str]:
    """What is not well: what, why and what to click, in English."""
    found = [one for one in await looked(us) if one.well is False]
    assert all(one.click for one in found), found
    return [" ".join(say(words, "en") for words in (one.what, one.why, one.click) if words) for one in found]


async def test_where_all_is_set_up_all_is_well(us: Team) -> None:
    assert await wrong(us) == []


async def test_wrong_credentials_stop_there(us: Team) -> None:
    change_app(us.tenant.world, AppChange(app_id=APP_ID, secret="another"))
    (fault,) = await wrong(us)
    assert f"{us.tenant.url}/app/{APP_ID}/baseinfo" in fault


async def test_where_feishu_is_out_of_reach_nobody_is_sent_to_copy_credentials(us: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    async def away() -> None:
        raise FeishuBusy(Failure(operation="auth", words="ConnectError"), timedelta(seconds=1))

    assert us.house.feishu
    monkeypatch.setattr(us.house.feishu.desk.feishu.application, "bot", away)
    (fault,) = await wrong(us)

    assert f"see that this machine reaches {us.tenant.url}" in fault
    assert "copy App ID" not in fault


@pytest.mark.parametrize("scope", ["im:message.group_msg", "im:message.urgent:phone", "vc:reserve", "bitable:app:readonly"])
async def test_a_permission_that_is_missing_is_named_with_where_to_add_it(us: Team, scope: str) -> None:
    change_app(us.tenant.world, AppChange(app_id=APP_ID, scopes=sorted(ALL_SCOPES - {scope})))
    faults = [fault for fault in await wrong(us) if f"permission {scope}:" in fault]
    assert len(faults) == 1
    assert f"/app/{APP_ID}/auth?q={scope}" in faults[0]


async def test_several_missing_permissions_are_on_one_page_of_the_console(us: Team) -> None:
    change_app(us.tenant.world, AppChange(app_id=APP_ID, scopes=sorted(ALL_SCOPES - {"vc:reserve", "docx:document"})))
    told = await wrong(us)

    assert len(told) == 3
    assert "2 are missing" in told[-1]
    assert "?q=docx:document,vc:reserve:" in told[-1]


async def test_what_is_not_used_is_not_asked_for(us: Team) -> None:
    change_app(us.tenant.world, AppChange(app_id=APP_ID, scopes=sorted(ALL_SCOPES - {"im:message.urgent:sms", "wiki:wiki:readonly"})))
    assert await wrong(us) == []


async def test_a_group_without_the_bot_is_named(us: Team) -> None:
    us.tenant.world.chats[ALERT_GROUP].bots.clear()
    assert any("Add bot" in fault and ALERT_GROUP in fault for fault in await wrong(us))


async def test_a_table_whose_column_is_gone_is_told(us: Team) -> None:
    us.tenant.world.bases[ROSTER].tables["tbl1"].fields[:] = []
    assert any("值班" in fault for fault in await wrong(us))


async def test_people_whom_feishu_does_not_know_are_named(us: Team) -> None:
    del us.tenant.world.people["ou_ayi"]
    assert any(fault.startswith("ayi is found") for fault in await wrong(us))


async def test_an_open_door_is_told(tmp_path: Path) -> None:
    async with whole_house(tmp_path, hearing=by_webhook(encrypt_key="", verification_token="")) as us:
        assert any("encrypt_key" in fault for fault in await wrong(us))


async def test_an_event_that_reaches_the_house_is_seen_and_one_that_does_not_too(us: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    feishu, desk = us.house.settings.feishu, us.house.feishu
    assert feishu
    assert desk
    groups = set(us.tenant.world.chats)
    assert (await doctor.event(us.house.settings, feishu, desk)).well
    assert {chat for chat, one in us.tenant.world.chats.items() if not one.dissolved} == groups  # nothing is left behind
    monkeypatch.setattr(doctor, "EVENT_WITHIN", 0.5)
    change_app(us.tenant.world, AppChange(app_id=APP_ID, event_types=["im.message.receive_v1"]))
    await asyncio.sleep(0)
    found = await doctor.event(us.house.settings, feishu, desk)
    assert found.well is False
    assert found.click


@pytest.mark.parametrize("page", ["feishu_app.md", "feishu_app.zh-CN.md"])
def test_the_documents_list_every_permission_and_event_with_why(page: str) -> None:
    written, language = (DOCS / page).read_text(), "zh" if "zh" in page else "en"
    for scope in SCOPES:
        assert f"| `{scope.names[0]}` |" in written, scope.names[0]
        assert say(scope.why, language) in written
    for event in EVENTS:
        assert f"| `{event.name}` |" in written, event.name
        assert say(event.why, language) in written
