"""
What a level does to the parts, and how it is undone.

Rule 1: a deed is undone when the heat turns to a level that does not have it. A deploy and a storm of alerts are not: a release is taken
        back by another release, and the alerts end by themselves.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import assert_never

import httpx

from kuaihui.app.drill.stage.alerts import post, storm
from kuaihui.app.drill.stage.description import Deed, Deploy, ExpensiveJob, SlowDependency, StopMetrics, StopRedis, Storm
from kuaihui.app.drill.stage.parts.dependency import USUAL
from kuaihui.app.drill.stage.standing import Standing

Release = Callable[[str], Awaitable[object]]


class Deeds:
    """The deeds done just now."""

    def __init__(self, standing: Standing, release: Release) -> None:
        self._standing = standing
        self._release = release
        self._done: list[Deed] = []
        self._stormed = datetime.now(UTC)

    async def become(self, wanted: Sequence[Deed]) -> None:
        """Undo what is no longer wanted, then do what is not yet done."""
        for deed in [deed for deed in self._done if deed not in wanted]:
            self._done.remove(deed)
            await self._undo(deed)
        for deed in [deed for deed in wanted if deed not in self._done]:
            await self._do(deed)
            self._done.append(deed)

    async def _do(self, deed: Deed) -> None:
        match deed:
            case SlowDependency(seconds):
                await self._standing.slow_down(seconds)
            case ExpensiveJob(clients):
                await self._standing.start_job(clients)
            case StopRedis():
                await self._standing.store.stop()
            case StopMetrics():
                await self._standing.stop_metrics()
            case Deploy(version):
                await self._release(version)
            case Storm(services):
                self._stormed = datetime.now(UTC)
                await self._storm(services)
            case _:
                assert_never(deed)

    async def _undo(self, deed: Deed) -> None:
        match deed:
            case SlowDependency():
                await self._standing.slow_down(USUAL)
            case ExpensiveJob():
                await self._standing.stop_job()
            case StopRedis():
                await self._standing.store.start()
            case StopMetrics():
                await self._standing.start_metrics()
            case Storm(services):
                await self._storm(services, datetime.now(UTC))
            case Deploy():
                pass
            case _:
                assert_never(deed)

    async def _storm(self, services: int, ends: datetime | None = None) -> None:
        """Post one alert of each service to whoever takes the rules' alerts; or that they are over."""
        async with httpx.AsyncClient(timeout=10.0) as out:
            for receiver in self._standing.alert_receivers():
                await post(out, receiver, storm(services, self._stormed, self._standing.language, ends))
