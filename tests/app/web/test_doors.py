"""The doors take what is good, refuse what is bad by its rule and place, and let nobody in without the token."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from kuaihui.app.clocks import ActedClock
from kuaihui.app.reception import Reception
from kuaihui.app.web.doors import Doors
from kuaihui.incident.alerts import AlertCleared, AlertFired, AlertMeasured, Opened
from kuaihui.incident.timeline import Timeline
from kuaihui.intake.fingerprints import alertmanager_fingerprint
from kuaihui.intake.why import why
from kuaihui.integrations.generic.hook import Mapped
from kuaihui.journal.memory import Memory
from kuaihui.language import say
from kuaihui.loop import Loop
from tests.intake.alerts.hand_made import NOON, catalog

MAPPING = {"alerts": "events", "name": "title", "state": "state", "labels": "tags", "service": "app", "value": "now", "started": "since"}


class House:
    """A reception behind its doors."""

    def __init__(self, journal: Memory | None = None, **doors: object) -> None:
        self.clock, self.catalog, self.journal = ActedClock(NOON), catalog(), journal or Memory()
        self.loop = Loop(self.journal, lambda: self.catalog, [], [], self.clock, "house")
        self.reception = Reception(self.loop, lambda: self.catalog, self.clock)
        generic = {"zabbix": Mapped("zabbix", MAPPING, ("ok", "resolved"))}
        settings = {"tokens": {}, "loopback": True, "largest_body": 100_000, "generic": generic} | doors
        app = Starlette(routes=Doors(self.reception, **settings).routes())  # type: ignore[arg-type]  # as a test sets them
        self.http = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://kuaihui")

    async def only(self) -> Timeline:
        (summary,) = await self.journal.summaries()
        return await self.loop.timeline(summary.incident)

    async def why(self, key: str) -> str:
        await self.reception.turn()
        return "\n".join(say(line, "en") for line in await why(self.journal, self.reception.register, key))


@pytest.fixture
async def house() -> AsyncIterator[House]:
    house = House()
    yield house
    await house.http.aclose()


def told(name: str = "Gateway5xx", **more: object) -> dict[str, object]:
    labels = {"alertname": name, "service": "config-center"}
    return {"labels": labels, "annotations": {"summary": "5xx", "value": "10%"}, "startsAt": "2023-03-11T03:01:00Z"} | more


def hook(*alerts: dict[str, object], **more: object) -> dict[str, object]:
    return {"version": "4", "groupKey": "{}:{}", "status": "firing", "alerts": list(alerts)} | more


async def test_prometheus_may_name_us_as_its_alertmanager(house: House) -> None:
    answer = await house.http.post("/api/v2/alerts", json=[told(endsAt="2023-03-11T03:07:00Z")])

    assert (answer.status_code, answer.json()) == (200, {"opened": 1})
    timeline = await house.only()
    (alert,) = timeline.firing.values()
    assert (alert.value, alert.summary, alert.source) == (0.1, "5xx", "prometheus")
    assert house.reception.next_expiry() == NOON + timedelta(minutes=4)


async def test_an_end_left_out_is_the_resolve_timeout_away(house: House) -> None:
    await house.http.post("/api/v2/alerts", json=[told(endsAt="0001-01-01T00:00:00Z")])

    assert house.reception.next_expiry() == NOON + timedelta(minutes=5)


async def test_a_resend_moves_the_end_and_writes_nothing(house: House) -> None:
    await house.http.post("/api/v2/alerts", json=[told(endsAt="2023-03-11T03:07:00Z")])
    house.clock.pass_by(timedelta(minutes=1))
    answer = await house.http.post("/api/v2/alerts", json=[told(endsAt="2023-03-11T03:08:00Z")])

    assert answer.json() == {"folded": 1}
    house.clock.pass_by(timedelta(minutes=3.5))
    assert await house.reception.turn() == 0
    assert [type(fact) for fact in (await house.only()).facts] == [Opened, AlertFired]


async def test_a_resend_after_expiry_fires_again(house: House) -> None:
    await house.http.post("/api/v2/alerts", json=[told(endsAt="2023-03-11T03:07:00Z")])
    house.clock.pass_by(timedelta(minutes=10))
    assert await house.reception.turn() == 1
    await house.http.post("/api/v2/alerts", json=[told(endsAt="2023-03-11T03:17:00Z")])

    timeline = await house.only()
    assert [type(fact) for fact in timeline.facts] == [Opened, AlertFired, AlertCleared, AlertFired]
    assert house.reception.next_expiry() == NOON + timedelta(minutes=14)


async def test_the_two_doors_tell_of_one_alert(house: House) -> None:
    await house.http.post("/api/v2/alerts", json=[told()])
    again = await house.http.post("/hooks/alertmanager", json=hook(told(status="firing")))
    worse = await house.http.post("/hooks/alertmanager", json=hook(told(status="firing", annotations={"value": "15 %"})))
    over = await house.http.post("/hooks/alertmanager", json=hook(told(status="resolved", endsAt="2023-03-11T03:03:00Z")))

    assert [answer.json() for answer in (again, worse, over)] == [{"folded": 1}, {"folded": 1}, {"cleared": 1}]
    timeline = await house.only()
    assert [type(fact) for fact in timeline.facts] == [Opened, AlertFired, AlertMeasured, AlertCleared]


async def test_left_out_alerts_are_noted(house: House) -> None:
    answer = await house.http.post(
        "/hooks/alertmanager", json=hook(told(status="firing"), truncatedAlerts=7), headers={"accept-language": "en"}
    )

    assert answer.status_code == 200
    assert [note["message"] for note in answer.json()["notes"]] == [
        "the sender left out 7 alerts: take max_alerts out of its webhook_config"
    ]


async def test_a_generic_hook_reads_by_its_mapping(house: House) -> None:
    event = {
        "title": "CPU",
        "app": "orders",
        "state": "PROBLEM",
        "tags": {"region": "cn-north", "core": 7},
        "now": "93%",
        "since": 1678503600,
    }
    answer = await house.http.post(
        "/hooks/generic/zabbix", json={"events": [event, {"state": "PROBLEM"}]}, headers={"accept-language": "en"}
    )

    assert answer.status_code == 400
    assert [(error["rule_id"], error["path"]) for error in answer.json()["errors"]] == [("labels.empty", "[1].labels")]
    timeline = await house.only()
    (alert,) = timeline.firing.values()
    assert timeline.opened.group == {"region": "cn-north"}
    assert (alert.name, alert.value, alert.labels["core"], alert.source) == ("CPU", 0.93, "7", "zabbix")
    over = await house.http.post("/hooks/generic/zabbix", json={"events": event | {"state": "OK", "now": "1%"}})
    assert over.json() == {"cleared": 1}


BAD = {
    "a start in a year nobody lives to see": ({"startsAt": "9999-12-31T23:59:59Z"}, "instant.future", "[0].startsAt"),
    "a start two days ahead": ({"startsAt": "2023-03-13T03:03:00Z"}, "instant.future", "[0].startsAt"),
    "a start without a zone": ({"startsAt": "2023-03-11T03:03:00"}, "instant.zone", "[0].startsAt"),
    "a start before computers": ({"startsAt": "1901-01-01T00:00:00Z"}, "instant.past", "[0].startsAt"),
    "a start that is no instant": ({"startsAt": "yesterday"}, "instant.form", "[0].startsAt"),
    "an end beyond the calendar": ({"endsAt": "9999-12-31T23:59:59-12:00"}, "instant.form", "[0].endsAt"),
    "an end before the start": ({"endsAt": "2023-03-11T01:00:00Z"}, "instant.order", "[0].endsAt"),
    "no labels": ({"labels": {}}, "labels.empty", "[0].labels"),
    "labels that are no object": ({"labels": ["a"]}, "json.type", "[0].labels"),
    "a label that is a number": ({"labels": {"a": 1}}, "json.type", "[0].labels[...]"),
    "a label with NUL": ({"labels": {"a": "b\0"}}, "labels.nul", "[0].labels.a"),
    "a label of five thousand characters": ({"labels": {"a": "b" * 5000}}, "labels.long", "[0].labels.a"),
    "a thousand labels": ({"labels": {f"l{number}": "v" for number in range(1000)}}, "labels.many", "[0].labels"),
    "annotations of the wrong type": ({"annotations": {"value": 0.1}}, "json.type", "[0].annotations.value"),
    "a start of the wrong type": ({"startsAt": 1}, "json.type", "[0].startsAt"),
    "a link of the wrong type": ({"generatorURL": None}, "json.type", "[0].generatorURL"),
}


@pytest.mark.parametrize("wrong, rule, path", BAD.values(), ids=BAD)
async def test_a_bad_alert_is_refused_by_its_rule_and_spoils_no_other(house: House, wrong: dict[str, Any], rule: str, path: str) -> None:
    answer = await house.http.post("/api/v2/alerts", json=[told(**wrong), told("Good")], headers={"accept-language": "en"})

    assert answer.status_code == 400
    (error,) = answer.json()["errors"]
    assert (error["rule_id"], error["path"]) == (rule, path)
    assert answer.json()["heard"] == {"opened": 1, "refused": 1}
    assert [alert.name for alert in (await house.only()).firing.values()] == ["Good"]
    assert f"refused: refused by {rule} at {path}: {error['message']}" in await house.why(error["fingerprint"])


async def test_a_label_told_twice_is_refused(house: House) -> None:
    body = '[{"labels": {"alertname": "a", "pod": "x", "pod": "y"}}]'
    answer = await house.http.post("/api/v2/alerts", content=body)

    assert [error["rule_id"] for error in answer.json()["errors"]] == ["labels.twice"]


WHOLE = {
    "no JSON": (b"nope", 400, "json.form"),
    "nothing at all": (b"", 400, "json.form"),
    "bytes that are no text": (b"\xff\xfe[]", 400, "json.form"),
    "an object": (b'{"alerts": []}', 400, "api_v2.list"),
    "a body cut in half": (b'[{"labels": {"a": "b"}}, {"lab', 400, "json.form"),
    "a deep nest": (b"[" * 90_000, 400, "json.deep"),
    "a deep nest in an alert": (b'[{"labels": {"a": "b"}, "x": ' + b"[" * 40_000 + b"]" * 40_000 + b"}]", 400, "json.deep"),
    "a body too large": (b" " * 200_000, 413, "body.large"),
}


@pytest.mark.parametrize("body, status, rule", WHOLE.values(), ids=WHOLE)
async def test_a_body_that_is_no_list_of_alerts_is_refused_whole(house: House, body: bytes, status: int, rule: str) -> None:
    answer = await house.http.post("/api/v2/alerts", content=body)

    assert answer.status_code == status
    assert [error["rule_id"] for error in answer.json()["errors"]] == [rule]
    assert await house.journal.summaries() == []


async def test_a_large_body_is_cut_off_as_it_comes(house: House) -> None:
    sent = 0

    async def drip() -> AsyncIterator[bytes]:
        nonlocal sent
        for _ in range(1000):
            sent += 10_000
            yield b" " * 10_000

    answer = await house.http.post("/api/v2/alerts", content=drip())

    assert answer.status_code == 413
    assert sent <= 120_000


async def test_an_empty_list_is_fine(house: House) -> None:
    answer = await house.http.post("/api/v2/alerts", json=[])

    assert (answer.status_code, answer.json()) == (200, {})


@pytest.mark.parametrize("language, words", [("zh-CN,zh;q=0.9", "没有写时区"), ("en-US", "names no time zone")])
async def test_an_error_is_told_in_the_readers_language(house: House, language: str, words: str) -> None:
    answer = await house.http.post("/api/v2/alerts", json=[told(startsAt="2023-03-11T03:03:00")], headers={"accept-language": language})

    assert words in answer.json()["errors"][0]["message"]


def basic(password: str) -> dict[str, str]:
    return {"authorization": "Basic " + base64.b64encode(f"prometheus:{password}".encode()).decode()}


@pytest.mark.parametrize(
    "headers, query, status",
    [
        ({"authorization": "Bearer s3cret"}, "", 200),
        (basic("s3cret"), "", 200),
        ({}, "?token=s3cret", 200),
        ({}, "", 401),
        ({"authorization": "Bearer wrong"}, "?token=s3cret", 401),
        (basic("wrong"), "", 401),
        ({"authorization": "Basic ???"}, "", 401),
        ({"authorization": "Bearer "}, "", 401),
    ],
)
async def test_a_door_with_a_token_opens_to_it_alone(headers: dict[str, str], query: str, status: int) -> None:
    house = House(tokens={"prometheus": "s3cret"})
    answer = await house.http.post(f"/api/v2/alerts{query}", json=[told()], headers=headers)

    assert answer.status_code == status
    assert len(await house.journal.summaries()) == (status == 200)


async def test_a_token_of_other_letters_opens_however_it_is_shown() -> None:
    house = House(tokens={"prometheus": "一长串密钥"})
    shown = await house.http.post("/api/v2/alerts", json=[told()], headers={b"authorization": "Bearer 一长串密钥".encode()})
    asked = await house.http.post("/api/v2/alerts?token=一长串密钥", json=[told()])
    wrong = await house.http.post("/api/v2/alerts", json=[told()], headers={b"authorization": "Bearer 另一串".encode()})

    assert [answer.status_code for answer in (shown, asked, wrong)] == [200, 200, 401]


@pytest.mark.parametrize("door", ["/api/v2/alerts", "/hooks/alertmanager", "/hooks/generic/zabbix"])
async def test_a_door_without_a_token_opens_on_loopback_alone(door: str) -> None:
    house = House(loopback=False)

    assert (await house.http.post(door, json=[told()])).status_code == 401


async def test_an_unknown_hook_is_named(house: House) -> None:
    answer = await house.http.post("/hooks/generic/nagios", json={})

    assert (answer.status_code, answer.json()["errors"][0]["rule_id"]) == (404, "generic.unknown")


class Broken(Memory):
    async def append(self, appends: object) -> list[bool]:
        raise OSError("the disk is full")


async def test_what_cannot_be_kept_is_to_be_told_again() -> None:
    house = House(Broken())
    answer = await house.http.post("/hooks/alertmanager", json=hook(told(status="firing")))

    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "5"
    assert house.reception.register.alerts == {}


async def test_tools_of_prometheus_find_what_they_look_for(house: House) -> None:
    assert (await house.http.get("/-/ready")).status_code == 200
    assert (await house.http.get("/-/healthy")).status_code == 200
    status = (await house.http.get("/api/v2/status")).json()
    assert set(status) == {"cluster", "config", "uptime", "versionInfo"}


async def test_why_tells_by_our_fingerprint_and_by_alertmanagers(house: House) -> None:
    await house.http.post("/api/v2/alerts", json=[told()])
    (key,) = (await house.only()).firing

    ours = await house.why(key)
    assert "incident 20230311-1103-" in ours
    assert 'by label service="config-center"' in ours
    assert "opened an incident" in ours
    # As Alertmanager 0.25 answers GET /api/v2/alerts for these labels; tests/integrations/alertmanager asks it.
    theirs = await house.why(alertmanager_fingerprint({"alertname": "Gateway5xx", "service": "config-center"}))
    assert theirs.splitlines()[1:] == ours.splitlines()
    assert await house.why("0" * 16) == ""
