"""The incident's page beyond alert and people: cause, repair, reports, tasks, what was missed; all of it without a script."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest

from kuaihui.app.suggestions import keeper, suggestions
from kuaihui.incident.repair import GateFailed, GatePassed, GateSkipped, HotfixStarted, ProposalChosen, ProposalMade, Reported
from kuaihui.incident.room import MessagePosted
from kuaihui.incident.tasks import TaskDone, TaskMade
from kuaihui.incident.thinking import ChangeExcluded, HypothesisConfirmed, HypothesisRaised
from kuaihui.language import plain
from kuaihui.orders import Suggest
from tests.app.web.acted import Acted, acted
from tests.app.web.test_pages import get, pressed
from tests.nights.evidence import Saturday, with_sources

WHY = plain("换一个会响的渠道")


@pytest.fixture
async def looked() -> AsyncIterator[tuple[Acted, str]]:
    """A house whose sources show the story's Saturday, and its incident, taken on."""
    async with acted(integrations=[Saturday()]) as stage:
        stage.house.shelf.catalog = with_sources()
        incident = await stage.rings()
        await stage.until(seconds=20)
        await stage.does("dazhuang", incident, "Acknowledge")
        yield stage, incident


async def shown(stage: Acted, incident: str, person: str = "amao") -> str:
    return (await get(stage, f"/incidents/{incident}", person)).text


async def does(stage: Acted, incident: str, person: str, deed: str, **given: str) -> httpx.Response:
    """As a browser without a script does it: a form, answered with the way back."""
    return await pressed(stage, person, f"/incidents/{incident}/do", deed=deed, **given)


async def test_what_was_seen_and_what_is_believed_stand_on_the_page(looked: tuple[Acted, str]) -> None:
    stage, incident = looked
    page = await shown(stage, incident)

    for words in ("redis: connection pool timeout", "4000×", "hot key: config:shared", "v1.8.2", "已排除", "Redis 存在热 key", "已确认"):
        assert words in page, words
    assert 'href="https://source.example.org/SearchLogs"' in page


async def test_a_hypothesis_is_raised_and_judged_by_people(looked: tuple[Acted, str]) -> None:
    stage, incident = looked
    answer = await does(stage, incident, "ayi", "RaiseHypothesis", claim="网卡打满", at="findings")
    [raised] = [fact for fact in (await stage.timeline(incident)).all(HypothesisRaised) if fact.by == "ayi"]
    await does(stage, incident, "ayi", "RejectHypothesis", hypothesis=raised.hypothesis, reason="流量正常")
    page = await shown(stage, incident)

    assert (answer.status_code, answer.headers["location"]) == (303, f"/incidents/{incident}#findings")
    assert "网卡打满" in page
    assert "流量正常" in page
    assert "已否定" in page


async def test_a_suspect_change_is_excluded_with_a_reason(looked: tuple[Acted, str]) -> None:
    stage, incident = looked
    await does(stage, incident, "xiaomei", "ExcludeChange", change="d1", reason="只改了文案")

    assert "xiaomei" in {fact.by for fact in (await stage.timeline(incident)).all(ChangeExcluded)}
    assert "只改了文案" in await shown(stage, incident)


async def test_a_proposal_is_chosen_and_its_hotfix_goes_through_its_gates(looked: tuple[Acted, str]) -> None:
    stage, incident = looked
    await does(stage, incident, "xiaomei", "Propose", what="加进程内缓存", effect="不再打到 Redis", risk="晚 1 秒生效", way_back="关开关")
    undecided = await shown(stage, incident)
    await does(stage, incident, "amao", "ChooseProposal", proposal="1", reason="可以随时关")
    await does(stage, incident, "xiaomei", "StartHotfix", proposal="1")
    await does(stage, incident, "xiaomei", "PassGate", hotfix="H1", gate="code")
    await does(stage, incident, "xiaomei", "FailGate", hotfix="H1", gate="unit-tests", reason="有一个用例不过")
    await does(stage, incident, "amao", "SkipGate", hotfix="H1", gate="unit-tests", reason="与本次改动无关")
    timeline, page = await stage.timeline(incident), await shown(stage, incident)

    assert "还没有人拍板" in undecided
    assert [timeline.has(kind) for kind in (ProposalMade, ProposalChosen, HotfixStarted, GatePassed, GateFailed, GateSkipped)] == [True] * 6
    for words in (
        "不再打到 Redis",
        "晚 1 秒生效",
        "关开关",
        "可以随时关",
        "与本次改动无关",
        "已跳过",
        "2/8 关",
        "卡在这一关",
        "停在「评审」，等阿茂",
    ):
        assert words in page, words
    assert page.count('aria-current="step"') == 1


