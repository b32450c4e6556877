"""The document's page: written by several at once, kept in step, taken along."""

from __future__ import annotations

import re

from kuaihui.app.web.paper import rendered
from kuaihui.incident.room import DocumentEdited
from tests.app.web.acted import Acted


async def began(stage: Acted, incident: str, section: str) -> tuple[str, str]:
    """What somebody has before them when they begin to write: the base and the words."""
    async with stage.client("dazhuang") as http:
        page = (await http.get(f"/incidents/{incident}/document")).text
    base = re.search(rf'value="{section}"><input type="hidden" name="base" value="([^"]+)"', page)
    words = re.search(rf'id="w-{section}"[^>]*>(.*?)</textarea>', page, re.DOTALL)
    assert base
    assert words
    return base[1], words[1]


async def write(stage: Acted, person: str, incident: str, section: str, words: str, base: str) -> int:
    async with stage.client(person) as http:
        return (await http.post(f"/incidents/{incident}/document", data={"section": section, "words": words, "base": base})).status_code


async def whole(stage: Acted, incident: str) -> str:
    async with stage.client("amao") as http:
        return (await http.get(f"/incidents/{incident}/document.md")).text


async def test_what_people_wrote_stays_while_the_house_keeps_its_sections_in_step(stage: Acted) -> None:
    incident = await stage.rings()
    base, words = await began(stage, incident, "overview")
    assert await write(stage, "dazhuang", incident, "overview", words + "\n- 只影响读配置", base) == 303
    before = await whole(stage, incident)
    await stage.does("dazhuang", incident, "Acknowledge")
    after = await whole(stage, incident)

    assert "待接手" in before
    assert "只影响读配置" in before
    assert "处理中" in after
    assert "只影响读配置" in after
    assert "待接手" not in after.split("## 影响")[0]


async def test_two_who_write_at_once_lose_nothing_and_are_told(stage: Acted) -> None:
    incident = await stage.rings()
    base, _ = await began(stage, incident, "impact")
    await write(stage, "dazhuang", incident, "impact", "全部用户", base)
    await write(stage, "amao", incident, "impact", "一半用户", base)
    document = await whole(stage, incident)
    async with stage.client("amao") as http:
        page = (await http.get(f"/incidents/{incident}/document")).text

    assert "全部用户" in document
    assert "一半用户" in document
    assert "同一处有两个人改过" in page


async def test_keeping_what_is_there_already_is_no_edit(stage: Acted) -> None:
    incident = await stage.rings()
    base, words = await began(stage, incident, "impact")
    await write(stage, "dazhuang", incident, "impact", words.replace("&gt;", ">"), base)

    assert (await stage.timeline(incident)).all(DocumentEdited) == []


async def test_the_history_tells_who_wrote_what(stage: Acted) -> None:
    incident = await stage.rings()
    base, _ = await began(stage, incident, "plan")
    await write(stage, "xiaomei", incident, "plan", "读路径加进程内缓存", base)
    async with stage.client("amao") as http:
        page = (await http.get(f"/incidents/{incident}/document/history")).text

    assert "小美" in page
    assert "+ 读路径加进程内缓存" in page


async def test_a_section_that_is_not_in_the_template_is_not_found(stage: Acted) -> None:
    incident = await stage.rings()

    assert await write(stage, "amao", incident, "nothing", "x", "") == 404


async def test_a_section_that_somebody_is_asked_for_says_so_until_it_is_written(stage: Acted) -> None:
    incident = await stage.rings()
    await stage.does("dazhuang", incident, "Acknowledge")
    await stage.does("dazhuang", incident, "Mitigate", reason="已回滚")
    await stage.until(minutes=3)
    async with stage.client("amao") as http:
        asked = (await http.get(f"/incidents/{incident}/document")).text
    base, _ = await began(stage, incident, "impact")
    await write(stage, "xiaomei", incident, "impact", "约 15% 的登录失败", base)
    async with stage.client("amao") as http:
        written = (await http.get(f"/incidents/{incident}/document")).text

    assert ["来写：他最清楚" in page for page in (asked, written)] == [True, False]


def test_an_address_by_itself_is_a_link_and_no_other_one_is_touched() -> None:
    html = str(rendered("会议：https://meet.example.org/a_b?c=1，见 [图](https://x.example.org) `https://code.example.org`"))

    assert '会议：<a href="https://meet.example.org/a_b?c=1">https://meet.example.org/a_b?c=1</a>，见' in html
    assert html.count("<a ") == 2
    assert "<code>https://code.example.org</code>" in html
