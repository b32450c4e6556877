"""
What a workload was rolled out to: the revisions of a Deployment, or of an Argo Rollout, from its ReplicaSets (read only).

Rule 1: a revision is a ReplicaSet; it was rolled out when it was made, and again when somebody went back to it.
Rule 2: when somebody went back, the ReplicaSet is old and only its revision new: then it is the workload's own condition that says when.
"""

from __future__ import annotations

import ssl
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final, TypeVar

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
_REVISIONS: Final = ("deployment.kubernetes.io/revision", "rollout.argoproj.io/revision")
_HISTORY: Final = "deployment.kubernetes.io/revision-history"
_CAUSE: Final = "kubernetes.io/change-cause"
# Where each kind of workload stands in the API, and its name as an owner.
_KINDS: Final = {
    "deployment": ("/apis/apps/v1", "deployments", "Deployment"),
    "rollout": ("/apis/argoproj.io/v1alpha1", "rollouts", "Rollout"),
}
T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Access:
    """
    The API server and a token that may get deployments, rollouts and list replicasets.

    `authority` is a file of the cluster's certificate authority; the machine's own are trusted when it is left out.
    """

    url: str
    token: str = field(default="", repr=False)
    authority: str = ""


class _Owner(msgspec.Struct):
    kind: str = ""
    name: str = ""


class _Meta(msgspec.Struct, rename="camel"):
    name: str = ""
    creation_timestamp: datetime | None = None
    annotations: dict[str, str] = {}
    owner_references: list[_Owner] = []

    @property
    def revision(self) -> str:
        return next((self.annotations[word] for word in _REVISIONS if word in self.annotations), "")


class _Container(msgspec.Struct):
    image: str = ""


class _PodSpec(msgspec.Struct):
    containers: list[_Container] = []


class _Template(msgspec.Struct):
    spec: _PodSpec = msgspec.field(default_factory=_PodSpec)


class _SetSpec(msgspec.Struct):
    template: _Template = msgspec.field(default_factory=_Template)


class _ReplicaSet(msgspec.Struct):
    metadata: _Meta
    spec: _SetSpec = msgspec.field(default_factory=_SetSpec)

    @property
    def images(self) -> str:
        return ", ".join(one.image.rpartition("/")[2] for one in self.spec.template.spec.containers)


class _ReplicaSets(msgspec.Struct):
    items: list[_ReplicaSet]


class _Condition(msgspec.Struct, rename="camel"):
    type: str = ""
    status: str = ""
    reason: str = ""
    last_update_time: datetime | None = None


class _Status(msgspec.Struct):
    phase: str = ""  # a Rollout's own word
    conditions: list[_Condition] = []

    @property
    def progress(self) -> _Condition | None:
        return next((one for one in self.conditions if one.type == "Progressing"), None)

    @property
    def word(self) -> str:
        return self.phase or (self.progress.reason if self.progress else "")


class _Workload(msgspec.Struct):
    metadata: _Meta
    status: _Status = msgspec.field(default_factory=_Status)


class Kubernetes:
    """Lists a workload's revisions: the catalog's `changes: {from: kubernetes, namespace: prod, workload: deployment/config-center}`."""

    channels: frozenset[str] = frozenset()

    def __init__(
        self, access: Access, name: str = "kubernetes", transport: httpx.AsyncBaseTransport | None = None, scrub: Scrubber = DEFAULT
    ) -> None:
        """`transport` takes the place of the network in tests."""
        self.name, self.scrub = name, scrub
        headers = {"Authorization": f"Bearer {access.token}"} if access.token else {}
        trusted = ssl.create_default_context(cadata=Path(access.authority).read_text()) if access.authority else True
        self._client = httpx.AsyncClient(
            base_url=access.url.rstrip("/"), headers=headers, verify=trusted, transport=transport, timeout=_BUDGET.total_seconds()
        )
        self._there = OverHttp(self._client, name, scrub)
        self.carries: dict[type[Order], Callable[[Any, Timeline, datetime], Awaitable[list[Fact]]]] = {ListChanges: self.list_changes}

    async def close(self) -> None:
        """Close its connections."""
        await self._client.aclose()

    async def list_changes(self, order: ListChanges, timeline: Timeline, now: datetime) -> list[Fact]:
        """The workload's revisions, the newest first. Raises CarryError where they could not be had."""
        namespace, kind, name = self._place(order)
        root, plural, owner = _KINDS[kind]
        workload = await self._get(f"{root}/namespaces/{namespace}/{plural}/{name}", _Workload)
        sets = await self._get(f"/apis/apps/v1/namespaces/{namespace}/replicasets", _ReplicaSets)
        own = [one for one in sets.items if any(of.kind == owner and of.name == name for of in one.metadata.owner_references)]
        found = [change for one in own for change in _changes(one, workload, name, namespace)]
        return [listed(order, found, now, self.name, scrub=self.scrub)]

    def _place(self, order: ListChanges) -> tuple[str, str, str]:
        """Namespace, kind and name of the workload; a name alone is a deployment's."""
        workload = order.place.get("workload", "")
        kind, _, name = workload.rpartition("/")
        if not name or (kind or "deployment") not in _KINDS:
            raise lacking(self.name, "workload")
        return order.place.get("namespace", "default"), kind or "deployment", name

    async def _get(self, path: str, kind: type[T]) -> T:
        return self._there.read(await self._there.ask("GET", path), kind)


def _changes(one: _ReplicaSet, workload: _Workload, name: str, namespace: str) -> Iterator[Change]:
    """When this revision was made, and when somebody went back to it."""
    meta, status = one.metadata, workload.status
    current = meta.revision == workload.metadata.revision
    returned = status.progress.last_update_time if current and status.progress and _HISTORY in meta.annotations else None
    title = " ".join(part for part in (name, one.images, meta.annotations.get(_CAUSE, "")) if part)
    for at, revision in ((meta.creation_timestamp, _first(meta)), (returned, meta.revision)):
        if at is not None:
            word = status.word if current and revision == meta.revision else ""
            yield Change(id=f"rollout/{meta.name}/{revision}", kind="rollout", at=at, title=title, environment=namespace, status=word)


def _first(meta: _Meta) -> str:
    """The revision it was made as."""
    return meta.annotations.get(_HISTORY, meta.revision).partition(",")[0]
