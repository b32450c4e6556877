"""
What was changed in a GitLab project: its deployments, merges and pipelines (REST API v4, read only: scope read_api).

Rule 1: each kind is asked for itself; one that fails leaves the others standing, and says so.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypeVar
from urllib.parse import quote

import httpx
import msgspec

from kuaihui.diagnosis.listed_changes import listed
from kuaihui.diagnosis.scrubbing import DEFAULT, Scrubber
from kuaihui.incident.evidence import Change
from kuaihui.incident.fact import Fact
from kuaihui.incident.timeline import Timeline
from kuaihui.integrations.gitlab.make_issue import Issues
from kuaihui.orders import CloseIssue, ListChanges, MakeIssue, Order, ReopenIssue
from kuaihui.orders.refusals import lacking
from kuaihui.over_http import OverHttp, each_for_itself

_BUDGET: Final = timedelta(seconds=18)
_PAGE: Final = 100  # GitLab's greatest
T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Access:
    """Where it is, and a token with the scope read_api."""

    url: str = "https://gitlab.com"
    token: str = field(default="", repr=False)


class _Person(msgspec.Struct):
    username: str = ""


class _Environment(msgspec.Struct):
    name: str = ""


class _Deployable(msgspec.Struct):
    web_url: str | None = None


class _Deployment(msgspec.Struct):
    id: int
    updated_at: datetime
    status: str = ""
    ref: str = ""
    sha: str = ""
    user: _Person | None = None
    environment: _Environment | None = None
    deployable: _Deployable | None = None

    def change(self) -> Change:
        return Change(
            id=f"deployment/{self.id}",
            kind="deployment",
            at=self.updated_at,
            title=f"{self.ref} {self.sha[:8]}".strip(),
            author=_name(self.user),
            link=(self.deployable.web_url or "") if self.deployable else "",
            environment=self.environment.name if self.environment else "",
            status=self.status,
        )


class _Merge(msgspec.Struct):
    iid: int
    title: str
    updated_at: datetime
    merged_at: datetime | None = None
    web_url: str = ""
    target_branch: str = ""
    author: _Person | None = None
    merge_user: _Person | None = None
    changes_count: str | None = None

    def change(self) -> Change:
        size = self.changes_count or ""
        return Change(
            id=f"merge/{self.iid}",
            kind="merge",
            at=self.merged_at or self.updated_at,
            title=self.title,
            author=_name(self.merge_user or self.author),
            link=self.web_url,
            environment=self.target_branch,
            status="merged",
            size=int(size) if size.isdecimal() else None,
        )


class _Pipeline(msgspec.Struct):
    id: int
    updated_at: datetime
    status: str = ""
    ref: str = ""
    sha: str = ""
    source: str = ""
    web_url: str = ""

    def change(self) -> Change:
        title = f"{self.ref} {self.sha[:8]} ({self.source})"
        return Change(id=f"pipeline/{self.id}", kind="pipeline", at=self.updated_at, title=title, link=self.web_url, status=self.status)


def _name(person: _Person | None) -> str:
    return person.username if person else ""


class GitLab:
    """Lists the changes of a project: the catalog's `changes: {from: gitlab, project: group/name}`."""

    channels: frozenset[str] = frozenset()

    def __init__(
        self, access: Access, name: str = "gitlab", transport: httpx.AsyncBaseTransport | None = None, scrub: Scrubber = DEFAULT
    ) -> None:
        """`transport` takes the place of the network in tests."""
        self.name, self.scrub = name, scrub
        headers = {"PRIVATE-TOKEN": access.token} if access.token else {}
        self._client = httpx.AsyncClient(
            base_url=f"{access.url.rstrip('/')}/api/v4", headers=headers, transport=transport, timeout=_BUDGET.total_seconds()
        )
        self._there = OverHttp(self._client, name, scrub)
        issues = Issues(self._there, name)
        self.carries: dict[type[Order], Callable[[Any, Timeline, datetime], Awaitable[list[Fact]]]] = {
            ListChanges: self.list_changes,
            MakeIssue: issues.make,
            CloseIssue: issues.close,
            ReopenIssue: issues.reopen,
        }

    async def close(self) -> None:
        """Close its connections."""
        await self._client.aclose()

    async def list_changes(self, order: ListChanges, timeline: Timeline, now: datetime) -> list[Fact]:
        """The project's changes, the newest first. Raises CarryError where no kind of them could be had."""
        project = order.place.get("project") or order.place.get("repository")
        if not project:
            raise lacking(self.name, "project")
        # One after the other: three at once is what a busy GitLab answers with 429.
        kinds = [kind(quote(project, safe=""), order) for kind in (self._deployments, self._merges, self._pipelines)]
        found, failed = await each_for_itself(kinds, self.name, _BUDGET)
        return [listed(order, found, now, self.name, failed, self.scrub)]

    async def _deployments(self, project: str, order: ListChanges) -> AsyncIterator[Change]:
        asked = {"updated_after": _iso(order.since), "updated_before": _iso(order.until), "order_by": "updated_at", "sort": "desc"}
        if environment := order.place.get("environment"):
            asked["environment"] = environment
        async for one in self._all(f"/projects/{project}/deployments", asked, _Deployment, order.most):
            yield one.change()

    async def _merges(self, project: str, order: ListChanges) -> AsyncIterator[Change]:
        asked = {"state": "merged", "updated_after": _iso(order.since), "order_by": "updated_at", "sort": "desc"}
        if branch := order.place.get("branch"):
            asked["target_branch"] = branch
        async for one in self._all(f"/projects/{project}/merge_requests", asked, _Merge, order.most):
            if one.merged_at is not None:
                yield one.change()

    async def _pipelines(self, project: str, order: ListChanges) -> AsyncIterator[Change]:
        asked = {"updated_after": _iso(order.since), "updated_before": _iso(order.until), "order_by": "updated_at", "sort": "desc"}
        if branch := order.place.get("branch"):
            asked["ref"] = branch
        async for one in self._all(f"/projects/{project}/pipelines", asked, _Pipeline, order.most):
            yield one.change()

    async def _all(self, path: str, asked: Mapping[str, str], kind: type[T], most: int) -> AsyncIterator[T]:
        """Every entry of every page, up to one more than wanted."""
        page, seen = "1", 0
        while page and seen <= most:
            response = await self._there.ask("GET", path, params={**asked, "per_page": str(_PAGE), "page": page})
            for entry in self._there.read(response, list[kind]):
                seen += 1
                yield entry
            page = response.headers.get("x-next-page", "")


def _iso(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")
