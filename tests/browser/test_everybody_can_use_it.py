"""Every page can be used with a keyboard, a screen reader, a narrow phone, and without a script."""

from __future__ import annotations

import pytest
from playwright.async_api import Browser

from kuaihui.incident.pages import Acknowledged, Read
from tests.app.web.acted import Acted
from tests.browser.people import Seat, sits_down
from tests.servers.axe import faults

PAGES = ("/", "/me", "/sign-in", "/incidents/{}", "/incidents/{}/meeting", "/incidents/{}/document", "/incidents/{}/document/history")
AFTERWARDS = ("/incidents/{}", "/incidents/{}/replay", "/drills")


async def _underway(stage: Acted) -> str:
    """An incident with something of everything."""
    incident = await stage.rings(0.10)
    await stage.until(minutes=1)
    await stage.rings(0.15)
    await stage.does("dazhuang", incident, "Acknowledge")
    await stage.does("dazhuang", incident, "JoinMeeting")
    await stage.does(
        "xiaomei", incident, "Speak", words="@阿茂 " + "redis:connection-pool-timeout-" * 12 + " https://example.org/" + "x" * 200
    )
    await stage.does("xiaomei", incident, "RaiseHypothesis", hypothesis="h", claim="redis:" + "x" * 120)
    await stage.does("xiaomei", incident, "Propose", what="缓存" * 40, effect="y" * 120, risk="一点", way_back="关掉", proposal="9")
    await stage.does("ayi", incident, "Propose", what="扩容", proposal="10")
    await stage.does("amao", incident, "ChooseProposal", proposal="9", reason="可以随时关")
    await stage.does("xiaomei", incident, "StartHotfix", proposal="9", branch="hotfix/" + "long-" * 20)
    await stage.does("xiaomei", incident, "PassGate", gate="code")
    await stage.does("xiaomei", incident, "FailGate", gate="unit-tests", reason="有一个用例不过")
    await stage.does("amao", incident, "Report")
    await stage.does("amao", incident, "MakeTask", task="t", title="查清根因", owner="axin")
    await stage.does("xiaomei", incident, "EditDocument", section="plan", words="| a | b |\n|---|---|\n| " + "很长的一格" * 30 + " | c |")
    return incident


async def _over(stage: Acted, incident: str) -> None:
    """The same incident, closed, with its review."""
    for gate in ("unit-tests", "review", "pre-production", "test", "canary", "full", "verified"):
        await stage.does("amao", incident, "SkipGate", gate=gate, reason="演练")
    await stage.rings(0.0, firing=False)
    await stage.does("amao", incident, "DeclareFalseAlarm", reason="演练")


async def _unfolded(seat: Seat, address: str) -> None:
    """A page with everything unfolded that can be."""
    await seat.page.goto(address)
    await seat.page.evaluate("for (const one of document.querySelectorAll('main details:not(.more)')) one.open = true")


@pytest.mark.parametrize("look", ["light", "dark"])
async def test_axe_finds_nothing_on_any_page(looking: Acted, chromium: Browser, look: str) -> None:
    incident = await _underway(looking)
    seat = await sits_down(chromium, looking.address, "axin", phone=look == "dark", dark=look == "dark")
    found = {page: await _faults(seat, looking.address + page.format(incident)) for page in PAGES}
    await _over(looking, incident)
    found |= {f"{page} over": await _faults(seat, looking.address + page.format(incident)) for page in AFTERWARDS}

    assert {page: lines for page, lines in found.items() if lines} == {}


async def _faults(seat: Seat, address: str) -> list[str]:
    await _unfolded(seat, address)
    return await faults(seat.page)


@pytest.mark.parametrize("language", ["zh", "en"])
async def test_no_page_is_wider_than_a_narrow_phone(looking: Acted, chromium: Browser, language: str) -> None:
    incident = await _underway(looking)
    seat = await sits_down(chromium, looking.address, "axin", phone=True, language=language)
    wide = {page: await _too_wide(seat, looking.address + page.format(incident)) for page in PAGES}
    await _over(looking, incident)
    wide |= {f"{page} over": await _too_wide(seat, looking.address + page.format(incident)) for page in AFTERWARDS}

    assert {page: over for page, over in wide.items() if over} == {}
    assert seat.complaints == []


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
async def test_the_review_can_be_read_and_written_by_everybody(stage: Acted, chromium: Browser, dark: bool) -> None:
    incident = await stage.rings()
    await stage.does("amao", incident, "Acknowledge")
    await stage.does("amao", incident, "Speak", words="很长的一行" * 40)
    await stage.rings(firing=False)
    await stage.until(minutes=30)
    seat = await sits_down(chromium, stage.address, "amao", phone=True, dark=dark)
    review = f"{stage.address}/incidents/{incident}/review"

    assert await _faults(seat, review) == []
    assert await _too_wide(seat, review) == 0
    assert seat.complaints == []


async def _too_wide(seat: Seat, address: str) -> int:
    await _unfolded(seat, address)
    await seat.page.wait_for_timeout(100)
    return await seat.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")


async def test_the_big_buttons_lie_within_a_thumbs_reach(stage: Acted, chromium: Browser) -> None:
    incident = await stage.rings()
    seat = await sits_down(chromium, stage.address, "axin", phone=True)
    await seat.page.goto(f"{stage.address}/incidents/{incident}")
    box = await seat.page.locator("#actions button", has_text="接手").first.bounding_box()

    assert box
    assert box["height"] >= 44
    assert box["y"] > 740 * 0.7
    assert box["y"] + box["height"] <= 740


