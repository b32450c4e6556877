"""
A task as an issue of a GitHub repository (REST API; the token needs "issues: write").

Rule 1: the issue carries a mark of its task, so that an order carried out twice finds the first issue and opens no second.
Rule 2: others than the team may read it: its words are scrubbed.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final, TypeVar
from urllib.parse import quote

import httpx
import msgspec

from kuaihui.diagnosis.scrubbing import DEFAULT, Scrubber
from kuaihui.incident.fact import Fact
from kuaihui.incident.tasks import TaskLinked
from kuaihui.incident.timeline import Timeline
from kuaihui.orders import CloseIssue, MakeIssue, ReopenIssue
from kuaihui.orders.refusals import lacking, refusal, too_slow, unreachable, unreadable

LABEL: Final = "kuaihui"
T = TypeVar("T")


class _Issue(msgspec.Struct):
    number: int
    html_url: str = ""
    body: str | None = None


class Issues:
    """Opens and closes issues by this client; `name` is the integration's."""

    def __init__(self, client: httpx.AsyncClient, name: str, scrub: Scrubber = DEFAULT) -> None:
        self._client, self._name, self._scrub = client, name, scrub

    async def make(self, order: MakeIssue, timeline: Timeline, now: datetime) -> list[Fact]:
        """The issue, new or found by its mark. Raises CarryError."""
        path, mark = self._path(order.place), mark_of(timeline.incident, order.task)
        issue = await self._known(path, mark) or await self._open(path, order, mark)
        return [TaskLinked(at=now, by=self._name, task=order.task, reference=str(issue.number), link=issue.html_url)]

    async def close(self, order: CloseIssue, timeline: Timeline, now: datetime) -> list[Fact]:
        """The issue closed; one that is closed already stays so. Raises CarryError."""
        closed = {"state": "closed", "state_reason": "completed"}
        await self._ask("PATCH", f"{self._path(order.place)}/{quote(order.reference, safe='')}", json=closed)
        return []

    async def reopen(self, order: ReopenIssue, timeline: Timeline, now: datetime) -> list[Fact]:
        """The issue open again; one that is open stays so. Raises CarryError."""
        await self._ask("PATCH", f"{self._path(order.place)}/{quote(order.reference, safe='')}", json={"state": "open"})
        return []

    def _path(self, place: dict[str, str]) -> str:
        repository = place.get("repository") or place.get("project")
        if not repository:
            raise lacking(self._name, "repository")
        return f"/repos/{quote(repository)}/issues"

    async def _known(self, path: str, mark: str) -> _Issue | None:
        found = await self._ask("GET", path, params={"state": "all", "per_page": "100", "sort": "created"})
        return next((issue for issue in self._read(found, list[_Issue]) if mark in (issue.body or "")), None)

    async def _open(self, path: str, order: MakeIssue, mark: str) -> _Issue:
        # GitHub knows no due date and finds nobody by an address: both stand in the text.
        told = [f"{order.due:%Y-%m-%d}"] if order.due else []
        told += [order.owner] if order.owner else []
        body = "\n\n".join([*([" · ".join(told)] if told else []), self._scrub(order.words), mark])
        return self._read(await self._ask("POST", path, json={"title": self._scrub(order.title), "body": body, "labels": [LABEL]}), _Issue)

    async def _ask(self, method: str, path: str, **sent: Any) -> httpx.Response:  # Any: httpx's own arguments
        try:
            response = await self._client.request(method, path, **sent)
        except httpx.TimeoutException as slow:
            raise too_slow(self._name) from slow
        except httpx.HTTPError as failed:
            raise unreachable(self._name, type(failed).__name__) from failed
        if refused := refusal(self._name, response.status_code, self._scrub(response.text[:200]), response.headers.get("retry-after")):
            raise refused
        return response

    def _read(self, response: httpx.Response, kind: type[T]) -> T:
        try:
            return msgspec.json.decode(response.content, type=kind)
        except msgspec.DecodeError as wrong:
            raise unreadable(self._name, str(wrong)) from wrong


def mark_of(incident: str, task: str) -> str:
    """What an issue is found again by; Markdown does not show it."""
    return f"<!-- kuaihui {incident} {task} -->"
