"""
A stage as declared curves: the same levels, versions and fixes as the stage of real parts, without its physics, in virtual time.

Rule 1: what is broken follows from the stage's description (its level, what is released) and from nothing else; nothing is drawn by lot.
Rule 2: alerts and news of releases come in by the same doors as from real parts.
"""

from __future__ import annotations

import heapq
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Final

import httpx

from kuaihui.app.drill.script import Release, Script
from kuaihui.app.drill.stage.alerts import Alert, storm
from kuaihui.app.drill.stage.description import Deploy, Description, StopMetrics, StopRedis, Storm
from kuaihui.language import Language, Text, say, text
from kuaihui.loop import Clock

RINGS_FROM: Final = 0.05  # as the stage's rule Gateway5xxRatioHigh
EVALUATED: Final = timedelta(seconds=15)
RELEASE_TAKES: Final = timedelta(seconds=20)
CANARY: Final = 0.1  # share of the traffic
LASTING: Final = timedelta(minutes=4)
NAME: Final = "Gateway5xxRatioHigh"

Happens = Callable[[datetime], Awaitable[None]]


class Curves:
    """One declared stage."""

    def __init__(self, script: Script, description: Description, clock: Clock, language: Language) -> None:
        self.script, self.description = script, description
        self.history: list[tuple[datetime, float]] = []
        self._http: httpx.AsyncClient | None = None
        self._clock, self._language = clock, language
        self._level = 0
        self._running = {"full": description.running, "canary": "", "preproduction": ""}
        self._numbers = count()
        self._coming: list[tuple[datetime, int, Happens]] = []
        self._ringing_since: datetime | None = None
        self._releases = 0
        self._stormed = clock.now()
        self.history.append((clock.now(), 0.0))

    def begin(self, http: httpx.AsyncClient) -> None:
        """From now on it is broken as the drill's file says; `http` reaches the house's doors."""
        self._http, begins, script, description = http, self._clock.now(), self.script, self.description
        for heat in script.heat:
            self._at(begins + heat.after, lambda now, level=heat.level: self._turn(level, now))
        self._at(begins + EVALUATED, self._evaluate)
        if script.last_change is not None:
            before = begins - script.last_change
            self._at(begins, lambda now: self._news(description.running, "full", "succeeded", before, "xiaomei", 0))

    @property
    def ratio(self) -> float:
        """The share of failed answers to people: of all pods, and a tenth of the traffic from the canary where there is one."""
        full = self._errors(self._running["full"])
        canary = self._running["canary"]
        return full if not canary else (1 - CANARY) * full + CANARY * self._errors(canary)

    def by_environment(self) -> dict[str, float]:
        """The share of failed answers of each environment that something runs in, by name."""
        return {name: self._errors(version) for name, version in self._running.items() if version}

    @property
    def what_is_real(self) -> Sequence[Text]:
        return (text("Nothing of it is real: the stage's physics are declared curves, in virtual time"),)

    @property
    def redis_is_down(self) -> bool:
        """Whether Redis is gone."""
        return any(isinstance(deed, StopRedis) for deed in self._now.deeds)

    @property
    def metrics_are_gone(self) -> bool:
        """Whether the metrics have vanished, and the alert with them."""
        return any(isinstance(deed, StopMetrics) for deed in self._now.deeds)

    @property
    def _now(self):  # the stage's own level
        return self.description.levels[self._level]

    def _errors(self, version: str) -> float:
        """The share of failed answers by pods of this version."""
        known = self.description.versions[version]
        usual = 0.0 if version == self.description.fix else self._now.errors
        without_redis = self.description.base / (self.description.base + self.description.polls) if self.redis_is_down else 0.0
        return max(known.fails, usual, without_redis)

    # -- what people do ------------------------------------------------------------------------------------------------------------------

    async def heat(self, level: int) -> None:
        """Somebody changes what is wrong: Redis is started again."""
        await self._turn(level, self._clock.now())

    async def release(self, release: Release, author: str) -> None:
        """A release: it is under way at once, and there after some seconds."""
        self._releases += 1
        number, now = self._releases, self._clock.now()
        await self._news(release.version, release.to, "started", now, author, number)
        self._at(now + RELEASE_TAKES, lambda at: self._place(release, author, number, at))

    async def try_out(self, environment: str) -> bool:
        """A tester's reads go well where the version there has no fault of its own, or the fault is not there."""
        version = self._running.get(environment) or self._running["full"]
        return self._errors(version) < RINGS_FROM

    # -- what happens --------------------------------------------------------------------------------------------------------------------

    def next_event(self) -> datetime | None:
        return self._coming[0][0] if self._coming else None

    async def happen(self, now: datetime) -> None:
        while self._coming and self._coming[0][0] <= now:
            at, _, happens = heapq.heappop(self._coming)
            await happens(at)

    def _at(self, at: datetime, happens: Happens) -> None:
        heapq.heappush(self._coming, (at, next(self._numbers), happens))

    async def _turn(self, level: int, now: datetime) -> None:
        for deed in self._now.deeds:
            if isinstance(deed, Storm) and deed not in self.description.levels[level].deeds:
                await self._post(storm(deed.services, self._stormed, self._language, now))
        self._level = level
        for deed in self._now.deeds:
            if isinstance(deed, Deploy):
                self._releases += 1
                self._running["full"] = deed.version
                await self._news(deed.version, "full", "succeeded", now, "amao", self._releases)
            if isinstance(deed, Storm):
                self._stormed = now
                await self._post(storm(deed.services, now, self._language))
        self._remember(now)

    async def _place(self, release: Release, author: str, number: int, now: datetime) -> None:
        self._running[release.to] = release.version
        if release.to == "full":
            self._running["canary"] = ""
        await self._news(release.version, release.to, "succeeded", now, author, number)
        self._remember(now)

    def _remember(self, now: datetime) -> None:
        self.history.append((now, self.ratio))

    async def _evaluate(self, now: datetime) -> None:
        """What Prometheus would do: tell the alert while it holds, and once more when it is over."""
        holds = self.ratio >= RINGS_FROM and not self.metrics_are_gone
        if holds:
            self._ringing_since = self._ringing_since or self._broke_at()
            await self._ring(self._ringing_since, now + LASTING)
        elif self._ringing_since:
            await self._ring(self._ringing_since, now)
            self._ringing_since = None
        self._at(now + EVALUATED, self._evaluate)

    def _broke_at(self) -> datetime:
        """Since when it is as bad as the rule wants."""
        calm = [number for number, (_, ratio) in enumerate(self.history) if ratio < RINGS_FROM]
        return self.history[min(calm[-1] + 1, len(self.history) - 1)][0]

    async def _ring(self, since: datetime, ends: datetime) -> None:
        said = text("Gateway 5xx ratio {ratio} (usually below 1 %)", ratio=f"{self.ratio:.0%}")
        labels = {"alertname": NAME, "service": self.description.plays, "severity": "critical", "environment": "full"}
        annotations = {"summary": say(said, self._language), "value": str(round(self.ratio, 4))}
        await self._post([Alert(labels=labels, annotations=annotations, startsAt=since, endsAt=ends)])

    async def _post(self, alerts: Sequence[Alert]) -> None:
        body = [
            {
                "labels": dict(one.labels),
                "annotations": dict(one.annotations),
                "startsAt": one.startsAt.astimezone(UTC).isoformat(),
                "endsAt": one.endsAt.astimezone(UTC).isoformat(),
            }
            for one in alerts
        ]
        await self._tell("/api/v2/alerts", body)

    async def _news(self, version: str, environment: str, status: str, at: datetime, author: str, number: int) -> None:
        told = {
            "id": f"{version}-{environment}-{number}",
            "title": version,
            "kind": "deployment",
            "service": self.description.plays,
            "environment": environment,
            "status": status,
            "author": author,
            "at": at.astimezone(UTC).isoformat(),
        }
        await self._tell("/hooks/changes", told)

    async def _tell(self, door: str, body: object) -> None:
        assert self._http is not None, "the curves have begun"
        (await self._http.post(door, json=body)).raise_for_status()
