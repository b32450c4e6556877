"""
A night that is killed: the same short outage again and again, SIGKILLed at each write to the journal in turn, then taken up anew.

    python -m tests.nights.killable FOLDER FIRST STEP

kills at the writes FIRST, FIRST+STEP, … before and after each, until a night has fewer writes than that; prints one JSON line a night. Each
night runs in a forked child, so that the kill is a real one and the imports and tables are paid for once.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

from kuaihui.app.acted import pass_until
from kuaihui.app.clocks import ActedClock
from kuaihui.app.memory import rememberer
from kuaihui.app.reception import Reception
from kuaihui.app.suggestions import keeper
from kuaihui.carrying import Carry
from kuaihui.catalog.catalog import Catalog
from kuaihui.duties import ROSTER
from kuaihui.incident.alerts import Alert
from kuaihui.incident.fact import Fact
from kuaihui.incident.timeline import Timeline
from kuaihui.intake import signals
from kuaihui.intake.deeds import understand
from kuaihui.intake.ringing import Ringing
from kuaihui.integrations.builtin import Builtin
from kuaihui.integrations.sqlite import Sqlite
from kuaihui.integrations.sqlite.tables import bring_up_to_date
from kuaihui.journal.journal import Append, Journal
from kuaihui.journal.verify import verify
from kuaihui.language import say
from kuaihui.loop import Loop
from kuaihui.orders import Order, Page
from tests.nights.evidence import Saturday, with_sources
from tests.nights.night import SATURDAY

BEFORE, AFTER = "before", "after"


class Doomed:
    """A journal whose process dies at its n-th write; whatever it has promised is noted outside."""

    exclusive = True

    def __init__(self, journal: Sqlite, folder: Path, dies_at: int, when: str) -> None:
        self._journal, self._folder, self._dies_at, self._when, self.writes = journal, folder, dies_at, when, 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._journal, name)

    async def append(self, appends: Sequence[Append]) -> list[bool]:
        if not appends:
            return []
        self.writes += 1
        this = self.writes
        self._perhaps_die(this, BEFORE)
        kept = await self._journal.append(appends)
        for one, whole in zip(appends, kept, strict=True):
            if whole:
                note(self._folder / "promised", f"{one.incident} {one.expected + len(one.facts)}")
        self._perhaps_die(this, AFTER)
        return kept

    def _perhaps_die(self, write: int, when: str) -> None:
        if write == self._dies_at and when == self._when:
            os.kill(os.getpid(), signal.SIGKILL)


class Pager:
    """The world's own pager: it notes each page that really went out."""

    name = "pager"
    channels = frozenset({"inbox"})

    def __init__(self, folder: Path, journal: Journal) -> None:
        self._folder = folder
        self._inner = Builtin("http://127.0.0.1", keep=journal.keep, remember=rememberer(journal), suggest=keeper(journal))
        self.carries: Mapping[type[Order], Carry] = dict.fromkeys(self._inner.carries, self.carry)

    async def carry(self, order: Order, timeline: Timeline, now: datetime) -> Sequence[Fact]:
        paged = order.person if isinstance(order, Page) else ""
        note(self._folder / "carried", json.dumps([timeline.incident, order.identity, paged]))
        return await self._inner.carries[type(order)](order, timeline, now)


def note(file: Path, line: str) -> None:
    """Write down outside of the process that may die."""
    with file.open("a") as opened:
        opened.write(line + "\n")


def noted(file: Path) -> list[str]:
    return file.read_text().splitlines() if file.exists() else []


