"""A house that runs for months remembers what it is busy with, and reads the rest again when it is asked for."""

from __future__ import annotations

import msgspec
import pytest

from kuaihui import loop as loop_room
from kuaihui.app.clocks import RealClock
from kuaihui.incident.timeline import Timeline
from kuaihui.intake.opening import declaration
from kuaihui.journal.chain import Record
from kuaihui.journal.memory import Memory
from kuaihui.listening import Addition
from kuaihui.loop import Loop
from tests.intake.alerts.hand_made import catalog


class Counting(Memory):
    """A journal that knows which incidents it was asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []

    async def read(self, incident: str, after: int = 0) -> list[Record]:
        self.asked.append(incident)
        return await super().read(incident, after)


@pytest.mark.parametrize("limit, value", [("KEPT_FACTS", 10), ("KEPT_TIMELINES", 5)])
async def test_what_was_not_asked_for_lately_is_read_again(monkeypatch: pytest.MonkeyPatch, limit: str, value: int) -> None:
    monkeypatch.setattr(loop_room, limit, value)
    journal, known, clock = Counting(), catalog(), RealClock()
    loop = Loop(journal, lambda: known, (), (), clock, "one")
    for number in range(8):
        opened = msgspec.structs.replace(declaration("orders", "slow", 1, "wang", known, clock.now()), group={"n": str(number)})
        assert await loop.append([Addition(Timeline(f"INC-{number}"), [opened, opened])]) == [True]
    journal.asked.clear()

    for number in (7, 6, 5, 4, 3):
        assert len(await loop.timeline(f"INC-{number}")) == 2
    assert journal.asked == []

    assert len(await loop.timeline("INC-0")) == 2
    assert journal.asked == ["INC-0"]
    assert len(await loop.timeline("INC-0")) == 2
    assert journal.asked == ["INC-0"]


async def test_an_incident_longer_than_all_that_is_kept_is_remembered_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop_room, "KEPT_FACTS", 1)
    journal, known, clock = Counting(), catalog(), RealClock()
    loop = Loop(journal, lambda: known, (), (), clock, "one")
    opened = declaration("orders", "long", 1, "wang", known, clock.now())
    await loop.append([Addition(Timeline("INC-1"), [opened, opened, opened])])
    journal.asked.clear()

    assert len(await loop.timeline("INC-1")) == 3
    assert journal.asked == []
