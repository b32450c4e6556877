"""
A task as an issue of a GitLab project (REST API v4; the token needs the scope api).

Rule 1: the issue carries a mark of its task, so that an order carried out twice finds the first issue and opens no second.
Rule 2: others than the team may read it: its words are scrubbed.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final
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
    iid: int
    web_url: str = ""
    description: str | None = None


class _User(msgspec.Struct):
    id: int


class Issues:
    """Opens and closes issues there; `name` is the integration's."""

    def __init__(self, there: OverHttp, name: str) -> None:
        self._there, self._name, self._scrub = there, name, there.scrub

    async def make(self, order: MakeIssue, timeline: Timeline, now: datetime) -> list[Fact]:
        """The issue, new or found by its mark. Raises CarryError."""
        path, mark = self._path(order.place), mark_of(timeline.incident, order.task)
        issue = await self._known(path, mark) or await self._open(path, order, mark)
        return [TaskLinked(at=now, by=self._name, task=order.task, reference=str(issue.iid), link=issue.web_url)]

    async def close(self, order: CloseIssue, timeline: Timeline, now: datetime) -> list[Fact]:
        """The issue closed; one that is closed already stays so. Raises CarryError."""
        await self._there.ask("PUT", f"{self._path(order.place)}/{quote(order.reference, safe='')}", json={"state_event": "close"})
        return []

    async def reopen(self, order: ReopenIssue, timeline: Timeline, now: datetime) -> list[Fact]:
        """The issue open again; one that is open stays so. Raises CarryError."""
        await self._there.ask("PUT", f"{self._path(order.place)}/{quote(order.reference, safe='')}", json={"state_event": "reopen"})
        return []

    def _path(self, place: dict[str, str]) -> str:
        project = place.get("project") or place.get("repository")
        if not project:
            raise lacking(self._name, "project")
        return f"/projects/{quote(project, safe='')}/issues"

    async def _known(self, path: str, mark: str) -> _Issue | None:
        found = await self._there.ask("GET", path, params={"labels": LABEL, "per_page": "100", "order_by": "created_at"})
        return next((issue for issue in self._there.read(found, list[_Issue]) if mark in (issue.description or "")), None)

    async def _open(self, path: str, order: MakeIssue, mark: str) -> _Issue:
        body: dict[str, Any] = {
            "title": self._scrub(order.title),
            "description": f"{self._scrub(order.words)}\n\n{mark}",
            "labels": LABEL,
        }  # Any: JSON
        if order.due:
            body["due_date"] = f"{order.due:%Y-%m-%d}"
        if assignee := await self._assignee(order.owner):
            body["assignee_ids"] = [assignee]
        return self._there.read(await self._there.ask("POST", path, json=body), _Issue)

    async def _assignee(self, email: str) -> int | None:
        """The one user with this address; where there is none, or we may not look, nobody is assigned."""
        if not email:
            return None
        answer = await self._there.answer("GET", "/users", params={"search": email})
        if not answer.is_success:
            return None
        found = self._there.read(answer, list[_User])
        return found[0].id if len(found) == 1 else None
