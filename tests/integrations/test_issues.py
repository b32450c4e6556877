"""A task as an issue of GitLab and of GitHub: opened once, found again, closed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from kuaihui.errors import GiveUp, TryLater
from kuaihui.incident.tasks import TaskLinked
from kuaihui.integrations.github import list_changes as github
from kuaihui.integrations.gitlab import list_changes as gitlab
from kuaihui.orders import CloseIssue, MakeIssue, ReopenIssue
from tests.duties.so_far import after, opened

ORDER = MakeIssue(
    occasion=5,
    task="root-cause",
    title="查清根因：热 key",
    words="来自故障 I1",
    source="forge",
    place={"project": "platform/config-center"},
    owner="xiaomei@example.com",
    due=after(60 * 24 * 2),
)
CLOSE = CloseIssue(occasion=9, task="root-cause", reference="1", source="forge", place={"project": "platform/config-center"})


@dataclass
class Forge:
    """The issues of one project, as GitLab's API v4 or GitHub's API has them."""

    kind: str
    token: str = "secret"
    issues: list[dict[str, Any]] = field(default_factory=list)
    status: int = 0  # what everything is answered with, where it is set

    def app(self) -> Starlette:
        if self.kind == "gitlab":
            routes = [
                Route("/api/v4/users", self.users),
                Route("/api/v4/projects/{project:path}/issues", self.all, methods=["GET", "POST"]),
                Route("/api/v4/projects/{project:path}/issues/{number}", self.one, methods=["PUT"]),
            ]
        else:
            routes = [
                Route("/repos/{owner}/{name}/issues", self.all, methods=["GET", "POST"]),
                Route("/repos/{owner}/{name}/issues/{number}", self.one, methods=["PATCH"]),
            ]
        return Starlette(routes=routes)

    def refused(self, request: Request) -> Response | None:
        shown = request.headers.get("private-token") or request.headers.get("authorization", "").removeprefix("Bearer ")
        if shown != self.token:
            return JSONResponse({"message": "401 Unauthorized"}, 401)
        return JSONResponse({"message": "busy"}, self.status) if self.status else None

    async def users(self, request: Request) -> Response:
        return JSONResponse([{"id": 42}] if request.query_params["search"] == "xiaomei@example.com" else [])

    async def all(self, request: Request) -> Response:
        if refused := self.refused(request):
            return refused
        if request.method == "GET":
            return JSONResponse(self.issues)
        given = await request.json()
        number = len(self.issues) + 1
        link = f"https://forge.example.org/issues/{number}"
        made = given | {"iid": number, "number": number, "web_url": link, "html_url": link, "state": "opened"}
        self.issues.append(made)
        return JSONResponse(made, 201)

    async def one(self, request: Request) -> Response:
        if refused := self.refused(request):
            return refused
        given = await request.json()
        issue = self.issues[int(request.path_params["number"]) - 1]
        closes = given in ({"state_event": "close"}, {"state": "closed", "state_reason": "completed"})
        opens = given in ({"state_event": "reopen"}, {"state": "open"})
        issue["state"] = "closed" if closes else "opened" if opens else "?"
        return JSONResponse(issue)


@pytest.fixture(params=["gitlab", "github"])
def forge(request: pytest.FixtureRequest) -> Forge:
    return Forge(request.param)


def carrier(forge: Forge, token: str = "secret") -> gitlab.GitLab | github.GitHub:
    transport = httpx.ASGITransport(forge.app())
    if forge.kind == "gitlab":
        return gitlab.GitLab(gitlab.Access(url="http://forge", token=token), "gitlab.main", transport)
    return github.GitHub(github.Access(url="http://forge", token=token), "github.main", transport)


async def test_a_task_becomes_an_issue_with_its_owner_and_day(forge: Forge) -> None:
    (linked,) = await carrier(forge).carries[MakeIssue](ORDER, opened(), after(20))
    (issue,) = forge.issues

    assert isinstance(linked, TaskLinked)
    assert (linked.task, linked.reference, linked.link) == ("root-cause", "1", "https://forge.example.org/issues/1")
    assert issue["title"] == "查清根因：热 key"
    assert "来自故障 I1" in (issue.get("description") or issue["body"])
    if forge.kind == "gitlab":
        assert (issue["assignee_ids"], issue["due_date"], issue["labels"]) == ([42], "2023-03-13", "kuaihui")
    else:
        assert "2023-03-13 · xiaomei@example.com" in issue["body"]


async def test_an_order_carried_out_twice_opens_one_issue(forge: Forge) -> None:
    carries = carrier(forge).carries[MakeIssue]
    first = await carries(ORDER, opened(), after(20))
    again = await carries(ORDER, opened(), after(21))

    assert len(forge.issues) == 1
    assert [fact.reference for fact in first if isinstance(fact, TaskLinked)] == [
        fact.reference for fact in again if isinstance(fact, TaskLinked)
    ]


async def test_another_task_is_another_issue(forge: Forge) -> None:
    carries = carrier(forge).carries[MakeIssue]
    await carries(ORDER, opened(), after(20))
    await carries(MakeIssue(occasion=6, task="runbook", title="补充预案", words="", source="f", place=ORDER.place), opened(), after(20))

    assert len(forge.issues) == 2


async def test_a_task_that_is_done_closes_its_issue(forge: Forge) -> None:
    one = carrier(forge)
    await one.carries[MakeIssue](ORDER, opened(), after(20))
    assert await one.carries[CloseIssue](CLOSE, opened(), after(30)) == []

    assert forge.issues[0]["state"] == "closed"


async def test_a_task_that_is_to_be_done_again_opens_its_issue_again(forge: Forge) -> None:
    one = carrier(forge)
    await one.carries[MakeIssue](ORDER, opened(), after(20))
    await one.carries[CloseIssue](CLOSE, opened(), after(30))
    again = ReopenIssue(occasion=11, task="root-cause", reference="1", source="forge", place=ORDER.place)
    assert await one.carries[ReopenIssue](again, opened(), after(40)) == []

    assert forge.issues[0]["state"] == "opened"


async def test_a_wrong_token_is_given_up_and_a_busy_forge_tried_later(forge: Forge) -> None:
    with pytest.raises(GiveUp):
        await carrier(forge, "other").carries[MakeIssue](ORDER, opened(), after(20))
    forge.status = 503
    with pytest.raises(TryLater):
        await carrier(forge).carries[MakeIssue](ORDER, opened(), after(20))


async def test_githubs_used_up_rate_limit_is_tried_later() -> None:
    limited = httpx.MockTransport(lambda _: httpx.Response(403, headers={"x-ratelimit-remaining": "0"}))
    one = github.GitHub(github.Access(url="http://forge", token="secret"), "github.main", limited)

    with pytest.raises(TryLater):
        await one.carries[MakeIssue](ORDER, opened(), after(20))


async def test_a_place_without_a_project_is_given_up(forge: Forge) -> None:
    with pytest.raises(GiveUp):
        await carrier(forge).carries[MakeIssue](MakeIssue(occasion=1, task="t", title="x", words="", source="f"), opened(), after(1))
