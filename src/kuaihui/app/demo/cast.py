"""Somebody of the cast: acts only through what people can use, the API."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import httpx

from kuaihui.errors import Refused


class Actor:
    """One person at their phone."""

    def __init__(self, person: str, http: httpx.AsyncClient) -> None:
        self.person = person
        self._http = http

    async def _do(self, incident: str, deed: str, **given: object) -> None:
        body = {"deed": deed} | given
        answer = await self._http.post(f"/api/v1/incidents/{incident}/deeds", json=body, headers={"X-Kuaihui-Person": self.person})
        if answer.is_error:
            raise Refused(f"{self.person} {deed}: {answer.text}")

    async def looks(self, incident: str) -> None:
        """Opens the incident's page."""
        await self._do(incident, "Visit")

    async def acknowledges(self, incident: str) -> None:
        """Presses “take it on”."""
        await self._do(incident, "Acknowledge")

    async def says(self, incident: str, words: str) -> None:
        """Writes in the topic; @ and commands work as for everybody."""
        await self._do(incident, "Speak", words=words)

    async def takes(self, incident: str, role: str) -> None:
        """Takes a role."""
        await self._do(incident, "TakeRole", role=role)

    async def gives(self, incident: str, role: str, to: str, reason: str) -> None:
        """Gives a role to somebody."""
        await self._do(incident, "GiveRole", role=role, to=to, reason=reason)

    async def calls_in(self, incident: str, whom: str, reason: str) -> None:
        """Pulls somebody in."""
        await self._do(incident, "CallIn", whom=whom, reason=reason)

    async def joins(self, incident: str) -> None:
        """Joins the meeting."""
        await self._do(incident, "JoinMeeting")

    async def reads_the_document(self, incident: str) -> None:
        """Opens the incident's document."""
        await self._do(incident, "Visit", place="document")

    async def writes(self, incident: str, section: str, words: str) -> None:
        """Writes a section of the incident's document."""
        await self._do(incident, "EditDocument", section=section, words=words)

    async def confirms(self, incident: str, hypothesis: str, reason: str) -> None:
        """Confirms a cause."""
        await self._do(incident, "ConfirmHypothesis", hypothesis=hypothesis, reason=reason)

    async def proposes(self, incident: str, what: str, effect: str, risk: str, way_back: str) -> None:
        """Proposes a way out."""
        await self._do(incident, "Propose", what=what, effect=effect, risk=risk, way_back=way_back)

    async def chooses(self, incident: str, proposal: str, reason: str) -> None:
        """Decides for a proposal."""
        await self._do(incident, "ChooseProposal", proposal=proposal, reason=reason)

    async def drops(self, incident: str, proposal: str, reason: str) -> None:
        """Decides against a proposal."""
        await self._do(incident, "DropProposal", proposal=proposal, reason=reason)

    async def starts_the_hotfix(self, incident: str, title: str, branch: str, proposal: str) -> None:
        """Begins to work on the hotfix."""
        await self._do(incident, "StartHotfix", title=title, branch=branch, proposal=proposal)

    async def passes_the_gate(self, incident: str, gate: str, reason: str) -> None:
        """Says that a gate is passed."""
        await self._do(incident, "PassGate", gate=gate, reason=reason)

    async def resolves(self, incident: str, reason: str) -> None:
        """Says that it works again."""
        await self._do(incident, "Resolve", reason=reason)

    async def likes_the_call(self, incident: str) -> None:
        """Likes the message by which they were called first."""
        facts = (await self._http.get(f"/api/v1/incidents/{incident}/facts", headers={"X-Kuaihui-Person": self.person})).json()["facts"]
        await self.likes(incident, next(fact["message"] for fact in facts if fact["message"] and fact["by"] != "kuaihui"))

    async def likes(self, incident: str, message: str) -> None:
        """Likes a message, or the document ("document")."""
        await self._do(incident, "React", message=message, emoji="👍")


class Pipeline:
    """What the repository and the pipelines would send, each news once, through the door for changes."""

    def __init__(self, http: httpx.AsyncClient, branch: str) -> None:
        self._http = http
        self._branch = branch

    async def tells(self, now: datetime, kind: str, status: str, title: str, **more: str) -> None:
        """Something happened to the hotfix's branch."""
        change = {
            "id": f"{kind}-{status}-{more.get('environment', '')}",
            "kind": kind,
            "status": status,
            "title": title,
            "source": "gitlab",
        }
        await self._send(change | {"at": now.isoformat(), "service": "config-center", "branch": self._branch} | more)

    async def released_before(self, at: datetime) -> None:
        """The last ordinary release, days ago."""
        change = {"id": "release-1.8.2", "kind": "deployment", "status": "success", "title": "config-center v1.8.2", "author": "xiaomei"}
        await self._send(change | {"at": at.isoformat(), "service": "config-center", "environment": "production", "source": "gitlab"})

    async def _send(self, change: dict[str, str]) -> None:
        answer = await self._http.post("/hooks/changes", json=change)
        answer.raise_for_status()


class Gateway:
    """What Prometheus would send: the gateway's 5xx ratio, as an alert in its own form."""

    def __init__(self, http: httpx.AsyncClient, broke: datetime) -> None:
        self._http = http
        self._broke = broke

    async def rings(self, now: datetime, ratio: float) -> None:
        """The alert fires, or is sent again."""
        await self._send(now + timedelta(minutes=4), ratio)

    async def clears(self, now: datetime) -> None:
        """The alert is over."""
        await self._send(now, 0.0)

    async def _send(self, ends: datetime, ratio: float) -> None:
        alert: dict[str, Any] = {  # Alertmanager's own form
            "labels": {"alertname": "Gateway5xxRatioHigh", "service": "config-center", "severity": "critical", "short": "500"},
            "annotations": {"summary": f"网关 5xx 占比 {ratio:.0%}(平时 < 1%)", "value": f"{ratio}"},
            "startsAt": self._broke.isoformat(),
            "endsAt": ends.isoformat(),
            "generatorURL": "http://127.0.0.1:9090/graph",
        }
        answer = await self._http.post("/api/v2/alerts", json=[alert])
        answer.raise_for_status()
