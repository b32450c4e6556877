"""
Argo CD's GET /api/v1/applications/NAME over applications in memory.

It keeps the contract where it hurts: an application that is not there, or not ours to see, is a 403 for a token that may not list them;
the history is oldest first and holds only syncs that succeeded; what runs or failed stands in operationState.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

Status = dict[str, Any]  # Any: JSON


@dataclass
class ArgoCD:
    """The applications' status by name, and the token that lets in."""

    token: str = ""
    applications: dict[str, Status] = field(default_factory=dict[str, Status])

    def app(self) -> Starlette:
        """The server."""
        return Starlette(routes=[Route("/api/v1/applications/{name}", self.application)])

    async def application(self, request: Request) -> Response:
        """One application."""
        if self.token and request.headers.get("authorization") != f"Bearer {self.token}":
            return JSONResponse({"error": "no session information", "code": 16, "message": "no session information"}, 401)
        name = request.path_params["name"]
        if name not in self.applications:
            return JSONResponse({"error": "permission denied", "code": 7, "message": "permission denied"}, 403)
        return JSONResponse({"metadata": {"name": name, "namespace": "argocd"}, "status": self.applications[name]})
