"""People come in with Feishu: a browser is sent there and back, and only who the catalog knows is let in."""

from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from kuaihui.app.settings import Settings
from kuaihui.app.settings_sections import Auth, Server
from kuaihui.emulators.feishu.control import add_person
from kuaihui.emulators.feishu.faults import CallFault
from kuaihui.emulators.feishu.records import Person
from kuaihui.errors import BadSettings
from tests.integrations.feishu.whole_house import Team, at_work, furnished, running


@pytest.fixture
async def us(tmp_path: Path) -> AsyncIterator[Team]:
    async with running(furnished()) as tenant, at_work(tmp_path, tenant, auth=Auth(mode="feishu")) as made:
        yield made


@pytest.fixture
async def browser() -> AsyncIterator[httpx.AsyncClient]:
    """Keeps cookies, and goes where it is sent one step at a time."""
    async with httpx.AsyncClient(trust_env=False) as made:
        yield made


async def sent_to_feishu(us: Team, browser: httpx.AsyncClient, next: str = "/me") -> str:
    """Where the sign-in page's button leads."""
    asked = await browser.get(f"{us.url}/sign-in", params={"next": next})
    assert "/sign-in/feishu?next=" in asked.text
    sent = await browser.get(f"{us.url}/sign-in/feishu", params={"next": next})
    assert sent.status_code == 303
    return sent.headers["location"]


async def chooses(browser: httpx.AsyncClient, feishu: str, person: str) -> str:
    """At Feishu, somebody says who they are; where they are sent back to."""
    return (await browser.get(f"{feishu}&as=ou_{person}")).headers["location"]


async def test_a_person_of_the_catalog_is_let_in_and_led_to_where_they_wanted(us: Team, browser: httpx.AsyncClient) -> None:
    back = await chooses(browser, await sent_to_feishu(us, browser), "axin")
    let_in = await browser.get(back)
    assert (let_in.status_code, let_in.headers["location"]) == (303, "/me")
    assert "阿新" in (await browser.get(f"{us.url}/")).text


async def test_without_signing_in_nothing_is_shown(us: Team, browser: httpx.AsyncClient) -> None:
    assert (await browser.get(f"{us.url}/api/v1/incidents")).status_code == 401
    assert (await browser.get(f"{us.url}/")).headers["location"].startswith("/sign-in")


async def test_a_stranger_is_told_what_to_ask_for(us: Team, browser: httpx.AsyncClient) -> None:
    add_person(us.tenant.world, Person("ou_stranger", "路人", mobile="13900000000", email="stranger@example.com"))
    refused = await browser.get(await chooses(browser, await sent_to_feishu(us, browser), "stranger"))
    assert refused.status_code == 401
    assert "路人" in refused.text
    assert "ou_stranger" in refused.text
    assert (await browser.get(f"{us.url}/api/v1/incidents")).status_code == 401


async def test_what_was_begun_in_another_browser_is_not_taken(us: Team, browser: httpx.AsyncClient) -> None:
    back = await chooses(browser, await sent_to_feishu(us, browser), "axin")
    async with httpx.AsyncClient(trust_env=False) as another:
        assert (await another.get(back)).status_code == 401
        await another.get(f"{us.url}/sign-in/feishu")  # its own attempt's cookie does not fit either
        assert (await another.get(back)).status_code == 401


async def test_what_has_come_back_once_does_not_come_back_again(us: Team, browser: httpx.AsyncClient) -> None:
    back = await chooses(browser, await sent_to_feishu(us, browser), "axin")
    assert (await browser.get(back)).status_code == 303
    assert (await browser.get(back)).status_code == 401


async def test_a_state_that_was_tampered_with_is_not_taken(us: Team, browser: httpx.AsyncClient) -> None:
    back = await chooses(browser, await sent_to_feishu(us, browser), "axin")
    code = parse_qs(urlsplit(back).query)["code"][0]
    assert (await browser.get(f"{us.url}/sign-in/feishu/back", params={"code": code, "state": "made-up"})).status_code == 401


async def test_who_does_not_agree_is_asked_again(us: Team, browser: httpx.AsyncClient) -> None:
    state = parse_qs(urlsplit(await sent_to_feishu(us, browser)).query)["state"][0]
    refused = await browser.get(f"{us.url}/sign-in/feishu/back", params={"error": "access_denied", "state": state})
    assert refused.status_code == 401
    assert "/sign-in/feishu" in refused.text


async def test_while_feishu_does_not_answer_it_says_so(us: Team, browser: httpx.AsyncClient) -> None:
    back = await chooses(browser, await sent_to_feishu(us, browser), "axin")
    us.tenant.world.faults.calls.append(CallFault(kind="html_502", operation="authen.v2.oauth.token"))
    assert "稍后" in (await browser.get(back, headers={"accept-language": "zh"})).text


async def test_a_link_to_elsewhere_leads_to_the_board(us: Team, browser: httpx.AsyncClient) -> None:
    back = await chooses(browser, await sent_to_feishu(us, browser, "//evil.example"), "axin")
    assert (await browser.get(back)).headers["location"] == "/"


def test_coming_in_with_feishu_needs_its_section() -> None:
    with pytest.raises(BadSettings, match="feishu"):
        Settings.load(auth=Auth(mode="feishu"), server=Server())
