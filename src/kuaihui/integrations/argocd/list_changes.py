"""
What an Argo CD application was synced to: its history and the sync that runs now (GET /api/v1/applications/NAME, read only).

Rule 1: a sync that failed or still runs is no part of Argo CD's history; it is told beside it, with its own phase.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import quote

import httpx
import msgspec

from kuaihui.diagnosis.listed_changes import listed
from kuaihui.diagnosis.scrubbing import DEFAULT, Scrubber
from kuaihui.incident.evidence import Change
from kuaihui.incident.fact import Fact
from kuaihui.incident.timeline import Timeline
from kuaihui.orders import ListChanges, Order
from kuaihui.orders.refusals import lacking
from kuaihui.over_http import OverHttp

_BUDGET: Final = timedelta(seconds=18)


@dataclass(frozen=True, kw_only=True)
class Access:
    """Where it is, and the token of an account that may get applications."""

    url: str
    token: str = field(default="", repr=False)


class _Initiator(msgspec.Struct):
    username: str = ""
    automated: bool = False

    @property
    def name(self) -> str:
        return self.username or ("automated" if self.automated else "")


class _Deployed(msgspec.Struct, rename="camel"):
    id: int
    deployed_at: datetime
    deploy_started_at: datetime | None = None
    revision: str = ""
    revisions: list[str] | None = None
    initiated_by: _Initiator | None = None

    def change(self, application: str, link: str) -> Change:
        revision = self.revision or " ".join(self.revisions or ())
        author = self.initiated_by.name if self.initiated_by else ""
        # What breaks something begins to do so when the sync starts.
        at = self.deploy_started_at or self.deployed_at
        return Change(
            id=f"sync/{self.id}",
            kind="deployment",
            at=at,
            title=f"{application} {revision[:40]}",
            author=author,
            link=link,
            status="synced",
        )


class _Result(msgspec.Struct):
    revision: str = ""


class _Operation(msgspec.Struct, rename="camel"):
    started_at: datetime
    phase: str = ""
    message: str = ""
    sync_result: _Result | None = None

    def change(self, application: str, link: str) -> Change:
        revision = self.sync_result.revision if self.sync_result else ""
        title = f"{application} {revision[:40]} {self.message}".strip()
        return Change(
            id=f"sync/{self.started_at.isoformat()}",
            kind="deployment",
            at=self.started_at,
            title=title,
            link=link,
            status=self.phase.lower(),
        )


class _Status(msgspec.Struct, rename="camel"):
    history: list[_Deployed] | None = None
    operation_state: _Operation | None = None


class _Application(msgspec.Struct):
    status: _Status


class ArgoCD:
    """Lists the syncs of an application: the catalog's `changes: {from: argocd, application: config-center}`."""

    channels: frozenset[str] = frozenset()

    def __init__(
        self, access: Access, name: str = "argocd", transport: httpx.AsyncBaseTransport | None = None, scrub: Scrubber = DEFAULT
    ) -> None:
        """`transport` takes the place of the network in tests."""
        self.name, self.scrub = name, scrub
        self._url = access.url.rstrip("/")
        headers = {"Authorization": f"Bearer {access.token}"} if access.token else {}
        self._client = httpx.AsyncClient(base_url=self._url, headers=headers, transport=transport, timeout=_BUDGET.total_seconds())
        self._there = OverHttp(self._client, name, scrub)
        self.carries: dict[type[Order], Callable[[Any, Timeline, datetime], Awaitable[list[Fact]]]] = {ListChanges: self.list_changes}

    async def close(self) -> None:
        """Close its connections."""
        await self._client.aclose()

    async def list_changes(self, order: ListChanges, timeline: Timeline, now: datetime) -> list[Fact]:
        """The application's syncs, the newest first. Raises CarryError where it could not be asked."""
        application = order.place.get("application")
        if not application:
            raise lacking(self.name, "application")
        found = await self._application(application, order.place.get("namespace", ""))
        link = f"{self._url}/applications/{quote(application)}"
        return [listed(order, _changes(found.status, application, link), now, self.name, scrub=self.scrub)]

    async def _application(self, application: str, namespace: str) -> _Application:
        asked = {"appNamespace": namespace} if namespace else {}
        return self._there.read(
            await self._there.ask("GET", f"/api/v1/applications/{quote(application, safe='')}", params=asked), _Application
        )


def _changes(status: _Status, application: str, link: str) -> Iterator[Change]:
    history = status.history or []
    yield from (one.change(application, link) for one in history)
    running = status.operation_state
    if running and running.phase != "Succeeded":
        yield running.change(application, link)