async def test_a_gate_is_not_skipped_without_a_reason(looked: tuple[Acted, str]) -> None:
    stage, incident = looked
    await does(stage, incident, "xiaomei", "StartHotfix", title="加缓存")
    answer = await does(stage, incident, "amao", "SkipGate", hotfix="H1", gate="code")

    assert answer.status_code == 409
    assert not (await stage.timeline(incident)).has(GateSkipped)


async def test_the_superior_is_told_in_the_draft_or_in_ones_own_words(looked: tuple[Acted, str]) -> None:
    stage, incident = looked
    before = await shown(stage, incident)
    await does(stage, incident, "amao", "Report", words="Redis 热 key，正在加缓存，十分钟内恢复")
    [told] = [fact for fact in (await stage.timeline(incident)).all(Reported) if fact.by == "amao"]

    assert "配置中心" in before.split('id="report-words"')[1].split("</textarea>")[0]
    assert told.to
    assert "正在加缓存，十分钟内恢复" in await shown(stage, incident)


async def test_a_task_is_made_with_a_time_on_the_teams_clock_and_stands_on_my_page_until_done(looked: tuple[Acted, str]) -> None:
    stage, incident = looked
    await does(stage, incident, "amao", "MakeTask", title="查清热 key 的根因", owner="xiaomei", due="2023-03-13T18:00")
    [made] = [fact for fact in (await stage.timeline(incident)).all(TaskMade) if fact.owner == "xiaomei"]
    mine = (await get(stage, "/me", "xiaomei")).text
    answer = await does(stage, incident, "xiaomei", "FinishTask", task=made.task, at="me")

    assert made.due
    assert made.due.isoformat() == "2023-03-13T10:00:00+00:00"
    assert "查清热 key 的根因" in mine
    assert "2023-03-13 18:00" in mine
    assert answer.headers["location"] == "/me#tasks"
    assert (await stage.timeline(incident)).has(TaskDone)
    assert "查清热 key 的根因" not in (await get(stage, "/me", "xiaomei")).text


async def test_a_task_without_a_time_may_be_made(looked: tuple[Acted, str]) -> None:
    stage, incident = looked
    answer = await does(stage, incident, "amao", "MakeTask", title="补预案", owner="ayi", due="")

    assert answer.status_code == 303
    assert [fact.due for fact in (await stage.timeline(incident)).all(TaskMade) if fact.owner == "ayi"] == [None]


async def test_who_comes_back_is_told_what_happened_since(looked: tuple[Acted, str]) -> None:
    stage, incident = looked
    await shown(stage, incident, "xiaomei")
    await stage.until(minutes=4)
    await stage.does("amao", incident, "TakeRole", role="incident-lead")
    await stage.does("amao", incident, "Speak", words="@小美 看一下")
    back, again = await shown(stage, incident, "xiaomei"), await shown(stage, incident, "xiaomei")

    assert "你上次看是 11:00" in back
    assert "1 条 @ 了你" in back
    assert "你上次看是" not in again


async def test_who_is_new_is_told_where_it_stands(looked: tuple[Acted, str]) -> None:
    stage, incident = looked
    early = await shown(stage, incident, "xiaoshuai")
    await stage.until(minutes=5)
    late = await shown(stage, incident, "laozhou")

    assert "你刚加入" not in early
    assert "你刚加入，目前情况" in late


async def test_a_closed_incident_offers_nothing_to_decide(looked: tuple[Acted, str]) -> None:
    stage, incident = looked
    await does(stage, incident, "xiaomei", "Propose", what="加缓存")
    await does(stage, incident, "amao", "DeclareFalseAlarm", reason="演练")
    page = await shown(stage, incident)

    assert 'value="ChooseProposal"' not in page
    assert 'value="ConfirmHypothesis"' not in page
    assert 'value="MakeTask"' in page


