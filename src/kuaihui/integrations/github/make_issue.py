"""
A task as an issue of a GitHub repository (REST API; the token needs "issues: write").

Rule 1: the issue carries a mark of its task, so that an order carried out twice finds the first issue and opens no second.
Rule 2: others than the team may read it: its words are scrubbed.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final
from urllib.parse import quote

import msgspec

from kuaihui.incident.fact import Fact
from kuaihui.incident.tasks import TaskLinked
from kuaihui.incident.timeline import Timeline
from kuaihui.intake.issues import mark_of
from kuaihui.orders import CloseIssue, MakeIssue, ReopenIssue
from kuaihui.orders.refusals import lacking
from kuaihui.over_http import OverHttp

LABEL: Final = "kuaihui"


class _Issue(msgspec.Struct):
    number: int
    html_url: str = ""
    body: str | None = None


class Issues:
    """Opens and closes issues there; `name` is the integration's."""

    def __init__(self, there: OverHttp, name: str) -> None:
        self._there, self._name, self._scrub = there, name, there.scrub

    async def make(self, order: MakeIssue, timeline: Timeline, now: datetime) -> list[Fact]:
        """The issue, new or found by its mark. Raises CarryError."""
        path, mark = self._path(order.place), mark_of(timeline.incident, order.task)
        issue = await self._known(path, mark) or await self._open(path, order, mark)
        return [TaskLinked(at=now, by=self._name, task=order.task, reference=str(issue.number), link=issue.html_url)]

    async def close(self, order: CloseIssue, timeline: Timeline, now: datetime) -> list[Fact]:
        """The issue closed; one that is closed already stays so. Raises CarryError."""
        closed = {"state": "closed", "state_reason": "completed"}
        await self._there.ask("PATCH", f"{self._path(order.place)}/{quote(order.reference, safe='')}", json=closed)
        return []

    async def reopen(self, order: ReopenIssue, timeline: Timeline, now: datetime) -> list[Fact]:
        """The issue open again; one that is open stays so. Raises CarryError."""
        await self._there.ask("PATCH", f"{self._path(order.place)}/{quote(order.reference, safe='')}", json={"state": "open"})
        return []

    def _path(self, place: dict[str, str]) -> str:
        repository = place.get("repository") or place.get("project")
        if not repository:
            raise lacking(self._name, "repository")
        return f"/repos/{quote(repository)}/issues"

    async def _known(self, path: str, mark: str) -> _Issue | None:
        found = await self._there.ask("GET", path, params={"state": "all", "per_page": "100", "sort": "created"})
        return next((issue for issue in self._there.read(found, list[_Issue]) if mark in (issue.body or "")), None)

    async def _open(self, path: str, order: MakeIssue, mark: str) -> _Issue:
        # GitHub knows no due date and finds nobody by an address: both stand in the text.
        told = [f"{order.due:%Y-%m-%d}"] if order.due else []
        told += [order.owner] if order.owner else []
        body = "\n\n".join([*([" · ".join(told)] if told else []), self._scrub(order.words), mark])
        sent = {"title": self._scrub(order.title), "body": body, "labels": [LABEL]}
        return self._there.read(await self._there.ask("POST", path, json=sent), _Issue)
