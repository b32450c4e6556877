"""The pages: in both languages, safe, usable without a script, light on the wire."""

from __future__ import annotations

import re
from pathlib import Path

import httpx
import pytest

import kuaihui.app.web
from kuaihui.app.web.drawing import coded
from kuaihui.incident.pages import Acknowledged, Read
from kuaihui.incident.room import MeetingJoined, MessagePosted, Reacted, Visited
from tests.app.web.acted import Acted
from tests.app.web.test_api import PIXEL

WEB = Path(kuaihui.app.web.__file__).parent
EVIL = "<script>alert(1)</script><img src=x onerror=alert(1)> javascript:alert(1) @阿茂 https://example.org/?a=1&b=<b>"


async def get(stage: Acted, path: str, person: str = "dazhuang", **headers: str) -> httpx.Response:
    async with stage.client(person, **headers) as http:
        return await http.get(path)


async def pressed(stage: Acted, person: str, path: str, **data: str) -> httpx.Response:
    async with stage.client(person) as http:
        answer = await http.post(path, data=data)
    await stage.settle()
    return answer


PAGES = (
    "/",
    "/?state=all",
    "/me",
    "/sign-in",
    "/incidents/{}",
    "/incidents/{}/meeting",
    "/incidents/{}/document",
    "/incidents/{}/document/history",
)


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("page", PAGES)
async def test_every_page_stands_in_both_languages(stage: Acted, page: str, language: str) -> None:
    incident = await stage.rings()
    await stage.does("dazhuang", incident, "Acknowledge")
    async with stage.client("dazhuang") as http:
        http.cookies.set("kuaihui_language", language)
        answer = await http.get(page.format(incident))

    assert answer.status_code == 200
    assert f'lang="{"zh-CN" if language == "zh" else "en"}"' in answer.text
    assert ("快恢" if language == "zh" else "Kuaihui") in answer.text


async def test_the_reader_is_told_in_their_own_language_before_their_browsers(stage: Acted) -> None:
    chosen = await get(stage, "/", "dazhuang", **{"Accept-Language": "en-US"})
    nobody = await get(stage, "/", "", **{"Accept-Language": "en-US"})

    assert (
        chosen.text.split("aria-current")[1][:30].split(">")[1].split("<")[0],
        nobody.text.split("aria-current")[1][:30].split(">")[1].split("<")[0],
    ) == ("看板", "Board")


async def test_no_page_runs_a_script_or_style_that_is_not_a_file_of_ours(stage: Acted) -> None:
    incident = await stage.rings()
    for page in PAGES:
        answer = await get(stage, page.format(incident))
        policy = answer.headers["content-security-policy"]

        assert "script-src 'self'" in policy
        assert "unsafe" not in policy
        assert not re.search(r"<script(?![^>]*(?:src=|application/json))|\sstyle=|\son\w+=|<style", answer.text)
        assert not re.findall(r'(?:src|href)="(?:https?:)?//(?!127\.0\.0\.1)', answer.text)
        assert (answer.headers["x-content-type-options"], answer.headers["cache-control"]) == ("nosniff", "no-store")


async def test_what_people_write_is_text_and_never_markup(stage: Acted) -> None:
    incident = await stage.rings()
    await stage.does("dazhuang", incident, "Speak", words=EVIL)
    await stage.does("dazhuang", incident, "GiveRole", role="communicator", to="dazhuang", reason=EVIL)
    await stage.does("dazhuang", incident, "EditDocument", section="impact", words=EVIL + "\n\n[x](javascript:alert(1))")
    for page in PAGES:
        text = (await get(stage, page.format(incident))).text

        assert "<script>alert" not in text
        assert "<img src=x" not in text
        assert not re.search(r'href="javascript:', text, re.IGNORECASE)
    shown = (await get(stage, f"/incidents/{incident}")).text
    assert '<b class="at">@阿茂</b>' in shown
    assert 'rel="noopener' in shown


