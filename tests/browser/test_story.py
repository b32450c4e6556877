"""STORY, chapters 1 and 2, acted by three people in three browsers at once; nobody reloads a page."""

from __future__ import annotations

from playwright.async_api import Browser

from kuaihui.incident.holders import holders, in_meeting, parts
from kuaihui.incident.pages import Acknowledged, Read
from kuaihui.incident.room import MessagePosted, PulledIn
from kuaihui.incident.timeline import Timeline
from tests.app.web.acted import Acted
from tests.browser.people import sits_down


async def test_alert_page_unread_next_taken_on_roles_meeting_topic(stage: Acted, chromium: Browser) -> None:  # noqa: PLR0915  # one story
    dazhuang = await sits_down(chromium, stage.address, "dazhuang", phone=True)
    amao = await sits_down(chromium, stage.address, "amao")
    xiaomei = await sits_down(chromium, stage.address, "xiaomei", dark=True)
    await dazhuang.sees("一切正常")

    # 1.1 The alert is on everybody's board by itself.
    incident = await stage.rings(0.10)
    for seat in (dazhuang, amao, xiaomei):
        await seat.sees("网关 5xx 占比高")
    await dazhuang.page.get_by_role("link", name="网关 5xx 占比高").click()
    await dazhuang.sees("阿新还没读呼叫")

    # 1.3 and 2.1: nobody reads for a minute, it gets worse, the next one is called, and sees it.
    await stage.until(minutes=1)
    await stage.rings(0.15)
    await dazhuang.sees("正在呼叫你")
    await dazhuang.sees("15 %", ".big.value")
    await dazhuang.presses("接手")
    await dazhuang.sees("处理中", "#head")
    await stage.settle()
    await amao.sees("大壮已接手")

    # 2.2: roles are taken where they are asked for.
    for seat in (amao, xiaomei):
        await seat.page.get_by_role("link", name="网关 5xx 占比高").click()
    await amao.sees("想请你担任应急负责人")
    await amao.page.locator("#mine").get_by_role("button", name="我来担任").click()
    await xiaomei.page.locator("#mine").get_by_role("button", name="我来担任").click()
    await dazhuang.sees("应急负责人", ".people tr[data-who=amao]")
    await dazhuang.sees("快恢负责人", ".people tr[data-who=xiaomei]")
    await stage.settle()

    # 2.3: the meeting; the absent communicator's role goes to somebody who is there.
    async with amao.page.expect_navigation():
        await amao.page.locator("[data-join]").click()
    await amao.sees("会议约定")
    await amao.page.go_back()
    await xiaomei.sees("会中：阿茂", "#room")
    await stage.settle()
    await stage.until(minutes=3, seconds=30)
    await xiaomei.sees("副手：阿新", ".roles")

    # 2.4: operations are pulled in by a word in the topic; a mention is completed; everybody reads it at once.
    await amao.says("拉 运维 看一下 Redis")
    await xiaomei.sees("阿茂拉阿义进来", "#facts")
    await stage.settle()
    await xiaomei.page.fill("#say-words", "")
    await xiaomei.page.locator("#say-words").press_sequentially("@阿")
    await xiaomei.page.locator("#offers li").first.wait_for()
    await xiaomei.page.keyboard.press("Escape")
    await xiaomei.says("@阿茂 LTS 里大量 redis: connection pool timeout")
    await dazhuang.sees("redis: connection pool timeout", "#messages")
    await amao.page.locator(".message.to-me").first.wait_for()

    it_is_all_in_the_timeline(await stage.timeline(incident))
    assert (dazhuang.complaints, amao.complaints, xiaomei.complaints) == ([], [], [])


def it_is_all_in_the_timeline(timeline: Timeline) -> None:
    """What three people did on their pages is what stands in the facts."""
    assert [fact.by for fact in timeline.all(Acknowledged)] == ["dazhuang"]
    assert {"incident-lead": "amao", "recovery-lead": "xiaomei", "communicator": "dazhuang"}.items() <= holders(timeline).items()
    assert parts(timeline)["communicator"].second == "axin"
    assert {"amao"} == in_meeting(timeline)
    assert {"ayi"} <= {fact.person for fact in timeline.all(PulledIn)}
    assert ("amao",) in [fact.mentions for fact in timeline.all(MessagePosted)]
    assert "axin" not in {fact.person for fact in timeline.all(Read)}
