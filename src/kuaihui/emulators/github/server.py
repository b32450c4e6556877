"""
GitHub's REST API as far as it tells what was changed: deployments and their statuses, pulls, workflow runs, over entries in memory.

It keeps the contract where it hurts: pages by the Link header alone, 100 entries a page at the most, no span for deployments and pulls, a
used-up rate limit as 403 with x-ratelimit-remaining 0, an unknown repository a 404, a wrong token a 401.
"""

from __future__ import annotations

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
class GitHub:
    """The entries by repository and kind, the token that lets in, and how many entries a page holds at the most."""

    token: str = ""
    page: int = _PAGE
    limited: bool = False
    repositories: dict[str, dict[str, list[Entry]]] = field(default_factory=dict[str, dict[str, list[Entry]]])
    statuses: dict[int, list[Entry]] = field(default_factory=dict[int, list[Entry]])
    refusing: dict[str, tuple[int, dict[str, str]]] = field(default_factory=dict[str, tuple[int, dict[str, str]]])  # by kind

    def put(self, repository: str, kind: str, entry: Entry) -> None:
        """Add an entry of "deployments", "pulls" or "runs"."""
        self.repositories.setdefault(repository, {}).setdefault(kind, []).append(entry)

    def app(self) -> Starlette:
        """The server."""
        root = "/repos/{owner}/{name}"
        return Starlette(
            routes=[
                Route(root, self.repository),
                Route(f"{root}/deployments", self.deployments),
                Route(f"{root}/deployments/{{id:int}}/statuses", self.deployment_statuses),
                Route(f"{root}/pulls", self.pulls),
                Route(f"{root}/actions/runs", self.runs),
            ]
        )

    async def repository(self, request: Request) -> Response:
        """The repository itself, as clients ask for it first."""
        name = f"{request.path_params['owner']}/{request.path_params['name']}"
        return self._refusal(request, "") or JSONResponse({"full_name": name, "url": str(request.url)})

    async def deployments(self, request: Request) -> Response:
        """The newest first; `environment` and `ref` choose."""
        return self._answer(request, "deployments", ("environment", "ref"), "created_at")

    async def deployment_statuses(self, request: Request) -> Response:
        """A deployment's states, the newest first."""
        found = self.statuses.get(request.path_params["id"], [])
        return self._refusal(request, "deployments") or self._page(request, found)

    async def pulls(self, request: Request) -> Response:
        """Open ones unless asked otherwise; falling by creation unless `sort` says updated."""
        asked = request.query_params
        if refused := self._refusal(request, "pulls"):
            return refused
        state, base = asked.get("state", "open"), asked.get("base")
        found = [one for one in self._entries(request, "pulls") if state in ("all", one["state"]) and base in (None, one["base"]["ref"])]
        word = "updated_at" if asked.get("sort") == "updated" else "created_at"
        return self._page(request, sorted(found, key=lambda one: one[word], reverse=asked.get("direction", "desc") == "desc"))

    async def runs(self, request: Request) -> Response:
        """Workflow runs; `created` is a span SINCE..UNTIL."""
        since, _, until = request.query_params.get("created", "").partition("..")
        if refused := self._refusal(request, "runs"):
            return refused
        branch = request.query_params.get("branch")
        found = [
            one
            for one in self._entries(request, "runs")
            if branch in (None, one["head_branch"])
            and (not since or _at(since) <= _at(one["created_at"]))
            and (not until or _at(one["created_at"]) <= _at(until))
        ]
        found.sort(key=lambda one: one["created_at"], reverse=True)
        return self._page(request, found, wrapped=True)

    def _answer(self, request: Request, kind: str, chosen: tuple[str, ...], by: str) -> Response:
        if refused := self._refusal(request, kind):
            return refused
        asked = request.query_params
        found = [one for one in self._entries(request, kind) if all(one.get(word) == asked[word] for word in chosen if word in asked)]
        return self._page(request, sorted(found, key=lambda one: one[by], reverse=True))

    def _entries(self, request: Request, kind: str) -> list[Entry]:
        return self.repositories[f"{request.path_params['owner']}/{request.path_params['name']}"].get(kind, [])

    def _refusal(self, request: Request, kind: str) -> Response | None:
        if self.token and request.headers.get("authorization", "").split(" ")[-1] != self.token:
            return JSONResponse({"message": "Bad credentials"}, 401)
        if self.limited:
            return JSONResponse({"message": "API rate limit exceeded"}, 403, {"x-ratelimit-remaining": "0"})
        if kind in self.refusing:
            status, headers = self.refusing[kind]
            return JSONResponse({"message": "refused"}, status, headers)
        if f"{request.path_params['owner']}/{request.path_params['name']}" not in self.repositories:
            return JSONResponse({"message": "Not Found"}, 404)
        return None

    def _page(self, request: Request, found: list[Entry], *, wrapped: bool = False) -> Response:
        size = min(int(request.query_params.get("per_page", "30")), self.page)
        number = int(request.query_params.get("page", "1"))
        part = found[(number - 1) * size : number * size]
        more = request.url.include_query_params(page=number + 1)
        headers = {"Link": f'<{more}>; rel="next"'} if len(found) > number * size else {}
        return JSONResponse({"total_count": len(found), "workflow_runs": part} if wrapped else part, headers=headers)


def _at(written: str) -> datetime:
    return datetime.fromisoformat(written)