async def test_without_a_script_one_can_read_take_on_and_speak(stage: Acted, chromium: Browser) -> None:
    incident = await stage.rings()
    seat = await sits_down(chromium, stage.address, "axin", phone=True, script=False)
    await seat.page.goto(f"{stage.address}/incidents/{incident}")
    await seat.page.locator("#actions").get_by_role("button", name="接手").click()
    await seat.page.fill("#say-words", "我在处理")
    await seat.presses("发送")
    await seat.sees("我在处理", "#messages")

    assert [fact.by for fact in (await stage.timeline(incident)).all(Acknowledged)] == ["axin"]


async def test_the_keyboard_takes_it_on_writes_and_tells_its_keys(stage: Acted, chromium: Browser) -> None:
    incident = await stage.rings()
    seat = await sits_down(chromium, stage.address, "axin")
    await seat.page.keyboard.press("1")
    await seat.page.wait_for_url("**/incidents/*")
    await seat.page.keyboard.press("?")
    await seat.sees("在话题里发言", "dialog")
    await seat.page.keyboard.press("Escape")
    await seat.page.keyboard.press("a")
    await seat.sees("处理中", "#head")
    await seat.page.keyboard.press("m")
    await seat.page.keyboard.type("热 key")
    await seat.page.keyboard.press("Enter")
    await seat.sees("热 key", "#messages")

    assert [fact.by for fact in (await stage.timeline(incident)).all(Acknowledged)] == ["axin"]


async def test_what_one_is_writing_is_not_pulled_away_when_something_happens(stage: Acted, chromium: Browser) -> None:
    incident = await stage.rings()
    await stage.does("dazhuang", incident, "Acknowledge")
    seat = await sits_down(chromium, stage.address, "amao")
    await seat.page.goto(f"{stage.address}/incidents/{incident}")
    await seat.page.locator("#mine input[name=reason]").fill("在飞机上")
    await stage.does("dazhuang", incident, "Speak", words="有新消息")
    await seat.sees("有新消息", "#messages")

    assert await seat.page.locator("#mine input[name=reason]").input_value() == "在飞机上"


async def test_a_word_that_comes_while_the_page_is_open_is_read_when_somebody_is_there(stage: Acted, chromium: Browser) -> None:
    incident = await stage.rings()
    await stage.does("dazhuang", incident, "Speak", words="先开着页面")
    seat = await sits_down(chromium, stage.address, "ayi")
    await seat.page.goto(f"{stage.address}/incidents/{incident}")
    await stage.does("amao", incident, "CallIn", whom="ayi", reason="看 Redis")
    await seat.page.locator("[data-unread]").wait_for(state="attached")
    await seat.page.mouse.click(300, 300)
    await seat.page.locator("[data-unread]").wait_for(state="detached")

    assert "ayi" in {fact.person for fact in (await stage.timeline(incident)).all(Read)}


async def test_a_page_that_was_cut_off_says_so_and_catches_up(stage: Acted, chromium: Browser) -> None:
    incident = await stage.rings()
    seat = await sits_down(chromium, stage.address, "amao")
    await seat.page.goto(f"{stage.address}/incidents/{incident}")
    await seat.sees("实时", "header")
    await seat.page.context.set_offline(True)
    await stage.does("dazhuang", incident, "Speak", words="断网时说的")
    await seat.page.context.set_offline(False)
    await stage.does("dazhuang", incident, "Speak", words="回来以后说的")
    await seat.sees("断网时说的", "#messages")
    await seat.sees("回来以后说的", "#messages")

    assert await seat.page.locator("#messages").get_by_text("断网时说的").count() == 1


async def test_what_lies_days_ahead_is_counted_in_days_as_the_server_said_it(stage: Acted, chromium: Browser) -> None:
    seat = await sits_down(chromium, stage.address, "amao")
    told = await seat.page.evaluate(
        """async () => {
            const at = document.createElement('time');
            at.dataset.until = new Date(Date.parse(document.body.dataset.now) + 71.5 * 3600 * 1000).toISOString();
            document.querySelector('main').append(at);
            await new Promise(resolve => setTimeout(resolve, 1500));
            return at.textContent;
        }"""
    )

    assert told == "2 天 23 小时"


async def test_what_is_pressed_under_a_message_fits_a_thumb(stage: Acted, chromium: Browser) -> None:
    incident = await stage.rings()
    await stage.does("dazhuang", incident, "Speak", words="在看")
    seat = await sits_down(chromium, stage.address, "amao", phone=True)
    await seat.page.goto(f"{stage.address}/incidents/{incident}")
    boxes = [await one.bounding_box() for one in await seat.page.locator(".under :is(button, .button)").all()]

    assert boxes
    assert all(box is not None and min(box["width"], box["height"]) >= 40 for box in boxes)


async def test_what_each_command_does_can_be_read_on_a_phone(stage: Acted, chromium: Browser) -> None:
    incident = await stage.rings()
    seat = await sits_down(chromium, stage.address, "amao", phone=True)
    await seat.page.goto(f"{stage.address}/incidents/{incident}")
    await seat.page.locator(".sheet-of > summary", has_text="可用命令").click()
    widths = [box["width"] for one in await seat.page.locator(".sheet-of dd").all() if (box := await one.bounding_box())]

    assert widths
    assert min(widths) > 120
