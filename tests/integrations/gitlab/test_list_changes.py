"""The changes of a GitLab project, over its REST API's pages and refusals."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from kuaihui.errors import GiveUp, TryLater
from kuaihui.incident.evidence import ChangesListed
from kuaihui.incident.facts import decode, encode
from kuaihui.integrations.gitlab.list_changes import Access, GitLab
from tests.integrations.asking import NOBODY_BROKE, NOW, changes

MINUTE = timedelta(minutes=1)
PAGE = 3


def iso(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds")


def deployment(minutes: int, **more: Any) -> dict[str, Any]:
    at = iso(NOW - MINUTE * minutes)
    return {
        "id": minutes,
        "updated_at": at,
        "status": "success",
        "ref": "main",
        "sha": "a91957a858320c0e17f3a0eca7cfacbff50ea29a",
        "user": {"username": "ayi"},
        "environment": {"name": "production"},
        "deployable": {"web_url": "https://git.example.org/-/jobs/1"},
    } | more


def merge(minutes: int, updated: int | None = None) -> dict[str, Any]:
    updated_at = iso(NOW - MINUTE * (minutes if updated is None else updated))
    person = {"username": "xiaomei"}
    return {
        "iid": minutes,
        "title": "Cache\nthe token=abc123",
        "updated_at": updated_at,
        "merged_at": iso(NOW - MINUTE * minutes),
        "author": person,
    }


class Server:
    """Answers as GitLab does: pages of PAGE entries with X-Next-Page, the token looked at, an unknown project a 404."""

    def __init__(self, **entries: list[dict[str, Any]]) -> None:
        self.entries = entries
        self.refusing: dict[str, Callable[[], httpx.Response]] = {}
        self.asked: list[str] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        path = request.url.raw_path.decode().partition("?")[0]
        self.asked.append(path)
        if request.headers.get("private-token") != "right":
            return httpx.Response(401, json={"message": "401 Unauthorized"})
        kind = path.removeprefix("/api/v4/projects/config%2Fcenter/")
        if kind in self.refusing:
            return self.refusing[kind]()
        if kind == path:
            return httpx.Response(404, json={"message": "404 Project Not Found"})
        after, page = datetime.fromisoformat(request.url.params["updated_after"]), int(request.url.params["page"])
        found = [one for one in self.entries.get(kind, []) if datetime.fromisoformat(one["updated_at"]) >= after]
        more = str(page + 1) if len(found) > page * PAGE else ""
        return httpx.Response(200, json=found[(page - 1) * PAGE : page * PAGE], headers={"x-next-page": more})


async def listed(server: Server, token: str = "right", project: str = "config/center", **more: Any) -> ChangesListed:
    source = GitLab(Access(url="http://git", token=token), transport=httpx.MockTransport(server))
    (fact,) = await source.list_changes(changes(place={"project": project} if project else {}, **more), NOBODY_BROKE, NOW)
    assert isinstance(fact, ChangesListed)
    assert decode(encode(fact)) == fact
    return fact


async def test_every_page_of_every_kind_is_listed_newest_first() -> None:
    pipelines = [{"id": 9, "updated_at": iso(NOW - MINUTE), "status": "failed", "ref": "main", "sha": "abcdef123456", "source": "push"}]
    fact = await listed(Server(deployments=[deployment(n) for n in range(10, 18)], merge_requests=[merge(5)], pipelines=pipelines))

    assert [one.kind for one in fact.changes] == ["pipeline", "merge", *["deployment"] * 8]
    assert [one.at for one in fact.changes] == sorted((one.at for one in fact.changes), reverse=True)
    assert (fact.changes[1].title, fact.changes[1].author) == ("Cache the token=<password>", "xiaomei")
    newest = fact.changes[2]
    assert (newest.title, newest.author, newest.environment, newest.status) == ("main a91957a8", "ayi", "production", "success")
    assert fact.partial is None


async def test_a_merge_is_of_the_moment_it_was_merged() -> None:
    """A comment moves updated_at into the span; the merge itself is days old."""
    assert (await listed(Server(merge_requests=[merge(5000, updated=1)]))).changes == ()


async def test_the_newest_limit_is_honoured_and_said() -> None:
    fact = await listed(Server(deployments=[deployment(n) for n in range(1, 20)]), most=5)

    assert [one.id for one in fact.changes] == [f"deployment/{n}" for n in range(1, 6)]
    assert fact.partial is not None


@pytest.mark.parametrize("status", [403, 429, 500])
async def test_a_kind_that_fails_leaves_the_others_and_says_so(status: int) -> None:
    server = Server(deployments=[deployment(5)])
    server.refusing = {"pipelines": lambda: httpx.Response(status)}
    fact = await listed(server)

    assert [one.kind for one in fact.changes] == ["deployment"]
    assert fact.partial is not None


async def test_when_every_kind_fails_the_order_does() -> None:
    server = Server()
    server.refusing = {
        kind: lambda: httpx.Response(429, headers={"Retry-After": "11"}) for kind in ("deployments", "merge_requests", "pipelines")
    }
    with pytest.raises(TryLater) as busy:
        await listed(server)
    assert busy.value.after == timedelta(seconds=11)


async def test_wrong_tokens_and_places_are_given_up_with_the_remedy() -> None:
    with pytest.raises(GiveUp, match=r"\[gitlab\]"):
        await listed(Server(), token="wrong")
    with pytest.raises(GiveUp, match="catalog"):
        await listed(Server(), project="nobody/knows")
    with pytest.raises(GiveUp, match="project"):
        await listed(Server(), project="")
