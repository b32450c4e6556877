"""The review: drafted on closing, reminded of a day later, written together, taken along in three forms."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator
from datetime import timedelta

import httpx
import pytest

from kuaihui.app.acted import pass_until
from kuaihui.app.clocks import ActedClock
from kuaihui.app.settings import Settings
from kuaihui.app.settings_sections import CatalogPlace, JournalPlace
from kuaihui.app.web.app import create_app
from kuaihui.app.wiring import House, house
from kuaihui.briefing.document import Paper
from kuaihui.briefing.pictures import chinese_font
from kuaihui.briefing.review_template import DEFAULT, review_template
from kuaihui.incident.learning import ReviewDrafted
from kuaihui.incident.pages import Ordered
from kuaihui.incident.timeline import Timeline
from kuaihui.journal.export import verify_export
from kuaihui.orders import Tell
from tests.duties.so_far import CATALOG, ELEVEN
from tests.nights.evidence import Saturday
from tests.nights.night import SAMPLE

AS = {"X-Kuaihui-Person": "dazhuang", "Accept-Language": "en"}


class Team:
    """A house in acted time, and its API."""

    def __init__(self, built: House, http: httpx.AsyncClient) -> None:
        self.built, self.http, self.incident = built, http, ""

    async def rings(self, ends: int) -> None:
        assert isinstance(self.built.clock, ActedClock)
        now = self.built.clock.now()
        alert = {
            "labels": {"alertname": "Gateway5xxRatioHigh", "service": "config-center", "severity": "critical", "short": "500"},
            "annotations": {"summary": "网关 5xx 占比 10%", "value": "0.1"},
            "startsAt": ELEVEN.isoformat(),
            "endsAt": (now + timedelta(minutes=ends)).isoformat(),
        }
        assert (await self.http.post("/api/v2/alerts", json=[alert])).is_success
        self.incident = (await self.built.journal.summaries(limit=1))[0].incident

    async def does(self, person: str, deed: str, **given: object) -> None:
        answer = await self.http.post(
            f"/api/v1/incidents/{self.incident}/deeds", json={"deed": deed} | given, headers={"X-Kuaihui-Person": person}
        )
        assert answer.is_success, answer.text

    async def passes(self, minutes: float) -> None:
        clock = self.built.clock
        assert isinstance(clock, ActedClock)
        await pass_until(self.built.loop, self.built.reception, clock, clock.now() + timedelta(minutes=minutes))

    async def timeline(self) -> Timeline:
        return await self.built.loop.timeline(self.incident)


@pytest.fixture
async def team() -> AsyncGenerator[Team]:
    settings = Settings(catalog=CatalogPlace(folder=SAMPLE), journal=JournalPlace(url="memory:"), language="zh")
    async with (
        house(settings, ActedClock(ELEVEN), [Saturday()]) as built,
        httpx.AsyncClient(transport=httpx.ASGITransport(create_app(built)), base_url="http://127.0.0.1:8466") as http,
    ):
        told = Team(built, http)
        await told.rings(30)
        await told.passes(1.5)
        await told.does("dazhuang", "Acknowledge")
        await told.does("amao", "TakeRole", role="incident-lead")
        await told.passes(5)
        await told.rings(0)
        await told.passes(12)
        yield told


async def test_it_is_drafted_on_closing_and_reminded_of_a_day_later(team: Team) -> None:
    (drafted,) = (await team.timeline()).all(ReviewDrafted)
    await team.passes(60 * 24 + 5)
    told = [fact.order for fact in (await team.timeline()).all(Ordered) if isinstance(fact.order, Tell) and "review" in fact.order.about]

    assert drafted.title == "复盘-20230311-配置中心500"
    assert [(order.person, order.about) for order in told] == [("amao", "review"), ("amao", "review reminder")]


async def test_it_tells_what_happened_against_the_budgets(team: Team) -> None:
    words = (await team.http.get(f"/api/v1/incidents/{team.incident}/review", headers=AS)).text

    assert words.startswith("# 复盘-20230311-配置中心500")
    for line in (
        "发生了什么：配置中心的网关 5xx 占比升到 10 %（平时不高于 1 %），P2",
        "| 在预算内 |",
        "值班人阿新",
        "没有适用的预案",
        "查清根因",
    ):
        assert line in words, line
    assert "{{" not in words


async def test_a_task_without_a_day_says_so(team: Team) -> None:
    await team.does("amao", "MakeTask", task="t9", title="补监控", owner="xiaomei")
    await team.passes(1)
    words = (await team.http.get(f"/api/v1/incidents/{team.incident}/review", headers=AS)).text

    assert "补监控 — 小美，未定日期" in words


async def test_what_people_write_stays_and_the_house_keeps_on(team: Team) -> None:
    page = await team.http.get(f"/incidents/{team.incident}/review", headers=AS)
    assert "《复盘-20230311-配置中心500》" in page.text
    made = Paper(await team.timeline(), team.built.catalog, "review")
    began = next(one for one in made.sections() if one.id == "went-well")
    written = {"section": "went-well", "words": began.words + "\n- 大壮接得快", "base": began.base}
    await team.does("amao", "EditDocument", document="review", **written)
    await team.does("axin", "Speak", words="手机被偷了")
    await team.passes(1)
    words = Paper(await team.timeline(), team.built.catalog, "review").markdown()

    assert "大壮接得快" in words
    assert "  - 留言：手机被偷了" in words
    assert "大壮接得快" not in Paper(await team.timeline(), team.built.catalog).markdown(), "the document is another paper"


async def test_it_is_taken_along_as_json_with_the_hash_chain(team: Team) -> None:
    answer = await team.http.get(f"/api/v1/incidents/{team.incident}/review?format=json", headers=AS)
    told = answer.json()

    assert verify_export(answer.content) == [], "the whole file is verified as it is"
    assert [one["id"] for one in told["sections"]] == [section.id for section in DEFAULT.sections]
    assert verify_export(json.dumps(told["export"]).encode()) == []
    record = next(one for one in told["export"]["records"] if '"person":"axin"' in one["body"])
    record["body"] = record["body"].replace('"person":"axin"', '"person":"amao"')
    assert verify_export(json.dumps(told["export"]).encode()) != []


@pytest.mark.skipif(chinese_font() is None, reason="no font with Chinese on this machine")
async def test_it_is_taken_along_as_pdf(team: Team) -> None:
    answer = await team.http.get(f"/api/v1/incidents/{team.incident}/review?format=pdf", headers=AS)

    assert answer.headers["content-type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF-")
    assert len(answer.content) > 10_000


async def test_before_the_closing_there_is_none(team: Team) -> None:
    missing = await team.http.get("/api/v1/incidents/nothing/review", headers=AS)
    assert missing.status_code == 404


async def test_what_is_open_and_suggested_is_listed(team: Team) -> None:
    tasks = (await team.http.get("/api/v1/tasks", headers=AS)).json()["tasks"]
    mine = (await team.http.get("/api/v1/tasks?person=ayi", headers=AS)).json()["tasks"]
    found = (await team.http.get("/api/v1/suggestions?rota=config-center", headers=AS)).json()["suggestions"]

    assert {task["task"] for task in tasks} == {"root-cause", "runbook"}
    assert mine == []
    axin = next(one for one in found if one["person"] == "axin")
    assert "only the inbox is set up" in axin["suggestion"]
    ended = await team.http.post(f"/api/v1/suggestions/{axin['id']}/end", headers={"X-Kuaihui-Person": "amao"})
    assert ended.json() == {"ended": True}
    left = (await team.http.get("/api/v1/suggestions", headers=AS)).json()["suggestions"]
    assert "axin" not in {one["person"] for one in left}


def test_the_samples_template_is_ours() -> None:
    assert review_template(CATALOG) == DEFAULT
