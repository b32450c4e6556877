"""Looking back at earlier incidents holds up nobody: not the event loop, and not by the memory that it takes."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from datetime import timedelta

import msgspec
import pytest

from kuaihui.app import memory
from kuaihui.app.clocks import RealClock
from kuaihui.app.memory import rememberer
from kuaihui.incident.timeline import Timeline
from kuaihui.intake.opening import declaration
from kuaihui.journal.chain import Record
from kuaihui.journal.journal import Append, summary_of, timeline_of
from kuaihui.journal.memory import Memory
from kuaihui.orders import FindSimilar
from tests.intake.alerts.hand_made import catalog

EARLIER = 20


class Read(Memory):
    """A journal that knows in which order incidents were read."""

    def __init__(self) -> None:
        super().__init__()
        self.read_of: list[str] = []

    async def read(self, incident: str, after: int = 0) -> list[Record]:
        self.read_of.append(incident)
        return await super().read(incident, after)


async def looked_back() -> tuple[Read, list[Timeline]]:
    """A journal of earlier incidents, and two that open now."""
    journal, known, now = Read(), catalog(), RealClock().now()
    opened = [declaration("orders", "slow orders", 1, "wang", known, now) for _ in range(EARLIER + 2)]
    timelines = [Timeline(f"INC-{number}", [msgspec.structs.replace(one, group={"n": str(number)})]) for number, one in enumerate(opened)]
    assert all(await journal.append([Append(one.incident, 0, one.facts, summary_of(one), None) for one in timelines]))
    return journal, timelines[EARLIER:]


async def test_others_get_a_turn_between_any_two_reads() -> None:
    journal, (one, _) = await looked_back()
    turns: list[int] = []

    async def somebody_else() -> None:
        while True:
            turns.append(len(journal.read_of))
            await asyncio.sleep(0)

    other = asyncio.create_task(somebody_else())
    await rememberer(journal)(one, RealClock().now())
    other.cancel()

    assert len(journal.read_of) == EARLIER + 1
    assert set(range(1, EARLIER + 1)) <= set(turns)


async def test_nothing_is_thought_about_on_the_event_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    journal, (one, _) = await looked_back()
    where: set[threading.Thread] = set()

    def watched(incident: str, records: Sequence[Record]) -> Timeline:
        where.add(threading.current_thread())
        return timeline_of(incident, records)

    monkeypatch.setattr(memory, "timeline_of", watched)
    await rememberer(journal)(one, RealClock().now())

    assert where
    assert threading.current_thread() not in where


async def test_two_that_open_at_once_are_looked_back_for_one_after_the_other() -> None:
    journal, (one, other) = await looked_back()
    remember, now = rememberer(journal), RealClock().now()
    await asyncio.gather(remember(one, now), remember(other, now))

    assert journal.read_of.index(one.incident) > EARLIER - 1, "the second looks at the first one, too, when the first has read all"


def test_the_last_of_a_hundred_that_open_at_once_has_the_time_to_wait_for_all_others() -> None:
    a_second_each = timedelta(seconds=100)

    assert FindSimilar(occasion=0).timeout > a_second_each
    assert FindSimilar(occasion=0).patience > FindSimilar(occasion=0).timeout
