"""
What was changed in a GitHub repository: its deployments, merged pull requests and workflow runs (REST API, read only).

Rule 1: each kind is asked for itself; one that fails leaves the others standing, and says so.
Rule 2: GitHub cannot be asked for deployments and pulls of a span: pages are turned, newest first, until one is older than the span.
Rule 3: a used-up rate limit is told with 403 or 429; both are tried later.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any, Final, TypeVar

import httpx
import msgspec

from kuaihui.diagnosis.listed_changes import listed
from kuaihui.diagnosis.scrubbing import DEFAULT, Scrubber
from kuaihui.incident.evidence import Change
from kuaihui.incident.fact import Fact
from kuaihui.incident.timeline import Timeline
from kuaihui.integrations.github.make_issue import Issues
from kuaihui.orders import CloseIssue, ListChanges, MakeIssue, Order, ReopenIssue
from kuaihui.orders.refusals import lacking
from kuaihui.over_http import OverHttp, each_for_itself

_BUDGET: Final = timedelta(seconds=18)
_PAGE: Final = 100  # GitHub's greatest
_MOST_STATUSES: Final = 20  # each deployment's state is a question of its own
T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Access:
    """Where its API is, and a token that may read contents, deployments, pull requests and actions."""

    url: str = "https://api.github.com"
    token: str = field(default="", repr=False)


class _Person(msgspec.Struct):
    login: str = ""


class _Deployment(msgspec.Struct):
    id: int
    created_at: datetime
    ref: str = ""
    sha: str = ""
    environment: str = ""
    creator: _Person | None = None

    def change(self, status: _Status | None) -> Change:
        return Change(
            id=f"deployment/{self.id}",
            kind="deployment",
            at=self.created_at,
            title=f"{self.ref} {self.sha[:8]}".strip(),
            author=_name(self.creator),
            link=status.log_url or status.target_url if status else "",
            environment=self.environment,
            status=status.state if status else "",
        )


class _Status(msgspec.Struct):
    state: str = ""
    log_url: str = ""
    target_url: str = ""


class _Base(msgspec.Struct):
    ref: str = ""


class _Pull(msgspec.Struct):
    number: int
    title: str
    updated_at: datetime
    merged_at: datetime | None = None
    html_url: str = ""
    user: _Person | None = None
    base: _Base | None = None

    def change(self) -> Change:
        return Change(
            id=f"merge/{self.number}",
            kind="merge",
            at=self.merged_at or self.updated_at,
            title=self.title,
            author=_name(self.user),
            link=self.html_url,
            environment=self.base.ref if self.base else "",
            status="merged",
        )


class _Run(msgspec.Struct):
    id: int
    created_at: datetime
    name: str | None = None
    head_branch: str | None = None
    head_sha: str = ""
    status: str | None = None
    conclusion: str | None = None
    event: str = ""
    html_url: str = ""
    actor: _Person | None = None

    def change(self) -> Change:
        return Change(
            id=f"pipeline/{self.id}",
            kind="pipeline",
            at=self.created_at,
            title=f"{self.name or ''} {self.head_branch or ''} {self.head_sha[:8]} ({self.event})".strip(),
            author=_name(self.actor),
            link=self.html_url,
            status=self.conclusion or self.status or "",
        )


class _Runs(msgspec.Struct):
    workflow_runs: list[_Run]


def _name(person: _Person | None) -> str:
    return person.login if person else ""


class GitHub:
    """Lists the changes of a repository: the catalog's `changes: {from: github, repository: owner/name}`."""

    channels: frozenset[str] = frozenset()

    def __init__(
        self, access: Access, name: str = "github", transport: httpx.AsyncBaseTransport | None = None, scrub: Scrubber = DEFAULT
    ) -> None:
        """`transport` takes the place of the network in tests."""
        self.name, self.scrub = name, scrub
        headers = {"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28"}
        if access.token:
            headers["Authorization"] = f"Bearer {access.token}"
        self._client = httpx.AsyncClient(
            base_url=access.url.rstrip("/"), headers=headers, transport=transport, timeout=_BUDGET.total_seconds(), follow_redirects=True
        )
        self._there = OverHttp(self._client, name, scrub, _status)
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
        """The repository's changes, the newest first. Raises CarryError where no kind of them could be had."""
        repository = order.place.get("repository") or order.place.get("project")
        if not repository:
            raise lacking(self.name, "repository")
        kinds = [kind(f"/repos/{repository}", order) for kind in (self._deployments, self._merges, self._runs)]
        found, failed = await each_for_itself(kinds, self.name, _BUDGET)
        return [listed(order, found, now, self.name, failed, self.scrub)]

    async def _deployments(self, repository: str, order: ListChanges) -> AsyncIterator[Change]:
        asked = {"environment": environment} if (environment := order.place.get("environment")) else {}
        pages = self._pages(f"{repository}/deployments", asked, list[_Deployment])
        told = [one async for one in _until_older(pages, lambda one: one.created_at, order)]
        for one in islice(told, _MOST_STATUSES):
            statuses = await self._there.ask("GET", f"{repository}/deployments/{one.id}/statuses", params={"per_page": "1"})
            yield one.change(next(iter(self._there.read(statuses, list[_Status])), None))
        for one in told[_MOST_STATUSES:]:
            yield one.change(None)

    async def _merges(self, repository: str, order: ListChanges) -> AsyncIterator[Change]:
        asked = {"state": "closed", "sort": "updated", "direction": "desc"}
        if branch := order.place.get("branch"):
            asked["base"] = branch
        pages = self._pages(f"{repository}/pulls", asked, list[_Pull])
        async for one in _until_older(pages, lambda one: one.updated_at, order):
            if one.merged_at is not None:
                yield one.change()

    async def _runs(self, repository: str, order: ListChanges) -> AsyncIterator[Change]:
        asked = {"created": f"{_iso(order.since)}..{_iso(order.until)}"}
        if branch := order.place.get("branch"):
            asked["branch"] = branch
        seen = 0
        async for page in self._pages(f"{repository}/actions/runs", asked, _Runs):
            for one in page.workflow_runs:
                yield one.change()
            seen += len(page.workflow_runs)
            if seen > order.most:
                return

    async def _pages(self, path: str, asked: Mapping[str, str], kind: type[T]) -> AsyncIterator[T]:
        url: str | None = path
        given: Mapping[str, str] | None = {**asked, "per_page": str(_PAGE)}
        while url:
            response = await self._there.ask("GET", url, params=given)
            yield self._there.read(response, kind)
            url, given = response.links.get("next", {}).get("url"), None


def _status(response: httpx.Response) -> int:
    """A 403 may mean "too often", not "not allowed"."""
    limited = response.headers.get("x-ratelimit-remaining") == "0" or "retry-after" in response.headers
    return 429 if response.status_code == 403 and limited else response.status_code


async def _until_older(pages: AsyncIterator[list[T]], at: Callable[[T], datetime], order: ListChanges) -> AsyncIterator[T]:
    """The entries of pages that are sorted newest first, down to the span's beginning; up to one more than wanted."""
    seen = 0
    async for page in pages:
        for one in page:
            if at(one) < order.since or seen > order.most:
                return
            seen += at(one) < order.until
            yield one


def _iso(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
