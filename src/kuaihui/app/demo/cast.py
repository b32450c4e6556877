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