async def test_confirming_is_by_name(looked: tuple[Acted, str]) -> None:
    stage, incident = looked
    await does(stage, incident, "ayi", "RaiseHypothesis", claim="DNS 抖动")
    [raised] = [fact for fact in (await stage.timeline(incident)).all(HypothesisRaised) if fact.by == "ayi"]
    await does(stage, incident, "xiaomei", "ConfirmHypothesis", hypothesis=raised.hypothesis, reason="抓包看到了")

    assert ("xiaomei", raised.hypothesis) in [
        (fact.by, fact.hypothesis) for fact in (await stage.timeline(incident)).all(HypothesisConfirmed)
    ]
    assert "抓包看到了" in await shown(stage, incident)


async def test_runbooks_guides_and_gates_stand_in_the_catalog(looked: tuple[Acted, str]) -> None:
    stage, _ = looked
    page = (await get(stage, "/catalog")).text

    for words in ("runbooks/certificate-expired.md", "配置中心排查指南", "灰度", "saturday", 'id="runbook-redis-unreachable"'):
        assert words in page, words


async def test_a_message_is_answered_without_a_script(looked: tuple[Acted, str]) -> None:
    stage, incident = looked
    await stage.does("xiaomei", incident, "Speak", words="热 key 是哪个？")
    [asked] = [fact for fact in (await stage.timeline(incident)).all(MessagePosted) if fact.by == "xiaomei"]
    page = (await get(stage, f"/incidents/{incident}?reply={asked.message}", "ayi")).text
    await pressed(stage, "ayi", f"/incidents/{incident}/say", words="config:shared", reply_to=asked.message)

    assert f'href="/incidents/{incident}?reply={asked.message}#say"' in page
    assert f'name="reply_to" id="reply-to" value="{asked.message}"' in page
    assert "<blockquote>小美：热 key 是哪个？</blockquote>" in await shown(stage, incident)


async def test_the_document_is_taken_along_as_pdf(looked: tuple[Acted, str]) -> None:
    stage, incident = looked
    answer = await get(stage, f"/incidents/{incident}/document.pdf")

    assert answer.headers["content-type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF-")


async def test_an_incident_of_a_service_that_left_the_catalog_is_read_on(looked: tuple[Acted, str]) -> None:
    stage, incident = looked
    known = stage.house.shelf.catalog
    left = {name: one for name, one in known.services.items() if name != "config-center"}
    stage.house.shelf.catalog = known.model_copy(update={"services": left})
    answers = [await get(stage, path.format(incident)) for path in ("/", "/incidents/{}", "/incidents/{}/document", "/me")]

    assert [answer.status_code for answer in answers] == [200] * 4
    assert "网关 5xx 占比高" in answers[1].text


async def test_what_an_incident_suggests_for_the_rota_is_dealt_with_there(looked: tuple[Acted, str]) -> None:
    stage, incident = looked
    now, order = stage.clock.now(), Suggest(occasion=1, rota="config-center", person="axin", kind="unread", reason=WHY, suggestion=WHY)
    await keeper(stage.house.journal)(order, incident, now)
    [kept] = await suggestions(stage.house.journal, now)
    before = (await get(stage, "/oncall?rota=config-center", "amao")).text
    answer = await pressed(stage, "amao", f"/oncall/config-center/suggestions/{kept.id}/end")
    again = await pressed(stage, "amao", f"/oncall/config-center/suggestions/{kept.id}/end")

    assert "换一个会响的渠道" in before
    assert (answer.status_code, again.status_code) == (303, 409)
    assert "换一个会响的渠道" not in (await get(stage, "/oncall?rota=config-center", "amao")).text


@pytest.mark.parametrize(
    "words, address",
    [
        ("会议：http://127.0.0.1:8466/incidents/i1/meeting。全员静音", "http://127.0.0.1:8466/incidents/i1/meeting"),
        ("看 https://wiki.example.org/配置中心，里面有", "https://wiki.example.org/配置中心"),
        ("(see https://example.org/?a=1&b=2).", "https://example.org/?a=1&amp;b=2"),
    ],
)
async def test_an_address_is_a_link_wherever_the_sentence_goes_on(stage: Acted, words: str, address: str) -> None:
    incident = await stage.rings()
    await stage.does("dazhuang", incident, "Speak", words=words)
    async with stage.client("dazhuang") as http:
        page = (await http.get(f"/incidents/{incident}")).text

    assert f'<a href="{address}" rel="noopener noreferrer" target="_blank">{address}</a>' in page
