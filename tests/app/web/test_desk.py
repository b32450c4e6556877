"""The pages beside the incident: each in both languages, each safe, each tied to what the house really does."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path

import httpx
import pytest
from icalendar import Calendar, Event
from playwright.async_api import Browser

from kuaihui.app.web.figures_page import safe
from kuaihui.app.web.search_page import marked
from kuaihui.catalog.shelf import Shelf
from kuaihui.orders import Page
from tests.app.web.acted import SAMPLE, Acted, acted, served
from tests.servers import axe

HOUR = timedelta(hours=1)
EVIL = "<script>alert(1)</script>"


async def get(stage: Acted, path: str, person: str = "dazhuang", **headers: str) -> httpx.Response:
    async with stage.client(person, **headers) as http:
        return await http.get(path)


async def post(stage: Acted, path: str, person: str = "dazhuang", **data: object) -> httpx.Response:
    async with stage.client(person) as http:
        answer = await http.post(path, data=data)
    await stage.settle()
    return answer


def field(stage: Acted, hours: float) -> str:
    """An instant so many hours from now, as the team's forms take it."""
    return f"{stage.clock.now().astimezone(UTC) + (8 + hours) * HOUR:%Y-%m-%dT%H:%M}"


async def silence(stage: Acted, matchers: str = 'alertname="Gateway5xxRatioHigh"', hours: float = 2, **more: str) -> str:
    """Make a silence on the page; its id."""
    given = {"matchers": matchers, "since": field(stage, 0), "until": field(stage, hours), "comment": "扩容"} | more
    answer = await post(stage, "/silences", **given)
    assert answer.status_code == 303, answer.text
    return answer.headers["location"].rsplit("/", 1)[1]


PAGES = (
    "/oncall",
    "/oncall?rota=operations&since=2023-04-01",
    "/oncall?rota=nothing&since=never",
    "/catalog",
    "/silences",
    "/silences/new?matchers=job%3D%22redis%22",
    "/silences/new?kind=maintenance&services=redis&services=nothing",
    "/silences/new?matchers=%7Bbroken",
    "/search",
    "/search?words=5xx",
    "/search?words=%E3%80%82",
    "/figures",
    "/figures?since=2023-01-01&until=2022-01-01&service=redis",
    "/grouping",
    "/grouping?service=config-center&asked=1&group_by=short&days=999",
    "/explain/incidents/{}",
    "/explain/role/{}/communicator",
)


@pytest.mark.parametrize("path", PAGES)
async def test_each_page_is_there_in_both_languages(stage: Acted, path: str) -> None:
    incident = await stage.rings()
    english, chinese = [
        await get(stage, path.format(incident), **{"accept-language": one, "cookie": f"kuaihui_language={one}"}) for one in ("en", "zh")
    ]

    assert (english.status_code, chinese.status_code) == (200, 200)
    assert 'lang="en"' in english.text
    assert 'lang="zh-CN"' in chinese.text
    assert english.text != chinese.text


@pytest.mark.parametrize(
    "path",
    [
        "/silences/nothing",
        "/explain/alert/nothing",
        "/explain/page/{}/0",
        "/explain/page/{}/9999",
        "/explain/role/{}/nothing",
        "/oncall/feeds/rota/x.ics",
    ],
)
async def test_what_is_not_there_is_a_404(stage: Acted, path: str) -> None:
    assert (await get(stage, path.format(await stage.rings()))).status_code == 404


# -- on call ---------------------------------------------------------------------------------------------------------------------------


