"""What is GitLab's own about listing changes; what every source promises is tried in tests/integrations/promises."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from kuaihui.emulators.gitlab.server import GitLab as Server
from kuaihui.errors import TryLater
from kuaihui.incident.evidence import ChangesListed
from kuaihui.integrations.gitlab.list_changes import Access, GitLab
from tests.integrations.asking import NOBODY_BROKE, NOW, changes

MINUTE = timedelta(minutes=1)
PROJECT = "config/center"


def iso(at: datetime) -> str:
    return at.astimezone(UTC).isoformat()


def deployment(minutes: int) -> dict[str, Any]:
    return {
        "id": minutes,
        "updated_at": iso(NOW - minutes * MINUTE),
        "status": "success",
        "ref": "main",
        "sha": "a91957a858320c0e17f3a0eca7cfacbff50ea29a",
        "user": {"username": "ayi"},
        "environment": {"name": "production"},
        "deployable": {"web_url": "https://git.example.org/-/jobs/1"},
    }


def merge(minutes: int, updated: int | None = None) -> dict[str, Any]:
    return {
        "iid": minutes,
        "title": "Cache\nthe token=abc123",
        "state": "merged",
        "updated_at": iso(NOW - MINUTE * (minutes if updated is None else updated)),
        "merged_at": iso(NOW - MINUTE * minutes),
        "author": {"username": "xiaomei"},
    }


def filled(**entries: list[dict[str, Any]]) -> Server:
    server = Server(token="right", page=7)
    server.projects[PROJECT] = entries
    return server


async def listed(server: Server) -> ChangesListed:
    source = GitLab(Access(url="http://git", token="right"), transport=httpx.ASGITransport(server.app()))
    (fact,) = await source.list_changes(changes(place={"project": PROJECT}), NOBODY_BROKE, NOW)
    assert isinstance(fact, ChangesListed)
    return fact


async def test_every_page_of_every_kind_is_listed_with_who_and_where() -> None:
    pipelines = [{"id": 9, "updated_at": iso(NOW - MINUTE), "status": "failed", "ref": "main", "sha": "abcdef123456", "source": "push"}]
    fact = await listed(filled(deployments=[deployment(n) for n in range(10, 18)], merge_requests=[merge(5)], pipelines=pipelines))

    assert [one.kind for one in fact.changes] == ["pipeline", "merge", *["deployment"] * 8]
    assert (fact.changes[1].title, fact.changes[1].author) == ("Cache the token=<password>", "xiaomei")
    newest = fact.changes[2]
    assert (newest.title, newest.author, newest.environment, newest.status) == ("main a91957a8", "ayi", "production", "success")
    assert fact.partial is None


async def test_a_merge_is_of_the_moment_it_was_merged() -> None:
    """A comment moves updated_at into the span; the merge itself is days old."""
    assert (await listed(filled(merge_requests=[merge(5000, updated=1)]))).changes == ()


@pytest.mark.parametrize("status", [403, 429, 500])
async def test_a_kind_that_fails_leaves_the_others_and_says_so(status: int) -> None:
    server = filled(deployments=[deployment(5)])
    server.refusing = {"pipelines": (status, {})}
    fact = await listed(server)

    assert [one.kind for one in fact.changes] == ["deployment"]
    assert fact.partial is not None


async def test_when_every_kind_fails_the_order_does() -> None:
    server = filled()
    server.refusing = {kind: (429, {"Retry-After": "11"}) for kind in ("deployments", "merge_requests", "pipelines")}
    with pytest.raises(TryLater) as busy:
        await listed(server)
    assert busy.value.after == timedelta(seconds=11)
