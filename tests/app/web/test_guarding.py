"""What stands before every route, tried as a stranger's page and a stranger's program would."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest

from kuaihui.app.web.app import create_app
from kuaihui.app.web.guarding import LARGEST_WORDS
from kuaihui.app.web.identity import hash_of
from tests.app.web.acted import Acted, acted

ALERT = '[{"labels": {"alertname": "Forged", "service": "config-center"}}]'
DOORS = ("/api/v2/alerts", "/hooks/alertmanager", "/hooks/changes", "/hooks/gitlab", "/hooks/github", "/hooks/generic/any")


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("headers", [{"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}], ids=str)
async def test_no_page_elsewhere_rings_an_alert_through_the_browser_of_the_oncall(stage: Acted, door: str, headers: dict[str, str]) -> None:
    """A page may post text/plain to http://127.0.0.1 without asking first, and an open house has no token to miss."""
    async with stage.client() as http:
        answer = await http.post(door, content=ALERT, headers={"Content-Type": "text/plain", **headers})

    assert answer.status_code == 403
    assert await stage.house.journal.summaries() == []


async def test_a_name_that_is_pointed_at_this_machine_opens_no_door_of_a_closed_house_either() -> None:
    async with acted(tokens={"amao": "a-token-of-amao"}) as stage:
        transport = httpx.ASGITransport(stage.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://evil.example:8466") as http:
            answer = await http.post("/api/v2/alerts", content=ALERT, headers={"Origin": "http://evil.example:8466"})
            scraped = await http.get("/metrics")

    assert (answer.status_code, scraped.status_code) == (421, 421)


async def test_behind_a_proxy_a_door_without_a_token_is_shut() -> None:
    async with acted(tokens={"amao": "a-token-of-amao"}) as stage:
        server = stage.house.settings.server.model_copy(update={"address": "https://kuaihui.example.org"})
        stage.house.settings = stage.house.settings.model_copy(update={"server": server})
        stage.app = create_app(stage.house)
        async with stage.client(host="kuaihui.example.org") as http:
            answer = await http.post("/api/v2/alerts", content=ALERT)

    assert answer.status_code == 401


@pytest.mark.parametrize("path", ["/sign-in", "/api/v1/incidents", "/liking"])
async def test_nobody_makes_us_hold_more_than_a_form_can(stage: Acted, path: str) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(3 * LARGEST_WORDS // 50_000):
            yield b"a" * 50_000

    kind = {"Content-Type": "application/json" if path.startswith("/api/") else "application/x-www-form-urlencoded"}
    async with stage.client() as http:
        told = await http.post(path, content=b"a" * (LARGEST_WORDS + 1), headers=kind)
        untold = await http.post(path, content=endless(), headers=kind)

    assert (told.status_code, untold.status_code) == (413, 413)


async def test_a_cookie_ends_with_its_token() -> None:
    async with acted(tokens={"amao": "a-token-of-amao"}) as stage, stage.client() as http:
        await http.post("/sign-in", data={"token": "a-token-of-amao"})
        before = await http.get("/me")
        stage.house.settings.auth.people["amao"] = hash_of("another token")
        after = await http.get("/me")

    assert (before.status_code, after.status_code) == (200, 303)


async def test_a_cookie_of_an_open_house_opens_no_closed_one() -> None:
    async with acted() as opened, acted(tokens={"amao": "a-token-of-amao"}) as closed:
        closed.house.secret = opened.house.secret
        async with opened.client() as there, closed.client() as here:
            await there.post("/sign-in", data={"person": "amao"})
            here.cookies = there.cookies
            answer = await here.get("/me")

    assert answer.status_code == 303


async def test_what_is_not_ready_tells_a_stranger_nothing_of_the_inside(stage: Acted, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(*_: object) -> float:
        raise RuntimeError("connection to postgres://kuaihui:hunter2@10.0.0.7 failed")

    monkeypatch.setattr(stage.house.loop, "lag", broken)
    async with stage.client() as http:
        answer = await http.get("/-/ready")

    assert answer.status_code == 503
    assert "hunter2" not in answer.text
    assert "10.0.0.7" not in answer.text


async def test_an_open_house_that_a_proxy_shows_to_others_answers_none_of_them(stage: Acted) -> None:
    server = stage.house.settings.server.model_copy(update={"address": "https://kuaihui.example.org"})
    stage.house.settings = stage.house.settings.model_copy(update={"server": server})
    stage.app = create_app(stage.house)
    async with stage.client("amao", host="kuaihui.example.org") as http:
        answer = await http.get("/")

    assert answer.status_code == 421
