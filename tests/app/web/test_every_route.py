"""Who may come in by each route: all of them are walked, so that a new one says here whom it is for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from starlette.routing import Mount

from kuaihui.app.web.app import create_app
from tests.app.web.acted import Acted, acted

# What nobody in particular may ask a closed house for. Everything else wants somebody who has signed in.
FOR_ALL = {
    "GET /-/healthy",
    "GET /-/ready",
    "GET /api/v2/status",
    "GET /api/openapi.json",
    "GET /sign-in",
    "POST /sign-in",  # with a token, or 401
    "POST /sign-out",
    "POST /liking",
    "GET /sign-in/feishu",
    "GET /sign-in/feishu/back",
    "GET /oncall/feeds/{kind}/{id}.ics",  # its own key is in the address
    "MOUNT /static",
    "MOUNT /vendor",
}
# What opens to its own token alone, and to nobody's person.
FOR_MACHINES = {
    "POST /api/v2/alerts",
    "POST /hooks/alertmanager",
    "POST /hooks/generic/{name}",
    "POST /hooks/changes",
    "POST /hooks/gitlab",
    "POST /hooks/github",
    "GET /metrics",
}


def walked(routes: Sequence[Any]) -> Iterator[tuple[str, str]]:
    """Every method and path of an app, those of its routers among them."""
    for route in routes:
        if isinstance(route, Mount):
            yield "MOUNT", route.path
        elif router := getattr(route, "original_router", None):
            yield from walked(router.routes)
        else:
            yield from ((method, route.path) for method in sorted(route.methods - {"HEAD"}))


def every(stage: Acted) -> list[tuple[str, str]]:
    return list(walked(stage.app.router.routes))


async def test_a_closed_house_opens_no_route_to_nobody_but_those_that_are_named_here() -> None:
    async with acted(tokens={"amao": "a-token-of-amao"}) as stage, stage.client() as http:
        routes = every(stage)
        let_in: list[str] = []
        for method, path in routes:
            if (name := f"{method} {path}") in FOR_ALL | FOR_MACHINES:
                continue
            answer = await http.request(method, path)
            sent_away = answer.status_code == 303 and answer.headers["location"].startswith("/sign-in?next=")
            if answer.status_code != 401 and not sent_away:
                let_in.append(f"{name}: {answer.status_code}")

    assert let_in == []
    assert len(routes) > 80
    assert {f"{method} {path}" for method, path in routes} >= FOR_ALL | FOR_MACHINES, "what is named here is there"


async def test_a_persons_token_opens_no_door_for_machines_and_a_doors_token_no_other() -> None:
    async with acted(tokens={"amao": "a-token-of-amao"}) as stage:
        doors = [name.split() for name in sorted(FOR_MACHINES)]
        hooks = stage.house.settings.hooks
        stage.house.settings = stage.house.settings.model_copy(
            update={"hooks": hooks.model_copy(update={"tokens": {one: f"of-{one}" for one in (*"abc", "metrics", "prometheus")}})}
        )
        server = stage.house.settings.server
        stage.house.settings = stage.house.settings.model_copy(
            update={"server": server.model_copy(update={"address": "https://kuaihui.example.org"})}
        )
        stage.app = create_app(stage.house)
        async with stage.client(host="kuaihui.example.org") as http:
            for token in ("a-token-of-amao", "of-a", ""):
                answers = [
                    await http.request(method, path.replace("{name}", "b"), headers={"Authorization": f"Bearer {token}"} if token else {})
                    for method, path in doors
                ]
                assert {answer.status_code for answer in answers} == {401}, token


async def test_nobody_is_told_who_works_here() -> None:
    async with acted(tokens={"amao": "a-token-of-amao"}) as stage, stage.client() as http:
        pages = [await http.get(path) for path in ("/sign-in", "/api/openapi.json", "/-/ready")]
        wrong = await http.post("/sign-in", data={"token": "nobody's"})

    assert not any(name in page.text for page in (*pages, wrong) for name in ("阿茂", "阿新", "Amao", "axin"))


async def test_every_page_carries_the_headers_that_keep_a_browser_safe() -> None:
    async with acted(tokens={"amao": "a-token-of-amao"}) as stage, stage.client() as http:
        for method, path in every(stage):
            answer = await http.request("GET" if method == "MOUNT" else method, path)
            assert "frame-ancestors 'none'" in answer.headers["content-security-policy"], path
            assert answer.headers["x-content-type-options"] == "nosniff", path
