"""The API: what programs ask and do, and what they are told when they ask wrongly."""

from __future__ import annotations

import base64
import json

import pytest

from kuaihui.app.web.pictures import LARGEST
from kuaihui.incident.pages import Acknowledged, Read
from kuaihui.incident.room import MessagePosted
from kuaihui.journal.export import verify_export
from kuaihui.orders import Page
from tests.app.web.acted import Acted

PIXEL = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==")


async def test_an_incident_is_shown_with_its_clocks_receipts_roles_and_what_comes_next(stage: Acted) -> None:
    incident = await stage.rings(0.10)
    async with stage.client("dazhuang") as http:
        shown = (await http.get(f"/api/v1/incidents/{incident}")).json()

    assert (shown["phase"], shown["severity"], shown["firing"]) == ("open", 2, 1)
    assert [stamp["name"] for stamp in shown["stamps"]] == ["detect", "engage", "locate", "mitigate", "recover"]
    assert {one["person"]: one["reached"] for one in shown["receipts"] if one["kind"] == "Page"} == {"axin": "delivered"}
    assert any(one["in_seconds"] == pytest.approx(60) for one in shown["coming"])


async def test_incidents_are_listed_by_state_and_service(stage: Acted) -> None:
    incident = await stage.rings()
    await stage.does("amao", incident, "DeclareFalseAlarm", reason="演习")
    async with stage.client("amao") as http:
        lists = {
            state: (await http.get("/api/v1/incidents", params={"state": state})).json()["incidents"] for state in ("open", "closed", "all")
        }
        other = (await http.get("/api/v1/incidents", params={"state": "all", "service": "gateway"})).json()["incidents"]

    assert {state: len(found) for state, found in lists.items()} == {"open": 0, "closed": 1, "all": 1}
    assert other == []


async def test_facts_are_told_from_a_number_on(stage: Acted) -> None:
    incident = await stage.rings()
    length = len(await stage.timeline(incident))
    await stage.does("dazhuang", incident, "Speak", words="我看一下")
    async with stage.client("dazhuang") as http:
        told = (await http.get(f"/api/v1/incidents/{incident}/facts", params={"after": length})).json()["facts"]

    assert told[0]["number"] == length
    assert "大壮：我看一下" in [fact["said"] for fact in told]


async def test_a_deed_answers_with_the_facts_it_became_and_a_second_one_with_none(stage: Acted) -> None:
    incident = await stage.rings()
    first, second = [(await stage.does("xiaomei", incident, "TakeRole", role="recovery-lead")).json()["facts"] for _ in range(2)]

    assert [fact["kind"] for fact in first] == ["RoleTaken"]
    assert second == []


async def test_a_command_in_the_topic_becomes_the_fact_it_stands_for(stage: Acted) -> None:
    incident = await stage.rings()
    await stage.does("dazhuang", incident, "Speak", words="接手")
    timeline = await stage.timeline(incident)

    assert [fact.by for fact in timeline.all(Acknowledged)] == ["dazhuang"]
    assert not [fact for fact in timeline.all(MessagePosted) if fact.by == "dazhuang"]


async def test_whoever_is_mentioned_in_a_message_is_known_by_id(stage: Acted) -> None:
    incident = await stage.rings()
    await stage.does("dazhuang", incident, "Speak", words="@阿茂 看一下")
    posted = [fact for fact in (await stage.timeline(incident)).all(MessagePosted) if fact.by == "dazhuang"]

    assert [fact.mentions for fact in posted] == [("amao",)]


async def test_an_incident_is_declared_by_hand_and_its_on_call_paged(stage: Acted) -> None:
    async with stage.client("amao") as http:
        made = await http.post("/api/v1/incidents", json={"service": "config-center", "title": "用户报障", "severity": 2})
        await stage.settle()
        unknown = await http.post("/api/v1/incidents", json={"service": "nothing", "title": "x"})

    orders = [one.order for one in (await stage.timeline(made.json()["incident"])).orders.values()]
    assert made.status_code == 201
    assert [order.person for order in orders if isinstance(order, Page)] == ["axin"]
    assert unknown.status_code in (404, 409)


async def test_the_inbox_tells_what_was_sent_and_reading_it_is_a_fact(stage: Acted) -> None:
    incident = await stage.rings()
    async with stage.client("axin") as http:
        before = (await http.get("/api/v1/inbox")).json()["words"]
        await http.post("/api/v1/inbox/read")
        after = (await http.get("/api/v1/inbox")).json()["words"]

    assert ([word["reached"] for word in before], [word["reached"] for word in after]) == (["delivered"], ["read"])
    assert [fact.person for fact in (await stage.timeline(incident)).all(Read)] == ["axin"]


async def test_who_is_on_call_is_told_for_any_instant(stage: Acted) -> None:
    async with stage.client("amao") as http:
        now = (await http.get("/api/v1/oncall", params={"service": "config-center"})).json()
        absurd = await http.get("/api/v1/oncall", params={"service": "config-center", "at": "0001-01-01T00:00:00+14:00"})

    assert now["people"] == ["axin"]
    assert absurd.status_code < 500