async def test_opening_the_page_is_reading_it(stage: Acted) -> None:
    incident = await stage.rings()
    await get(stage, f"/incidents/{incident}", "axin", **{"Sec-Purpose": "prefetch"})
    ahead = (await stage.timeline(incident)).all(Read)
    await get(stage, f"/incidents/{incident}", "axin")
    timeline = await stage.timeline(incident)

    assert ahead == []
    assert [fact.person for fact in timeline.all(Read)] == ["axin"]
    assert [fact.by for fact in timeline.all(Visited)] == ["axin"]


async def test_a_button_works_without_a_script(stage: Acted) -> None:
    incident = await stage.rings()
    answer = await pressed(stage, "axin", f"/incidents/{incident}/do", deed="Acknowledge")

    assert (303, f"/incidents/{incident}") == (answer.status_code, answer.headers["location"])
    assert [fact.by for fact in (await stage.timeline(incident)).all(Acknowledged)] == ["axin"]


async def test_a_button_in_a_page_that_stands_is_answered_with_nothing(stage: Acted) -> None:
    incident = await stage.rings()
    async with stage.client("axin", **{"HX-Request": "true"}) as http:
        answer = await http.post(f"/incidents/{incident}/do", data={"deed": "Acknowledge"})

    assert (answer.status_code, answer.content) == (204, b"")


async def test_what_is_refused_is_told_on_the_page_with_the_reason(stage: Acted) -> None:
    incident = await stage.rings()
    page = await pressed(stage, "axin", f"/incidents/{incident}/do", deed="JoinMeeting")
    async with stage.client("axin", **{"HX-Request": "true"}) as http:
        note = await http.post(f"/incidents/{incident}/say", data={"words": "/foo"})

    assert page.status_code == 409
    assert "会议还没有开" in page.text
    assert (note.status_code, note.headers["hx-retarget"]) == (409, "#news")
    assert "没有命令 /foo" in note.text


async def test_a_field_that_is_wrong_is_named_in_the_readers_language(stage: Acted) -> None:
    incident = await stage.rings()
    answer = await pressed(stage, "amao", f"/incidents/{incident}/do", deed="SetSeverity", severity="bad")

    assert answer.status_code == 422
    assert "severity：不是数字" in answer.text


async def test_a_message_takes_pictures_along(stage: Acted) -> None:
    incident = await stage.rings()
    async with stage.client("xiaomei") as http:
        answer = await http.post(
            f"/incidents/{incident}/say", data={"words": "LTS 截图"}, files=[("pictures", ("a.png", PIXEL, "image/png"))]
        )
        wrong = await http.post(f"/incidents/{incident}/say", data={"words": "x"}, files=[("pictures", ("a.png", b"<svg/>", "image/png"))])
    [posted] = [fact for fact in (await stage.timeline(incident)).all(MessagePosted) if fact.by == "xiaomei"]
    page = await get(stage, f"/incidents/{incident}")

    assert (answer.status_code, wrong.status_code) == (303, 409)
    assert f'src="/api/v1/artifacts/{posted.pictures[0]}"' in page.text


async def test_a_reaction_pressed_twice_is_taken_back(stage: Acted) -> None:
    incident = await stage.rings()
    await stage.does("xiaomei", incident, "Speak", words="热 key")
    [message] = [fact.message for fact in (await stage.timeline(incident)).all(MessagePosted) if fact.by == "xiaomei"]
    for _ in range(2):
        await pressed(stage, "axin", f"/incidents/{incident}/do", deed="React", message=message, emoji="👍", toggle="1")

    assert [fact.taken_back for fact in (await stage.timeline(incident)).all(Reacted)] == [False, True]


async def test_joining_the_meeting_is_a_fact_and_the_way_back_is_the_meeting(stage: Acted) -> None:
    incident = await stage.rings()
    await stage.does("dazhuang", incident, "Acknowledge")
    answer = await pressed(stage, "dazhuang", f"/incidents/{incident}/do", deed="JoinMeeting", at="meeting")

    assert answer.headers["location"] == f"/incidents/{incident}/meeting"
    assert [fact.by for fact in (await stage.timeline(incident)).all(MeetingJoined)] == ["dazhuang"]


