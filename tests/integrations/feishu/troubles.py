"""
Trouble at any one call of an outage: refused, answered in vain, or the house killed there; one line a night.

    make outages                                                       every call, every way
    python -m tests.integrations.feishu.troubles FIRST STEP [WAY …]    the calls FIRST, FIRST+STEP, …

Ways: `refused` (the call never leaves), `lost` (it is done, its answer never comes), `before` and `after` (the house is killed before the
call leaves, after it was done). It goes on until an outage has fewer calls than that, and ends with status 1 when anything was wrong.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final, cast

import httpx

from kuaihui.integrations.feishu import Workplace
from kuaihui.journal.journal import Append, Journal
from kuaihui.journal.memory import Memory
from tests.integrations.feishu.outage import live, wrongs
from tests.integrations.feishu.team import Team, at_work, restarted, workplace_of

REFUSED, LOST, BEFORE, AFTER = "refused", "lost", "before", "after"
WAYS: Final = (REFUSED, LOST, BEFORE, AFTER)


class Life:
    """One process's life: at its n-th call to Feishu it ends (then nothing of it goes on), or only the call goes wrong."""

    def __init__(self, ends_at: int = 0, when: str = BEFORE) -> None:
        self.ends_at, self.when, self.calls, self.over = ends_at, when, 0, asyncio.Event()

    async def comes_to(self, call: int, when: str) -> None:
        """A call gets this far, unless the process is dead by then."""
        if (call, when) == (self.ends_at, self.when):
            self.over.set()
        await self.goes_on()

    async def goes_on(self) -> None:
        """Return only to the living."""
        if self.over.is_set():
            await asyncio.get_running_loop().create_future()


class Mortal:
    """A journal that a dead process cannot write to any more."""

    def __init__(self, journal: Journal, life: Life) -> None:
        self._journal, self._life = journal, life

    def __getattr__(self, name: str) -> Any:
        return getattr(self._journal, name)

    async def append(self, appends: Sequence[Append]) -> list[bool]:
        await self._life.goes_on()
        return await self._journal.append(appends)


class Line(httpx.AsyncHTTPTransport):
    """The line to Feishu, which is cut when the process dies."""

    def __init__(self, life: Life) -> None:
        super().__init__()
        self._life = life

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self._life.calls += 1
        this = self._life.calls
        await self._life.comes_to(this, BEFORE)
        if (this, REFUSED) == (self._life.ends_at, self._life.when):
            raise httpx.ConnectError("nobody is there", request=request)
        answer = await super().handle_async_request(request)
        await answer.aread()
        await self._life.comes_to(this, AFTER)
        if (this, LOST) == (self._life.ends_at, self._life.when):
            raise httpx.ReadError("the line went dead", request=request)
        return answer


def on(line: Line, workplace: Workplace) -> None:
    """Let this workplace call over this line."""
    caller = workplace.desk.feishu.messages._caller
    for client in (caller._client, caller._first):
        client._transport = line
        client._mounts.clear()


async def troubled(call: int, way: str) -> tuple[int, list[str]]:
    """The outage with trouble at one call; how many calls its first process made, and what is wrong afterwards."""
    journal, done = Memory(), list[int]()
    first, second = Life(call, way), Life()
    async with at_work(journal=cast("Journal", Mortal(journal, first)), patience=timedelta(0)) as team:
        on(Line(first), team.workplace)
        if await _dies(team, done, first):
            async with workplace_of(team.tenant, team.catalog, team.workplace.desk.places, patience=timedelta(0)) as workplace:
                on(Line(second), workplace)
                team.journal = journal
                again = await restarted(team, workplace)
                await live(again, done)
                return first.calls, await wrongs(again)
        return first.calls, await wrongs(team)


async def _dies(team: Team, done: list[int], life: Life) -> bool:
    """Live until the end or death, whichever comes first; no task of the dead process lives on."""
    living, death = asyncio.create_task(live(team, done)), asyncio.create_task(life.over.wait())
    await asyncio.wait({living, death}, return_when=asyncio.FIRST_COMPLETED)
    listening = team.loop.listener.task
    tasks = [living, death, *team.loop._carrying, *([listening] if listening else [])]
    died = life.over.is_set()
    for task in tasks if died else [death]:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    if not died:
        living.result()
    return died


async def _main(first: int, step: int, ways: Sequence[str]) -> bool:
    call, reached, well = first, True, True
    while reached:
        for way in ways:
            calls, wrong = await troubled(call, way)
            sys.stdout.write(f"{call} {way} {calls} {wrong}\n")
            sys.stdout.flush()
            reached, well = calls >= call, well and not wrong
        call += step
    return well


if __name__ == "__main__":
    sys.exit(0 if asyncio.run(_main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:] or WAYS)) else 1)