async def test_an_override_made_on_the_page_pages_the_other_person(stage: Acted) -> None:
    answer = await post(
        stage, "/oncall/config-center/overrides", who="amao", since=field(stage, 0), until=field(stage, 4), reason="阿新手机丢了"
    )
    assert answer.status_code == 303

    incident = await stage.rings()

    paged = [fact.order.person for fact in (await stage.timeline(incident)).orders.values() if isinstance(fact.order, Page)]
    assert paged == ["amao"]
    shown = (await get(stage, "/oncall?rota=config-center")).text
    assert "阿新手机丢了" in shown
    (note,) = await stage.house.journal.standing("override")
    assert (await post(stage, f"/oncall/config-center/overrides/{note.id}/end")).status_code == 303
    assert stage.house.catalog.on_call("config-center", stage.clock.now()) == ("axin",)


async def test_two_shifts_are_swapped_on_the_page(stage: Acted) -> None:
    week = 7 * 24
    answer = await post(stage, "/oncall/config-center/swaps", mine=field(stage, 0), theirs=field(stage, week), reason="")

    assert answer.status_code == 303
    now = stage.clock.now()
    assert [stage.house.catalog.on_call("config-center", now + hours * HOUR) for hours in (1, week)] == [("dazhuang",), ("axin",)]


@pytest.mark.parametrize(
    "since, until", [("yesterday", "2023-03-12T00:00"), ("2023-03-12T00:00", "2023-03-11T12:00"), ("2023-03-01T00:00", "2023-03-02T00:00")]
)
async def test_an_override_that_makes_no_sense_is_refused(stage: Acted, since: str, until: str) -> None:
    answer = await post(stage, "/oncall/config-center/overrides", who="amao", since=since, until=until)

    assert answer.status_code == 409
    assert await stage.house.journal.standing("override") == []


async def test_the_feed_is_a_calendar_of_the_shifts(stage: Acted) -> None:
    calendar = Calendar.from_ical((await get(stage, "/oncall/feeds/person/axin.ics")).content)

    events = [event for event in calendar.walk("VEVENT") if isinstance(event, Event)]
    first = next(event for event in events if event.start <= stage.clock.now() < event.end)
    assert first.end == datetime(2023, 3, 13, 2, tzinfo=UTC)
    assert len({str(event["uid"]) for event in events}) == len(events)


@pytest.mark.parametrize("language, ends", [("zh", "：阿新"), ("en", ": Axin")])
async def test_the_feed_says_who_is_on_call_as_its_reader_writes(stage: Acted, language: str, ends: str) -> None:
    async with stage.client() as http:
        feed = await http.get("/oncall/feeds/person/axin.ics", headers={"Accept-Language": language})

    assert {str(event["summary"]).endswith(ends) for event in Calendar.from_ical(feed.content).walk("VEVENT")} == {True}


async def test_a_feed_opens_with_its_own_key_alone() -> None:
    async with acted(tokens={"amao": "secret-of-amao"}) as stage, stage.client() as http:
        page = await http.get("/oncall?rota=config-center", headers={"Authorization": "Bearer secret-of-amao"})
        key = page.text.split("rota/config-center.ics?key=")[1].split('"')[0]

        assert (await http.get(f"/oncall/feeds/rota/config-center.ics?key={key}")).status_code == 200
        assert (await http.get(f"/oncall/feeds/rota/operations.ics?key={key}")).status_code == 404
        assert (await http.get("/oncall/feeds/rota/config-center.ics")).status_code == 404
        assert (await http.get("/oncall/feeds/rota/config-center.ics?key=钥匙")).status_code == 404


# -- silences --------------------------------------------------------------------------------------------------------------------------


async def test_a_silence_made_on_the_page_hides_lists_and_lets_go(stage: Acted) -> None:
    made = await silence(stage)
    async with stage.client() as http:
        alert = {"labels": {"alertname": "Gateway5xxRatioHigh", "service": "config-center"}, "startsAt": stage.clock.now().isoformat()}
        assert (await http.post("/api/v2/alerts", json=[alert])).json() == {"silenced": 1}

    assert await stage.house.journal.summaries() == []
    shown = unescape((await get(stage, f"/silences/{made}", **{"accept-language": "zh"})).text)
    assert "正被压住" in shown
    assert 'alertname="Gateway5xxRatioHigh"' in shown
    key = next(iter(stage.house.reception.hush.held))
    assert made in (await get(stage, f"/explain/alert/{key}")).text

    assert (await post(stage, f"/silences/{made}/end")).status_code == 303
    assert len(await stage.house.journal.summaries()) == 1
    assert (await post(stage, f"/silences/{made}/end")).status_code == 409