async def test_the_board_is_filtered_by_its_address(stage: Acted) -> None:
    incident = await stage.rings()
    shown = {
        query: incident in (await get(stage, f"/?{query}")).text
        for query in ("", "state=open", "state=closed", "service=gateway", "words=5XX", "words=zzz", "severity=1", "severity=3")
    }

    assert shown == {
        "": True,
        "state=open": True,
        "state=closed": False,
        "service=gateway": False,
        "words=5XX": True,
        "words=zzz": False,
        "severity=1": False,
        "severity=3": True,
    }


async def test_an_incident_is_declared_with_a_form(stage: Acted) -> None:
    answer = await pressed(stage, "amao", "/incidents", service="config-center", title="用户报障", severity="2")

    assert answer.status_code == 303
    assert "用户报障" in (await get(stage, answer.headers["location"])).text


async def test_my_page_says_what_wants_me_and_whether_i_can_be_got(stage: Acted) -> None:
    await stage.rings()
    axin, amao = [(await get(stage, "/me", person)).text for person in ("axin", "amao")]

    assert "网关 5xx 占比高" in axin
    assert "网关 5xx 占比高" not in amao
    assert "只能通过站内收件箱找到你" in amao


async def test_my_page_does_not_say_that_nothing_waits_beside_what_does(stage: Acted) -> None:
    incident = await stage.rings()
    await stage.does("dazhuang", incident, "Acknowledge")
    await get(stage, f"/incidents/{incident}", "axin")
    mine = (await get(stage, "/me", "axin")).text

    assert "想请你担任通讯员" in mine
    assert "这个故障没有等你处理的事" not in mine


async def test_what_is_not_there_is_told_on_a_page(stage: Acted) -> None:
    answer = await get(stage, "/incidents/nothing")

    assert answer.status_code == 404
    assert "没有故障 nothing" in answer.text


async def test_what_is_to_be_typed_is_shown_as_code_and_nothing_else_is(stage: Acted) -> None:
    told = await get(stage, "/drill")

    assert "<code>kuaihui drill</code>" in told.text
    assert coded("`a` <b>`c") == "<code>a</code> &lt;b&gt;`c"


async def test_scripts_and_styles_are_light(stage: Acted) -> None:
    """At most 60 KiB compressed over the wire on any page: whatever it asks for, and whatever lies there to be asked for."""
    incident = await stage.rings()
    asked = {page: _scripts_and_styles((await get(stage, page.format(incident))).text) for page in PAGES}
    known = {f"/{path.relative_to(WEB)}" for folder in ("static", "vendor") for path in (WEB / folder).glob("*.[cj]s*")}
    weights = {address: await _weight(stage, address) for address in set().union(*asked.values())}

    assert {address.partition("?")[0] for address in weights} == known
    assert {page: sum(weights[address] for address in addresses) <= 60 * 1024 for page, addresses in asked.items()} == dict.fromkeys(
        PAGES, True
    )


def _scripts_and_styles(html: str) -> set[str]:
    return {tag[1] for tag in re.finditer(r'<(?:script|link)[^>]*\s(?:src|href)="([^"]+\.(?:js|css)[^"]*)"', html)}


async def _weight(stage: Acted, address: str) -> int:
    """The bytes of an answer's body as a browser would be sent it."""
    async with stage.client("dazhuang", **{"Accept-Encoding": "gzip"}) as http, http.stream("GET", address) as answer:
        return sum([len(chunk) async for chunk in answer.aiter_raw()])


async def test_scripts_and_styles_are_kept_by_browsers_until_they_change(stage: Acted) -> None:
    page = await get(stage, "/")
    for address in re.findall(r'(?:src|href)="(/(?:static|vendor)/[^"]+)"', page.text):
        answer = await get(stage, address)

        assert answer.status_code == 200
        assert "immutable" in answer.headers["cache-control"]
