"""
The Kubernetes API as far as it tells what a workload was rolled out to, over workloads in memory.

It keeps the contract where it hurts: a rollback makes no new ReplicaSet but raises the revision of an old one and keeps the former numbers
in its revision-history; errors are Status objects; a token without rights is a 403.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

Manifest = dict[str, Any]  # Any: JSON
_REVISION = "deployment.kubernetes.io/revision"
_HISTORY = "deployment.kubernetes.io/revision-history"


@dataclass
class Kubernetes:
    """One namespace's deployments and their ReplicaSets, Argo's rollouts, and the token that lets in."""

    token: str = ""
    deployments: dict[str, Manifest] = field(default_factory=dict[str, Manifest])
    rollouts: dict[str, Manifest] = field(default_factory=dict[str, Manifest])
    sets: list[Manifest] = field(default_factory=list[Manifest])

    def app(self) -> Starlette:
        """The server."""
        return Starlette(
            routes=[
                Route("/apis/apps/v1/namespaces/{namespace}/deployments/{name}", self.deployment),
                Route("/apis/argoproj.io/v1alpha1/namespaces/{namespace}/rollouts/{name}", self.rollout),
                Route("/apis/apps/v1/namespaces/{namespace}/replicasets", self.replica_sets),
            ]
        )

    def roll_out(self, name: str, image: str, at: datetime, kind: str = "Deployment") -> None:
        """Set a workload's image: a new ReplicaSet, or the old one that has it already, with a new revision."""
        owned = [one for one in self.sets if one["metadata"]["ownerReferences"] == [_owner(kind, name)]]
        revision = str(1 + sum(1 + one["metadata"]["annotations"].get(_HISTORY, "").count(",") for one in owned))
        again = next((one for one in owned if one["spec"]["template"]["spec"]["containers"][0]["image"] == image), None)
        word = _REVISION if kind == "Deployment" else "rollout.argoproj.io/revision"
        if again is None:
            meta = {
                "name": f"{name}-{revision}",
                "namespace": "prod",
                "creationTimestamp": _iso(at),
                "ownerReferences": [_owner(kind, name)],
                "annotations": {word: revision},
            }
            self.sets.append({"metadata": meta, "spec": _spec(name, image)})
        else:
            notes = again["metadata"]["annotations"]
            notes[_HISTORY] = ",".join(part for part in (notes.get(_HISTORY, ""), notes[word]) if part)
            notes[word] = revision
        progress = {"type": "Progressing", "status": "True", "reason": "NewReplicaSetAvailable", "lastUpdateTime": _iso(at)}
        status: Manifest = {"conditions": [progress]} if kind == "Deployment" else {"phase": "Healthy", "conditions": [progress]}
        place = self.deployments if kind == "Deployment" else self.rollouts
        meta = {"name": name, "namespace": "prod", "annotations": {word: revision}}
        place[name] = {"metadata": meta, "spec": _spec(name, image), "status": status}

    async def deployment(self, request: Request) -> Response:
        """One Deployment."""
        return self._refusal(request) or _one(self.deployments, request, "deployments.apps")

    async def rollout(self, request: Request) -> Response:
        """One of Argo's Rollouts."""
        return self._refusal(request) or _one(self.rollouts, request, "rollouts.argoproj.io")

    async def replica_sets(self, request: Request) -> Response:
        """Every ReplicaSet of the namespace."""
        body: Manifest = {"kind": "ReplicaSetList", "apiVersion": "apps/v1", "metadata": {}, "items": self.sets}
        return self._refusal(request) or JSONResponse(body)

    def _refusal(self, request: Request) -> Response | None:
        if self.token and request.headers.get("authorization") != f"Bearer {self.token}":
            return _status(401, "Unauthorized", "Unauthorized")
        return None


def _owner(kind: str, name: str) -> Manifest:
    version = "apps/v1" if kind == "Deployment" else "argoproj.io/v1alpha1"
    return {"apiVersion": version, "kind": kind, "name": name, "uid": f"uid-of-{name}", "controller": True}


def _spec(name: str, image: str) -> Manifest:
    labels = {"app": name}
    pod = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "main", "image": image}]}}
    return {"replicas": 1, "selector": {"matchLabels": labels}, "template": pod}


def _one(found: dict[str, Manifest], request: Request, kind: str) -> Response:
    name = request.path_params["name"]
    return JSONResponse(found[name]) if name in found else _status(404, "NotFound", f'{kind} "{name}" not found')


def _status(code: int, reason: str, message: str) -> Response:
    body: Manifest = {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Failure",
        "message": message,
        "reason": reason,
        "code": code,
    }
    return JSONResponse(body, code)


def _iso(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