async def test_services_under_maintenance_are_parted_as_the_readers_language_does(stage: Acted) -> None:
    given = {"kind": "maintenance", "services": ["redis", "gateway"], "since": field(stage, 0), "until": field(stage, 2), "comment": "扩容"}
    one = (await post(stage, "/silences", **given)).headers["location"]
    english = [(await get(stage, page, cookie="kuaihui_language=en")).text for page in ("/silences", one)]
    chinese = [(await get(stage, page, cookie="kuaihui_language=zh")).text for page in ("/silences", one)]

    assert ["Redis, API gateway" in page for page in english] == [True, True]
    assert ["Redis、网关" in page for page in chinese] == [True, True]


async def test_the_preview_shows_what_would_be_hidden_before_it_is_made(stage: Acted) -> None:
    await stage.rings()
    shown = unescape((await get(stage, "/silences/new?matchers=alertname%3D~%22Gateway.%2B%22", cookie="kuaihui_language=en")).text)

    assert "alerts that fit: 1; firing now: 1." in shown
    assert "and followed on: 1" in shown
    assert await stage.house.journal.standing("silence") == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"matchers": 'a="1'},
        {"matchers": 'a=~".*"'},
        {"comment": " "},
        {"until": "2023-03-11T10:00"},
        {"until": "2024-03-11T10:00"},
        {"since": "soon"},
        {"kind": "maintenance"},
    ],
    ids=str,
)
async def test_a_silence_that_must_not_stand_is_refused_with_the_form_still_filled_in(stage: Acted, wrong: dict[str, str]) -> None:
    given = {"matchers": 'job="redis"', "since": field(stage, 0), "until": field(stage, 2), "comment": EVIL} | wrong
    answer = await post(stage, "/silences", **given)

    assert answer.status_code == 409
    assert 'role="alert"' in answer.text
    assert EVIL not in answer.text
    assert await stage.house.journal.standing("silence") == []


# -- search, figures, explanations -----------------------------------------------------------------------------------------------------


async def test_what_was_said_a_moment_ago_is_found_in_either_language(stage: Acted) -> None:
    incident = await stage.rings()
    await stage.does("dazhuang", incident, "Speak", words=f"LTS 里大量 redis: connection pool timeout {EVIL}")

    for wanted in ("pool timeout", "阿新 5xx", "配置中心", incident, "incident opened"):
        found = (await get(stage, f"/search?words={wanted}")).text
        assert f"/incidents/{incident}" in found, wanted
        assert EVIL not in found
    assert f"/incidents/{incident}" not in (await get(stage, "/search?words=timeout mysql")).text


def test_words_that_were_found_are_marked_and_the_rest_is_escaped() -> None:
    assert marked("连接池 <b> Timeout", "连接 time") == "<mark>连接</mark>池 &lt;b&gt; <mark>Time</mark>out"


async def test_the_figures_count_what_the_incident_shows(stage: Acted) -> None:
    incident = await stage.rings()
    await stage.until(1, 30)
    await stage.does("dazhuang", incident, "Acknowledge")
    await stage.until(4)
    await stage.rings(firing=False)
    await stage.until(60)
    rows = list(csv.DictReader(io.StringIO((await get(stage, "/figures.csv")).content.decode("utf-8-sig"))))

    (row,) = rows
    assert (row["incident"], row["detect_s"], row["engage_s"], row["recover_s"], row["recover_kept"]) == (
        incident,
        "20.0",
        "110.0",
        "260.0",
        "1",
    )
    spent = [float(value) for name, value in row.items() if name.startswith("spent_")]
    assert sum(spent) == 260.0, "the parts add up to the whole"