class Run:
    """One process's part of the night."""

    def __init__(self, loop: Loop, reception: Reception, clock: ActedClock, catalog: Catalog) -> None:
        self.loop, self.reception, self.clock, self.catalog = loop, reception, clock, catalog

    def steps(self) -> list[tuple[timedelta, Callable[[], Awaitable[None]]]]:
        """What the world does; each step is done again if nobody could confirm it, as a sender or a thumb would."""
        return [
            (timedelta(0), lambda: self.rings(0.10, 0)),
            (timedelta(minutes=1), lambda: self.rings(0.15, 0)),
            (timedelta(minutes=1, seconds=20), lambda: self.does(signals.Acknowledge(person="dazhuang"))),
            (timedelta(minutes=3), lambda: self.rings(0.0, 0, firing=False)),
            (timedelta(minutes=6), lambda: self.rings(0.12, 6)),
            (timedelta(minutes=7, seconds=30), lambda: self.does(signals.Acknowledge(person="dazhuang"))),
            (timedelta(minutes=8), lambda: self.rings(0.0, 6, firing=False)),
            (timedelta(minutes=30), self.nothing),
        ]

    async def rings(self, value: float, began: int, *, firing: bool = True) -> None:
        alert = Alert(
            "gateway", "Gateway5xxRatioHigh", {"service": "config-center"}, SATURDAY.astimezone(UTC) + timedelta(minutes=began), value
        )
        await self.reception.hear([Ringing(alert, firing)])

    async def does(self, deed: signals.AnyDeed) -> None:
        found = await self.loop.journal.summaries(limit=1)
        await self.loop.hear(found[0].incident, lambda timeline: understand(deed, timeline, self.catalog, self.clock.now()))

    async def nothing(self) -> None:
        return


async def live(folder: Path, catalog: Catalog, dies_at: int, when: str) -> None:
    """Take the night up where the last process left it, and live it to its end."""
    async with Sqlite.open(folder / "journal.db") as sqlite:
        journal = Doomed(sqlite, folder, dies_at, when)
        done = noted(folder / "done")
        newest = await journal.summaries(limit=1)
        instants = [SATURDAY, *(datetime.fromisoformat(line) for line in done), *(summary.changed for summary in newest)]
        clock = ActedClock(max(instants))
        kept = cast("Journal", journal)
        loop = Loop(kept, lambda: catalog, ROSTER, [Pager(folder, kept), Saturday()], clock, f"worker {os.getpid()}")
        reception = Reception(loop, lambda: catalog, clock)
        await reception.begin()
        run = Run(loop, reception, clock, catalog)
        for after, step in run.steps()[len(done) :]:
            await pass_until(loop, reception, clock, SATURDAY + after)
            await step()
            note(folder / "done", clock.now().isoformat())
        await pass_until(loop, reception, clock, clock.now() + timedelta(minutes=1))
        await reception.end()
        await tell(folder, journal, loop, journal.writes)


async def tell(folder: Path, journal: Doomed, loop: Loop, writes: int) -> None:
    """What became of the night."""
    summaries = await journal.summaries()
    timelines = [await loop.timeline(summary.incident) for summary in summaries]
    broken = [say(fault, "en") for fault in await verify(cast("Journal", journal))]
    told = {
        "incidents": len(summaries),
        "phase": [summary.phase for summary in summaries],
        "length": {timeline.incident: len(timeline) for timeline in timelines},
        "promised": [line.split() for line in noted(folder / "promised")],
        "carried": [json.loads(line) for line in noted(folder / "carried")],
        "faults": [*broken, *(f"{name} {count}" for name, count in loop.faults.items())],
        "writes": writes,
    }
    (folder / "told").write_text(json.dumps(told))


def in_a_child(folder: Path, catalog: Catalog, dies_at: int, when: str) -> bool:
    """Live in a forked child; whether it lived to the end."""
    child = os.fork()
    if child == 0:
        asyncio.run(live(folder, catalog, dies_at, when))
        os._exit(0)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL:
        return False
    if status:
        raise RuntimeError(f"the night of {folder} ended with {status}")
    return True


def main(folder: Path, first: int, step: int) -> None:
    catalog, empty = with_sources("redis"), folder / "empty.db"
    bring_up_to_date(empty)
    dies_at = first
    while True:
        for when in (BEFORE, AFTER):
            night = folder / f"{dies_at}-{when}"
            night.mkdir(parents=True)
            shutil.copy(empty, night / "journal.db")
            lived = in_a_child(night, catalog, dies_at, when)
            if not lived:
                in_a_child(night, catalog, 0, when)
            print(json.dumps({"dies_at": dies_at if not lived else 0, "when": when} | json.loads((night / "told").read_text())), flush=True)
            if lived:
                return
        dies_at += step


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
