"""Who may come in, by which name, and from which pages."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest

from kuaihui.app.web.identity import COOKIE
from tests.app.web.acted import Acted, acted

TOKENS = {"amao": "a-token-of-amao", "axin": "a-token-of-axin"}


@pytest.fixture
async def closed() -> AsyncIterator[Acted]:
    """A house that asks for tokens."""
    async with acted(tokens=TOKENS) as made:
        yield made


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


async def test_with_tokens_nobody_sees_anything_without_one(closed: Acted) -> None:
    incident = await closed.rings()
    async with closed.client() as http:
        api = [await http.get(f"/api/v1{path}") for path in ("/incidents", f"/incidents/{incident}", "/catalog", "/stream")]
        pages = [await http.get(path) for path in ("/", f"/incidents/{incident}", "/me", f"/incidents/{incident}/document")]

    assert {401} == {answer.status_code for answer in api}
    assert {303} == {answer.status_code for answer in pages}
    assert all(answer.headers["location"].startswith("/sign-in?next=/") for answer in pages)


async def test_a_token_speaks_for_its_person_alone(closed: Acted) -> None:
    incident = await closed.rings()
    async with closed.client("axin") as http:  # the header that an open house believes
        as_amao = await http.get("/api/v1/inbox", headers=bearer(TOKENS["amao"]))
        done = await http.post(f"/api/v1/incidents/{incident}/deeds", json={"deed": "Acknowledge"}, headers=bearer(TOKENS["amao"]))

    assert as_amao.json()["words"] == []
    assert [fact["by"] for fact in done.json()["facts"]] == ["amao"]


@pytest.mark.parametrize("shown", ["", "nonsense", "a-token-of-amao ", "sha256:" + "0" * 64], ids=["none", "wrong", "spaced", "hash"])
async def test_a_wrong_token_is_refused(closed: Acted, shown: str) -> None:
    async with closed.client() as http:
        answer = await http.get("/api/v1/inbox", headers={"Authorization": f"Bearer {shown}"})

    assert (200 if shown.strip() == TOKENS["amao"] else 401) == answer.status_code


async def test_a_page_keeps_who_signed_in_and_forgets_who_signs_out(closed: Acted) -> None:
    async with closed.client() as http:
        wrong = await http.post("/sign-in", data={"token": "nonsense"})
        right = await http.post("/sign-in", data={"token": TOKENS["axin"], "next": "/me"})
        mine = await http.get("/me")
        await http.post("/sign-out")
        gone = await http.get("/me")

    assert (wrong.status_code, right.status_code, right.headers["location"]) == (401, 303, "/me")
    assert (mine.status_code, gone.status_code) == (200, 303)
    assert "阿新" in mine.text
    cookie = right.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie


async def test_a_forged_cookie_is_nobodys(closed: Acted) -> None:
    async with closed.client() as http:
        http.cookies.set(COOKIE, '"amao".aaaa.bbbb')
        assert (await http.get("/me")).status_code == 303


@pytest.mark.parametrize("next", ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)", "/ok\r\nX: y"])
async def test_signing_in_leads_nowhere_but_to_our_own_pages(stage: Acted, next: str) -> None:
    async with stage.client() as http:
        answer = await http.post("/sign-in", data={"person": "amao", "next": next})
        liked = await http.post("/liking", data={"look": "dark", "next": next})

    assert (answer.headers["location"], liked.headers["location"]) == ("/", "/")


@pytest.mark.parametrize(
    "headers",
    [{"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}],
    ids=["origin", "null origin", "cross-site", "same-site"],
)
async def test_a_form_of_another_site_is_refused(stage: Acted, headers: dict[str, str]) -> None:
    incident = await stage.rings()
    before = len(await stage.timeline(incident))
    async with stage.client("amao") as http:
        form = await http.post(f"/incidents/{incident}/do", data={"deed": "Acknowledge"}, headers=headers)
        api = await http.post(f"/api/v1/incidents/{incident}/deeds", json={"deed": "Acknowledge"}, headers=headers)

    assert (403, 403, before) == (form.status_code, api.status_code, len(await stage.timeline(incident)))


async def test_a_form_of_our_own_page_is_taken(stage: Acted) -> None:
    incident = await stage.rings()
    async with stage.client("amao", Origin=stage.address) as http:
        answer = await http.post(f"/incidents/{incident}/do", data={"deed": "Acknowledge"})

    assert (303, f"/incidents/{incident}") == (answer.status_code, answer.headers["location"])


async def test_an_open_house_answers_to_no_name_of_another_site(stage: Acted) -> None:
    transport = httpx.ASGITransport(stage.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://evil.example:8466") as http:
        assert (await http.get("/api/v1/incidents", headers={"X-Kuaihui-Person": "amao"})).status_code == 421
        assert (await http.get("/-/healthy")).status_code == 200


async def test_in_an_open_house_who_has_not_said_who_they_are_may_look_and_not_act(stage: Acted) -> None:
    incident = await stage.rings()
    async with stage.client() as http:
        looked = await http.get(f"/incidents/{incident}")
        pressed = await http.post(f"/incidents/{incident}/do", data={"deed": "Acknowledge"})
        told = await http.post(f"/api/v1/incidents/{incident}/deeds", json={"deed": "Acknowledge"})

    assert (looked.status_code, pressed.status_code, told.status_code) == (200, 303, 401)
    assert pressed.headers["location"].startswith("/sign-in")
