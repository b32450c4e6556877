"""
GitLab's REST API v4 as far as it tells what was changed: deployments, merge requests, pipelines, over entries in memory.

It keeps the contract where it hurts: pages by X-Next-Page, a page of 100 at the most, `updated_after` of deployments only beside
`order_by=updated_at`, the newest first only where it is asked for, an unknown project a 404, a wrong token a 401.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

Entry = dict[str, Any]  # Any: JSON
_PAGE = 100


@dataclass
class GitLab:
    """The entries by project and kind, the token that lets in, and how many entries a page holds at the most."""

    token: str = ""
    page: int = _PAGE
    projects: dict[str, dict[str, list[Entry]]] = field(default_factory=dict[str, dict[str, list[Entry]]])
    refusing: dict[str, tuple[int, dict[str, str]]] = field(default_factory=dict[str, tuple[int, dict[str, str]]])  # by kind

    def put(self, project: str, kind: str, entry: Entry) -> None:
        """Add an entry of "deployments", "merge_requests" or "pipelines"."""
        self.projects.setdefault(project, {}).setdefault(kind, []).append(entry)

    def app(self) -> Starlette:
        """The server."""
        return Starlette(routes=[Route("/api/v4/projects/{project:path}/{kind}", self.list)])

    async def list(self, request: Request) -> Response:
        """One page of entries."""
        if self.token and request.headers.get("private-token") != self.token:
            return JSONResponse({"message": "401 Unauthorized"}, 401)
        kind, asked = request.path_params["kind"], request.query_params
        if kind in self.refusing:
            status, headers = self.refusing[kind]
            return JSONResponse({"message": "refused"}, status, headers)
        project = self.projects.get(request.path_params["project"])
        if project is None:
            return JSONResponse({"message": "404 Project Not Found"}, 404)
        if kind == "deployments" and "updated_after" in asked and asked.get("order_by") != "updated_at":
            return JSONResponse({"message": "`updated_at` filter and `updated_at` sorting must be paired"}, 400)
        return self._page(_sorted(_wanted(project.get(kind, []), request), request), request)

    def _page(self, found: list[Entry], request: Request) -> Response:
        size = min(int(request.query_params.get("per_page", "20")), self.page)
        number = int(request.query_params.get("page", "1"))
        more = str(number + 1) if len(found) > number * size else ""
        headers = {"X-Page": str(number), "X-Per-Page": str(size), "X-Next-Page": more, "X-Total": str(len(found))}
        if more:
            headers["Link"] = f'<{request.url.include_query_params(page=more)}>; rel="next"'
        return JSONResponse(found[(number - 1) * size : number * size], headers=headers)


def _wanted(entries: Iterable[Entry], request: Request) -> list[Entry]:
    asked = request.query_params
    after, before = (datetime.fromisoformat(asked[name]) if name in asked else None for name in ("updated_after", "updated_before"))
    equal = {"state": "state", "target_branch": "target_branch", "ref": "ref", "status": "status"}

    def fits(entry: Entry) -> bool:
        at = datetime.fromisoformat(entry["updated_at"])
        environment = asked.get("environment")
        return (
            (after is None or at >= after)
            and (before is None or at <= before)
            and all(entry.get(name) == asked[word] for word, name in equal.items() if word in asked)
            and (environment is None or entry.get("environment", {}).get("name") == environment)
        )

    return [entry for entry in entries if fits(entry)]


def _sorted(entries: list[Entry], request: Request) -> list[Entry]:
    """GitLab's order: by `order_by`, rising unless `sort=desc`; merge requests and pipelines fall by themselves."""
    word = request.query_params.get("order_by", "id")
    falling = request.query_params.get("sort", "asc" if request.path_params["kind"] == "deployments" else "desc") == "desc"
    return sorted(entries, key=lambda entry: (entry.get(word, entry["updated_at"]), entry.get("id", 0)), reverse=falling)
