"""
A stage that stands: real parts on loopback whose fault is real, started and stopped together.

Rule 1: what is said to be real is found out when the stage starts, never assumed.
Rule 2: what is measured here is read from the gateway's access log, so it stays true when the metrics are gone.
Rule 3: stand it in the main thread: the kernel ends a part at the death of the thread that started it.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec

from kuaihui.app.drill.stage import roles
from kuaihui.app.drill.stage.access_log import AccessLog
from kuaihui.app.drill.stage.deeds import Deeds
from kuaihui.app.drill.stage.description import SERVICE, Description, Environment, Level
from kuaihui.app.drill.stage.hooks import Change, Hooks, tell
from kuaihui.app.drill.stage.installed import find
from kuaihui.app.drill.stage.processes import StageFailed
from kuaihui.app.drill.stage.settings_store import EVERYBODYS, HOT
from kuaihui.app.drill.stage.standing import Addresses, Standing
from kuaihui.app.drill.stage.trim import Costs, Measured, first_rates, next_rates, turned
from kuaihui.app.drill.stage.wire import Client, Unreachable
from kuaihui.errors import Refused
from kuaihui.language import Language, Text, text

LOOK = 0.25  # seconds between two looks at the access log
KEPT = 60.0  # seconds of answers that can still be measured
TRIM_EVERY = 2.0  # seconds
TRIM_OVER = 8.0  # seconds of answers a correction looks at: shorter follows noise, longer follows the rate of before
MOST = 2.0  # times the rate a level begins with: costs are measured well enough that more would be another fault
TESTERS = 2  # at the same time; a pod's pool has room for them
ENVIRONMENTS = {
    Environment.PREPRODUCTION: text("pre-production"),
    Environment.CANARY: text("canary"),
    Environment.FULL: text("everybody"),
}
STATUSES = {"started": text("begun"), "succeeded": text("succeeded"), "failed": text("failed")}
PEOPLE = (Environment.FULL.value, Environment.CANARY.value, "none")


class Stage:
    """
    The parts of one description, as long as the block lasts.

    `folder` keeps logs, configurations and outputs; `say` is told what happens, to be said in any language; `own_parts` leaves nginx,
    Prometheus and Alertmanager aside though they are installed. Raises StageFailed when a part does not come up.
    """

    def __init__(
        self,
        description: Description,
        *,
        folder: Path,
        seed: int = 1,
        say: Callable[[Text], None] | None = None,
        hooks: Hooks | None = None,
        own_parts: bool = False,
        language: Language = "zh",
    ) -> None:
        self.description = description
        self.changes: list[Change] = []
        self._folder = folder.resolve()
        self._hooks = hooks or Hooks()
        self._installed = find(own_parts=own_parts)
        self._standing = Standing(description, self._folder, seed, self._hooks, self._installed, language)
        self._deeds = Deeds(self._standing, lambda version: self.deploy(version, Environment.FULL))
        self._say = say or _unheard
        self._rates = roles.Rates(polls=description.polls, base=description.base, hot=description.hot)
        self._answers: deque[tuple[float, str, bool]] = deque()
        self._watching: asyncio.Task[None] | None = None
        self._trimming: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        if sys.platform != "linux":
            raise StageFailed(text("The stage needs Linux: only there can a part be held to its CPU limit by its own clock"))
        self._say(text("The stage is built: {title}", title=self.description.title))
        try:
            await self._standing.build()
        except BaseException:
            await self._standing.take_down()
            raise
        self._watching = asyncio.create_task(self._watch_answers())
        for words in self.what_is_real:
            self._say(words)
        return self

    async def __aexit__(self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None) -> None:
        try:
            await self._stop_trimming()
            await _ended(self._watching)
        finally:
            await self._standing.take_down()

    @property
    def addresses(self) -> Addresses:
        """Where the parts are."""
        return self._standing.addresses()

    @property
    def what_is_real(self) -> tuple[Text, ...]:
        """Which parts are the real ones and which the stage's own, a sentence each."""
        return self._installed.told(self.description)

    @property
    def pids(self) -> tuple[int, ...]:
        """The processes started and not yet stopped; their own children are not among them."""
        return self._standing.crew.pids

    @property
    def rates(self) -> roles.Rates:
        """Arrivals a second just now."""
        return self._rates

    def lost(self) -> list[str]:
        """Parts that ended though nobody stopped them, with their last words."""
        return [f"{part.name}: {part.last_words()}" for part in self._standing.crew.lost()]

    def running(self, environment: Environment) -> str:
        """The version in an environment; "" where there is none."""
        return self._standing.fleet.version(environment)

    def measure(self, seconds: float = 10.0, environment: Environment | None = None) -> Measured:
        """What the gateway answered in the last seconds (a minute at most) to people, or in one environment."""
        since = asyncio.get_running_loop().time() - seconds
        wanted = (environment.value,) if environment else PEOPLE
        failed = [fail for at, where, fail in self._answers if at >= since and where in wanted]
        return Measured(len(failed), sum(failed), seconds)

    async def heat(self, level: int) -> None:
        """Turn to a level of the description: do its deeds, undo those of the level before, and trim the load to its errors."""
        if not 0 <= level < len(self.description.levels):
            raise Refused(text("There is no heat {level}: the highest is {highest}", level=level, highest=len(self.description.levels) - 1))
        wanted = self.description.levels[level]
        await self._stop_trimming()
        await self._deeds.become(wanted.deeds)
        await self._tell(first_rates(self.description, wanted, Costs(base=self._standing.store.cost, hot=self._standing.store.hot_cost)))
        rates = {"base": round(self._rates.base), "hot": round(self._rates.hot)}
        self._say(text("Heat {level}: {base} ordinary and {hot} hot requests a second", level=level, **rates))
        if wanted.knob:
            self._trimming = asyncio.create_task(self._trim(wanted))

    async def deploy(self, version: str, environment: Environment, *, author: str = "") -> Change:
        """
        Release a version: real processes are rolled, and the pipeline's events are posted before and after.

        For people's environments the load is no longer trimmed from here on. Raises Refused for a version nobody built and StageFailed when
        a pod does not come up.
        """
        if version not in self.description.versions:
            raise Refused(text("Nobody has built {version}", version=version))
        if environment is not Environment.PREPRODUCTION:
            await self._stop_trimming()
        await self.report_change(version, environment, "started", author=author)
        try:
            await self._place(version, environment)
        except BaseException:
            await self.report_change(version, environment, "failed", author=author)
            raise
        return await self.report_change(version, environment, "succeeded", author=author)

    async def withdraw(self, environment: Environment) -> None:
        """End the pods of pre-production or canary."""
        if environment is Environment.FULL:
            raise Refused(text("Somebody has to serve: release another version instead"))
        await self._standing.fleet.withdraw(environment, self._standing.gateway)

    async def report_change(
        self, version: str, environment: Environment, status: str, *, author: str = "", at: datetime | None = None
    ) -> Change:
        """Post a pipeline's event, also one of long ago, and keep it with its record in the folder."""
        record = self._folder / "deploys" / f"{len(self.changes) + 1:03d}-{environment}-{version}-{status}.json"
        service = self.description.plays
        who = {"service": service, "environment": environment.value, "version": version, "status": status}
        who |= {"id": f"{service}/{environment.value}/{version}", "title": f"{service} {version} → {environment.value}"}
        change = Change(**who, author=author, at=at or datetime.now(UTC), link=record.as_uri())
        record.parent.mkdir(exist_ok=True)
        record.write_bytes(msgspec.json.encode(change))
        self.changes.append(change)
        self._say(
            text(
                "Release {version}, {environment}: {status}",
                version=version,
                environment=ENVIRONMENTS[environment],
                status=STATUSES[status],
            )
        )
        if self._hooks.changes and (fault := await tell(change, self._hooks.changes)):
            self._say(text("The change could not be reported: {fault}", fault=fault))
        return change

    async def try_out(self, environment: Environment = Environment.PREPRODUCTION, requests: int = 40) -> Measured:
        """A tester's own reads through the gateway, a few at a time: ordinary namespaces and the hot one in turn."""
        way = "preproduction" if environment is Environment.PREPRODUCTION else SERVICE
        client, loop, numbers = Client(timeout=5.0), asyncio.get_running_loop(), iter(range(requests))
        began = loop.time()

        async def tester() -> int:
            return sum([await self._fails(client, way, number) for number in numbers])

        failed = sum(await asyncio.gather(*(tester() for _ in range(TESTERS))))
        client.close()
        return Measured(requests, failed, loop.time() - began)

    async def _fails(self, client: Client, way: str, number: int) -> bool:
        keys = self.description.keys
        namespace, application = (HOT, EVERYBODYS) if number % 2 and keys.hot_cost else (f"ns-{number % keys.namespaces:04d}", "app-01")
        try:
            answer = await client.get(self._standing.gateway.port, f"/{way}/v1/settings/{namespace}/{application}")
        except Unreachable:
            return True
        return answer.status >= 400

    async def _place(self, version: str, environment: Environment) -> None:
        if environment is Environment.FULL:
            await self._standing.fleet.roll(version, self._standing.gateway)
        else:
            await self._standing.fleet.place(version, environment, self._standing.gateway)

    async def _tell(self, rates: roles.Rates) -> None:
        self._rates = rates
        await self._standing.tell_load(rates)

    async def _trim(self, level: Level) -> None:
        """Correct the load for what this machine can do this minute."""
        most = MOST * turned(level, self._rates)
        await asyncio.sleep(TRIM_OVER)
        while True:
            await self._tell(next_rates(self.description, level, self._rates, self.measure(TRIM_OVER), most))
            await asyncio.sleep(TRIM_EVERY)

    async def _stop_trimming(self) -> None:
        stopping, self._trimming = self._trimming, None
        await _ended(stopping)

    async def _watch_answers(self) -> None:
        loop, log = asyncio.get_running_loop(), AccessLog(self._standing.gateway.log)
        try:
            while True:
                now = loop.time()
                self._answers.extend((now, line.environment, line.failed) for line in log.fresh())
                while self._answers and self._answers[0][0] < now - KEPT:
                    self._answers.popleft()
                await asyncio.sleep(LOOK)
        finally:
            log.close()


def _unheard(words: Text) -> None:
    """Nobody asked to be told."""


async def _ended(task: asyncio.Task[None] | None) -> None:
    """Cancel a task and wait until it is; its own fault is raised here."""
    if task is not None:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
