"""The world of a drill in real parts: the stage, whose fault is real, turned by the drill's file and by what people release."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from datetime import datetime
from typing import Final

from kuaihui.app.drill.script import Release, Script
from kuaihui.app.drill.stage.description import Environment
from kuaihui.app.drill.stage.processes import StageFailed
from kuaihui.app.drill.stage.stage import Stage
from kuaihui.errors import Refused
from kuaihui.language import Text, plain, text

CALM_FIRST: Final = 4.0  # seconds of ordinary traffic before anything breaks
# A level is seen by people, and by a rule that holds for three seconds, only when it lasts.
SHORTEST_LEVEL: Final = 15.0  # seconds
WELL: Final = 0.02  # share of failed answers up to which a try went well


class Parts:
    """A stage as the people of a drill meet it."""

    def __init__(self, stage: Stage, script: Script, speed: float, say: Callable[[Text], None]) -> None:
        self.stage, self.script, self._speed, self._say = stage, script, speed, say
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def ratio(self) -> float:
        return self.stage.measure(5).ratio

    @property
    def what_is_real(self) -> Sequence[Text]:
        return self.stage.what_is_real

    def begin(self) -> None:
        """From now on it breaks, level by level."""
        self._run(self._heat_up())

    async def _heat_up(self) -> None:
        if self.script.last_change is not None:
            before = self.stage_now() - self.script.last_change
            await self.stage.report_change(self.stage.description.running, Environment.FULL, "succeeded", author="xiaomei", at=before)
        await asyncio.sleep(CALM_FIRST)
        loop = asyncio.get_running_loop()
        began, last = loop.time(), 0.0
        for number, heat in enumerate(self.script.heat):
            at = heat.after.total_seconds() / self._speed
            last = max(at, last + SHORTEST_LEVEL) if number else at
            await asyncio.sleep(max(0.0, began + last - loop.time()))
            await self.stage.heat(heat.level)

    def stage_now(self) -> datetime:
        """The instant, by the machine's clock, as the stage's parts tell it."""
        return datetime.now().astimezone()

    async def heat(self, level: int) -> None:
        await self.stage.heat(level)

    async def release(self, release: Release, author: str) -> None:
        """Begin a release; people see by the pipeline's news when it is there."""
        if release.version not in self.stage.description.versions:
            raise Refused(text("Nobody has built {version}", version=release.version))
        self._run(self._deploy(release, author))

    async def _deploy(self, release: Release, author: str) -> None:
        try:
            await self.stage.deploy(release.version, Environment(release.to), author=author)
        except (StageFailed, Refused) as failed:
            self._say(plain(failed.text))

    async def try_out(self, environment: str) -> bool:
        return (await self.stage.try_out(Environment(environment))).ratio <= WELL

    def next_event(self) -> datetime | None:
        return None

    async def happen(self, now: datetime) -> None:
        return

    def _run(self, doing: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(doing)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def end(self) -> None:
        """Nothing more happens by itself."""
        for task in [*self._tasks]:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