async def test_why_tells_what_became_of_an_alert(stage: Acted) -> None:
    incident = await stage.rings()
    [key] = (await stage.timeline(incident)).alerts
    await stage.house.reception.write_traces()
    async with stage.client("amao") as http:
        told = (await http.get(f"/api/v1/why/{key}")).json()["lines"]
        unknown = await http.get("/api/v1/why/nothing")

    assert any(incident in line for line in told)
    assert unknown.status_code == 404


async def test_a_picture_is_kept_and_given_back_as_it_was(stage: Acted) -> None:
    async with stage.client("ayi") as http:
        kept = (await http.post("/api/v1/artifacts", files={"file": ("slow log.txt", PIXEL, "text/plain")})).json()["hash"]
        back = await http.get(f"/api/v1/artifacts/{kept}")

    assert (back.content, back.headers["content-type"]) == (PIXEL, "image/png")


@pytest.mark.parametrize(
    "body",
    [b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"<script>alert(1)</script>", b"", b"\x89PNG\r\n\x1a\n" + b"0" * LARGEST],
    ids=["svg", "html", "empty", "large"],
)
async def test_what_is_no_picture_or_too_large_is_refused(stage: Acted, body: bytes) -> None:
    async with stage.client("ayi") as http:
        answer = await http.post("/api/v1/artifacts", files={"file": ("picture.png", body, "image/png")})

    assert answer.status_code == 409


async def test_an_export_can_be_verified_anywhere(stage: Acted) -> None:
    incident = await stage.rings()
    async with stage.client("amao") as http:
        whole = (await http.get(f"/api/v1/incidents/{incident}/export")).content

    assert verify_export(whole) == []
    assert verify_export(whole.replace("占比高".encode(), "占比低".encode()))


@pytest.mark.parametrize("language, words", [("zh-CN,zh;q=0.9", "不能小于 1"), ("en-US", "must be at least 1")], ids=["zh", "en"])
async def test_a_bound_that_is_broken_is_told_with_its_limit_in_the_readers_language(stage: Acted, language: str, words: str) -> None:
    async with stage.client("amao", **{"Accept-Language": language}) as http:
        answer = await http.get("/api/v1/incidents", params={"limit": 0})

    assert answer.status_code == 422
    assert {"rule_id": "greater_than_equal", "path": "query.limit", "message": words, "limit": 1} == answer.json()["errors"][0]


@pytest.mark.parametrize(
    "body, rule",
    [
        ({"deed": "Dance"}, "union_tag_invalid"),
        ({}, "union_tag_not_found"),
        ({"deed": "TakeRole"}, "missing"),
        ({"deed": "Acknowledge", "person": "amao"}, "extra_forbidden"),
        ({"deed": "Speak", "words": "x" * 20_001}, "string_too_long"),
        ({"deed": "SetSeverity", "severity": "bad"}, "int_parsing"),
        ({"deed": "MakeTask", "task": "t", "title": "t", "owner": "amao", "due": "soon"}, "datetime_from_date_parsing"),
        ({"deed": "TakeRole", "role": 1}, "string_type"),
    ],
    ids=["unknown", "none", "missing", "for somebody else", "long", "no number", "no date", "no text"],
)
async def test_a_deed_that_cannot_be_understood_is_refused_by_its_rule(stage: Acted, body: dict[str, object], rule: str) -> None:
    incident = await stage.rings()
    async with stage.client("dazhuang") as http:
        answer = await http.post(f"/api/v1/incidents/{incident}/deeds", json=body)

    assert (422, [rule]) == (answer.status_code, [error["rule_id"] for error in answer.json()["errors"]])
    assert all("cannot be understood" not in error["message"] and "无法" not in error["message"] for error in answer.json()["errors"])


async def test_what_is_not_allowed_is_refused_with_what_would_be(stage: Acted) -> None:
    incident = await stage.rings()
    answer = await stage.does("dazhuang", incident, "TakeRole", role="captain")

    assert answer.status_code == 409
    assert "incident-lead" in answer.json()["errors"][0]["message"]


async def test_an_unknown_incident_is_not_found_by_any_route(stage: Acted) -> None:
    async with stage.client("amao") as http:
        gone = [(await http.get(f"/api/v1/incidents/nothing{rest}")).status_code for rest in ("", "/facts", "/export", "/stream")]
        done = await http.post("/api/v1/incidents/nothing/deeds", json={"deed": "Acknowledge"})

    assert [*gone, done.status_code] == [404] * 5


async def test_the_description_names_every_deed(stage: Acted) -> None:
    async with stage.client() as http:
        described = json.dumps((await http.get("/api/openapi.json")).json())

    assert all(deed in described for deed in ("Acknowledge", "GiveRole", "DeclareFalseAlarm", "EditDocument"))
