"""What every source of changes promises, whatever its own way of telling is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

import httpx
import pytest

from kuaihui.emulators.argocd.server import ArgoCD as ArgoServer
from kuaihui.emulators.github.server import GitHub as GitHubServer
from kuaihui.emulators.gitlab.server import GitLab as GitLabServer
from kuaihui.emulators.kubernetes.server import Kubernetes as KubernetesServer
from kuaihui.errors import GiveUp, TryLater
from kuaihui.incident.evidence import ChangesListed
from kuaihui.incident.fact import Fact
from kuaihui.incident.facts import decode, encode
from kuaihui.incident.timeline import Timeline
from kuaihui.integrations.argocd import list_changes as argocd
from kuaihui.integrations.github import list_changes as github
from kuaihui.integrations.gitlab import list_changes as gitlab
from kuaihui.integrations.kubernetes import list_changes as kubernetes
from kuaihui.orders import ListChanges
from tests.integrations.asking import NOBODY_BROKE, NOW, changes

MINUTE = timedelta(minutes=1)
PAGE = 7  # a small page, so that few entries make many
URL = "http://source"


def iso(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class Lister(Protocol):
    async def list_changes(self, order: ListChanges, timeline: Timeline, now: datetime) -> list[Fact]: ...


class Source(Protocol):
    """A source that deploys can be put into, and that can be asked."""

    place: dict[str, str]
    needs: str

    @property
    def app(self) -> Any: ...

    def deploys(self, at: datetime, what: str) -> None: ...

    def carrier(self, transport: httpx.AsyncBaseTransport, secret: str = "right") -> Lister: ...


class GitLabSource:
    def __init__(self) -> None:
        self.server = GitLabServer(token="right", page=PAGE)
        self.place, self.needs, self.count = {"project": "config/center"}, "project", 0
        self.server.projects["config/center"] = {}

    @property
    def app(self) -> Any:
        return self.server.app()

    def deploys(self, at: datetime, what: str) -> None:
        self.count += 1
        entry = {
            "id": self.count,
            "updated_at": iso(at),
            "status": "success",
            "ref": what,
            "sha": "a91957a858320c0e17f3a0eca7cfacbff50ea29a",
        }
        self.server.put("config/center", "deployments", entry | {"user": {"username": "ayi"}, "environment": {"name": "production"}})

    def carrier(self, transport: httpx.AsyncBaseTransport, secret: str = "right") -> Lister:
        return gitlab.GitLab(gitlab.Access(url=URL, token=secret), transport=transport)


class GitHubSource:
    def __init__(self) -> None:
        self.server = GitHubServer(token="right", page=PAGE)
        self.place, self.needs, self.count = {"repository": "config/center"}, "repository", 0
        self.server.repositories["config/center"] = {}

    @property
    def app(self) -> Any:
        return self.server.app()

    def deploys(self, at: datetime, what: str) -> None:
        self.count += 1
        entry = {"id": self.count, "created_at": iso(at), "ref": what, "sha": "a91957a858320c0e17f3a0eca7cfacbff50ea29a"}
        self.server.put("config/center", "deployments", entry | {"creator": {"login": "ayi"}, "environment": "production"})
        self.server.statuses[self.count] = [{"state": "success", "log_url": "https://ci.example.org/1"}]

    def carrier(self, transport: httpx.AsyncBaseTransport, secret: str = "right") -> Lister:
        return github.GitHub(github.Access(url=URL, token=secret), transport=transport)


class ArgoSource:
    def __init__(self) -> None:
        self.server = ArgoServer(token="right")
        self.place, self.needs = {"application": "config-center"}, "application"
        self.server.applications["config-center"] = {"history": []}

    @property
    def app(self) -> Any:
        return self.server.app()

    def deploys(self, at: datetime, what: str) -> None:
        history = self.server.applications["config-center"]["history"]
        history.append({"id": len(history), "deployedAt": iso(at), "revision": what, "initiatedBy": {"username": "ayi"}})

    def carrier(self, transport: httpx.AsyncBaseTransport, secret: str = "right") -> Lister:
        return argocd.ArgoCD(argocd.Access(url=URL, token=secret), transport=transport)


class KubernetesSource:
    def __init__(self) -> None:
        self.server = KubernetesServer(token="right")
        self.place, self.needs = {"namespace": "prod", "workload": "deployment/config-center"}, "workload"
        self.server.roll_out("config-center", "config-center:old", NOW - timedelta(days=30))

    @property
    def app(self) -> Any:
        return self.server.app()

    def deploys(self, at: datetime, what: str) -> None:
        self.server.roll_out("config-center", f"registry.example.org/{what}:{len(self.server.sets)}", at)

    def carrier(self, transport: httpx.AsyncBaseTransport, secret: str = "right") -> Lister:
        return kubernetes.Kubernetes(kubernetes.Access(url=URL, token=secret), transport=transport)


@pytest.fixture(params=[GitLabSource, GitHubSource, ArgoSource, KubernetesSource])
def source(request: pytest.FixtureRequest) -> Source:
    return request.param()


async def listed(source: Source, carrier: Lister | None = None, **more: Any) -> ChangesListed:
    carrier = carrier or source.carrier(httpx.ASGITransport(source.app))
    (fact,) = await carrier.list_changes(changes(place=source.place, **more), NOBODY_BROKE, NOW)
    assert isinstance(fact, ChangesListed)
    assert decode(encode(fact)) == fact
    return fact


async def test_every_change_of_the_span_is_listed_newest_first(source: Source) -> None:
    for number in range(20, 0, -1):
        source.deploys(NOW - number * MINUTE, f"v{number}")
    source.deploys(NOW - timedelta(hours=6, minutes=1), "before-the-span")
    source.deploys(NOW + MINUTE, "after-the-span")
    fact = await listed(source)

    assert [one.at for one in fact.changes] == [NOW - number * MINUTE for number in range(1, 21)]
    assert all(one.kind in ("deployment", "rollout") and one.service == "config-center" and one.source == fact.by for one in fact.changes)
    assert len({one.id for one in fact.changes}) == 20
    assert fact.partial is None


async def test_nothing_changed_is_an_answer(source: Source) -> None:
    assert (await listed(source)).changes == ()


async def test_the_newest_limit_is_honoured_and_said(source: Source) -> None:
    for number in range(12, 0, -1):
        source.deploys(NOW - number * MINUTE, f"v{number}")
    fact = await listed(source, most=5)

    assert [one.at for one in fact.changes] == [NOW - number * MINUTE for number in range(1, 6)]
    assert fact.partial is not None


async def test_secrets_in_a_title_are_scrubbed(source: Source) -> None:
    source.deploys(NOW - MINUTE, "password=hunter2")
    assert b"hunter2" not in encode(await listed(source))


def times_out() -> httpx.Response:
    raise httpx.ReadTimeout("slow")


def is_down() -> httpx.Response:
    raise httpx.ConnectError("refused")


@pytest.mark.parametrize(
    "then", [times_out, is_down, lambda: httpx.Response(429, headers={"Retry-After": "9"}), lambda: httpx.Response(503)]
)
async def test_a_source_that_is_busy_is_tried_later(source: Source, then: Callable[[], httpx.Response]) -> None:
    with pytest.raises(TryLater):
        await listed(source, source.carrier(httpx.MockTransport(lambda _: then())))


async def test_wrong_credentials_are_given_up_with_the_remedy(source: Source) -> None:
    with pytest.raises(GiveUp, match=r"check \["):
        await listed(source, source.carrier(httpx.ASGITransport(source.app), secret="wrong"))


async def test_a_place_the_catalog_forgot_is_given_up_by_its_word(source: Source) -> None:
    source.place = {}
    with pytest.raises(GiveUp, match=source.needs):
        await listed(source)


async def test_a_place_nobody_knows_is_given_up(source: Source) -> None:
    source.place = source.place | {source.needs: "nobody/knows" if "/" in source.place[source.needs] else "nobody"}
    with pytest.raises(GiveUp):
        await listed(source)


@pytest.mark.parametrize("body", [b"", b"<html>login</html>", b"{}x", b"\xff\xfe", b'{"items": 1}'])
async def test_what_is_no_answer_is_given_up(source: Source, body: bytes) -> None:
    with pytest.raises(GiveUp, match="address"):
        await listed(source, source.carrier(httpx.MockTransport(lambda _: httpx.Response(200, content=body))))


async def test_going_back_to_an_old_revision_is_a_change_of_its_own() -> None:
    """A rollback makes no new ReplicaSet; it is the newest change all the same."""
    source = KubernetesSource()
    source.server.roll_out("config-center", "config-center:new", NOW - 30 * MINUTE)
    source.server.roll_out("config-center", "config-center:old", NOW - 5 * MINUTE)
    fact = await listed(source)

    assert [(one.at, one.id) for one in fact.changes] == [
        (NOW - 5 * MINUTE, "rollout/config-center-1/3"),
        (NOW - 30 * MINUTE, "rollout/config-center-2/2"),
    ]
    assert fact.changes[0].title == "config-center config-center:old"


async def test_argo_rollouts_are_workloads_too() -> None:
    source = KubernetesSource()
    source.server.roll_out("config-center", "config-center:9", NOW - MINUTE, "Rollout")
    source.place = {"namespace": "prod", "workload": "rollout/config-center"}
    fact = await listed(source)

    assert [(one.title, one.status, one.environment) for one in fact.changes] == [("config-center config-center:9", "Healthy", "prod")]


async def test_a_sync_that_failed_is_told_beside_the_history() -> None:
    source = ArgoSource()
    source.deploys(NOW - 30 * MINUTE, "good")
    failed = {"phase": "Failed", "startedAt": iso(NOW - MINUTE), "message": "one or more objects failed", "syncResult": {"revision": "bad"}}
    source.server.applications["config-center"]["operationState"] = failed
    fact = await listed(source)

    assert [(one.status, one.title.split()[1]) for one in fact.changes] == [("failed", "bad"), ("synced", "good")]


def pull(number: int, minutes: int, updated: int, base: str = "main", *, merged: bool = True) -> dict[str, Any]:
    return {
        "number": number,
        "title": f"Cache {number}",
        "state": "closed",
        "created_at": iso(NOW - timedelta(days=1)),
        "updated_at": iso(NOW - updated * MINUTE),
        "merged_at": iso(NOW - minutes * MINUTE) if merged else None,
        "base": {"ref": base},
        "user": {"login": "xiaomei"},
    }


async def test_github_tells_merges_and_runs_beside_deployments() -> None:
    source = GitHubSource()
    source.deploys(NOW - 9 * MINUTE, "main")
    for one in (pull(1, 5, 5), pull(2, 5000, 1), pull(3, 4, 4, merged=False), pull(4, 3, 3, "release")):
        source.server.put("config/center", "pulls", one)
    for number in range(1, 9):
        run = {"id": number, "name": "build", "created_at": iso(NOW - number * MINUTE), "head_branch": "main", "head_sha": "abcdef123456"}
        source.server.put("config/center", "runs", run | {"status": "completed", "conclusion": "failure", "event": "push"})
    fact = await listed(source)

    assert [one.id for one in fact.changes if one.kind == "merge"] == ["merge/4", "merge/1"]
    assert [one.status for one in fact.changes if one.kind == "pipeline"] == ["failure"] * 8
    (deployed,) = (one for one in fact.changes if one.kind == "deployment")
    assert (deployed.title, deployed.author, deployed.environment, deployed.status) == ("main a91957a8", "ayi", "production", "success")
    source.place |= {"branch": "main"}
    assert [one.id for one in (await listed(source)).changes if one.kind == "merge"] == ["merge/1"]


async def test_a_used_up_rate_limit_is_tried_later() -> None:
    source = GitHubSource()
    source.server.limited = True
    with pytest.raises(TryLater):
        await listed(source)


@pytest.mark.parametrize("kind", ["deployments", "pulls", "runs"])
async def test_a_kind_that_github_refuses_leaves_the_others_and_says_so(kind: str) -> None:
    source = GitHubSource()
    source.deploys(NOW - MINUTE, "main")
    source.server.put("config/center", "pulls", pull(1, 5, 5))
    source.server.refusing = {kind: (503, {})}
    fact = await listed(source)

    assert len(fact.changes) == (1 if kind in ("deployments", "pulls") else 2)
    assert fact.partial is not None