def test_a_title_never_becomes_a_spreadsheets_formula() -> None:
    assert safe("=HYPERLINK(1)") == "'=HYPERLINK(1)"
    assert safe("网关 5xx") == "网关 5xx"


async def test_a_page_is_explained_down_to_the_line_of_the_rota(stage: Acted) -> None:
    incident = await stage.rings()
    number = next(
        n for n, fact in enumerate((await stage.timeline(incident)).facts) if getattr(getattr(fact, "order", None), "person", "") == "axin"
    )
    shown = (await get(stage, f"/explain/page/{incident}/{number}")).text

    assert "rotas.yaml:" in shown
    assert "policies.yaml:" in shown
    assert "← 网关 5xx 占比高</a>" in shown
    assert f"/explain/page/{incident}/{number}" in (await get(stage, f"/explain/incidents/{incident}")).text


async def test_many_alerts_of_one_name_are_told_apart_by_what_differs_and_not_listed_without_end(stage: Acted) -> None:
    storm = [{"labels": {"alertname": "PodCrashLooping", "service": "redis", "pod": f"redis-{n}"}} for n in range(60)]
    async with stage.client() as http:
        (await http.post("/api/v2/alerts", json=storm)).raise_for_status()
    await stage.settle()
    incident = (await stage.house.journal.summaries(limit=1))[0].incident
    shown = unescape((await get(stage, f"/explain/incidents/{incident}")).text)

    assert shown.count(">PodCrashLooping</a>") == 50
    assert 'pod="redis-' in shown
    assert 'service="redis" ' not in shown.partition("w-alerts")[2], "all of them have it"
    assert "还有 10 条" in shown


async def test_files_that_were_refused_are_told_on_the_catalogs_page(stage: Acted, tmp_path: Path) -> None:
    for file in SAMPLE.rglob("*"):
        if file.is_file():
            (tmp_path / file.relative_to(SAMPLE)).parent.mkdir(exist_ok=True)
            (tmp_path / file.relative_to(SAMPLE)).write_bytes(file.read_bytes())
    shelf = Shelf.open(tmp_path, stage.clock.now())
    (tmp_path / "roles.yaml").write_text("communicator: {candidates: [nobody-knows]}\n")
    shelf.look(stage.clock.now())
    stage.house.shelf = shelf

    assert "roles.yaml:1" in (await get(stage, "/catalog")).text


async def test_whoever_is_nobody_changes_nothing(stage: Acted) -> None:
    answer = await post(stage, "/silences", "", matchers='a="1"', since=field(stage, 0), until=field(stage, 1), comment="x")

    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/sign-in")
    assert await stage.house.journal.standing("silence") == []


# -- in a browser ----------------------------------------------------------------------------------------------------------------------


@pytest.mark.timeout(300)
async def test_everybody_can_use_every_page_on_a_phone_and_on_a_desk(chromium: Browser, free_port: int) -> None:
    async with acted(port=free_port) as stage, served(stage) as address:
        incident = await stage.rings()
        made = await silence(stage, 'alertname="Other"')
        paths = [path.format(incident) for path in PAGES if "never" not in path] + [f"/silences/{made}"]
        for width, look, language in ((360, "dark", "zh"), (1280, "light", "en")):
            context = await chromium.new_context(viewport={"width": width, "height": 800})
            await context.request.post(f"{address}/sign-in", form={"person": "amao"})
            await context.request.post(f"{address}/liking", form={"language": language, "look": look})
            page = await context.new_page()
            told: list[str] = []
            page.on("console", lambda message, told=told: told.append(message.text) if message.type == "error" else None)
            for path in paths:
                await page.goto(address + path, wait_until="load")
                assert await axe.faults(page) == [], path
                assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
            assert told == []
            await context.close()
