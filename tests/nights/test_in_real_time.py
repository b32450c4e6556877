"""In real time the loop is in a hurry: pages go out before all else, and answers that come in together are settled as one."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime

from kuaihui.app.reception import Reception
from kuaihui.app.wiring import RealClock
from kuaihui.carrying import Carry
from kuaihui.duties import ROSTER
from kuaihui.duties.due import Duty
from kuaihui.incident.fact import Fact
from kuaihui.incident.room import MessagePosted
from kuaihui.incident.timeline import Timeline
from kuaihui.intake.deeds import understand
from kuaihui.intake.signals import Speak
from kuaihui.integrations.builtin import Builtin
from kuaihui.journal.journal import Append
from kuaihui.journal.memory import Memory
from kuaihui.loop import Decision, Loop
from kuaihui.orders import AnyOrder, Order, Page
from tests.intake.alerts.hand_made import catalog, firing

GROUPS = 20


class Handed:
    """Our own workplace, which notes what is handed to it in which order."""

    name = "handed"
    channels = frozenset({"inbox"})

    def __init__(self) -> None:
        self.orders: list[tuple[str, AnyOrder]] = []
        self._inner = Builtin("http://127.0.0.1")
        self.carries: Mapping[type[Order], Carry] = dict.fromkeys(self._inner.carries, self.carry)

    async def carry(self, order: AnyOrder, timeline: Timeline, now: datetime) -> Sequence[Fact]:
        self.orders.append((timeline.incident, order))
        return await self._inner.carries[type(order)](order, timeline, now)


class Counting(Loop):
    """A loop that counts how often it thinks."""

    thought = 0

    def decide(self, timeline: Timeline, now: datetime, duties: Sequence[Duty] | None = None) -> Decision:
        self.thought += 1
        return super().decide(timeline, now, duties)


async def test_pages_go_out_before_anything_else_and_answers_are_settled_together() -> None:
    known, handed = catalog(), Handed()
    loop = Counting(Memory(), lambda: known, ROSTER, [handed], RealClock(), "hurried")
    reception = Reception(loop, lambda: known, loop.clock)
    running = asyncio.create_task(loop.run())
    await reception.hear([firing(service="orders", region=f"r{number}") for number in range(GROUPS)])
    count = -1
    while count < len(handed.orders):
        count = len(handed.orders)
        await asyncio.sleep(0.5)
    running.cancel()
    timelines = [await loop.timeline(one.incident) for one in await loop.journal.summaries()]

    assert len(timelines) == GROUPS
    for timeline in timelines:
        orders = [order for incident, order in handed.orders if incident == timeline.incident]
        assert isinstance(orders[0], Page)
        assert len(orders) == len(timeline.orders) == len(timeline.answers) > 3
    # Thinking anew after each answer would be once an order, and once more for each page that went first.
    assert loop.thought < len(handed.orders)


async def test_the_first_pages_are_ordered_with_the_opening_and_on_their_way_before_its_sender_is_answered() -> None:
    known, handed = catalog(), Handed()
    loop = Loop(Memory(), lambda: known, ROSTER, [handed], RealClock(), "hurried")
    reception = Reception(loop, lambda: known, loop.clock)
    running = asyncio.create_task(loop.run())
    await asyncio.sleep(0)
    heard = await reception.hear([firing(service="orders", region=f"r{number}") for number in range(5)])
    paged = {incident for incident, order in handed.orders if isinstance(order, Page)}
    kept = [await loop.journal.read(incident) for incident in heard.incidents]
    running.cancel()

    assert paged == heard.incidents
    assert len(paged) == 5
    assert all(b'"order":{"order":"Page"' in b"".join(record.body for record in records) for records in kept)


async def test_what_only_joins_orders_nothing_in_the_commit_that_tells_it() -> None:
    known, handed = catalog(), Handed()
    loop = Loop(Memory(), lambda: known, ROSTER, [handed], RealClock(), "hurried")
    loop.urgent = ROSTER
    reception = Reception(loop, lambda: known, loop.clock)
    await reception.hear([firing(service="orders")])
    first = len(handed.orders)
    await reception.hear([firing(service="orders", instance="b")])

    assert len(handed.orders) == first > 0


async def test_the_sender_is_not_kept_waiting_by_who_carries_the_pages() -> None:
    known, handed, rung = catalog(), Handed(), asyncio.Event()

    async def rings_for_long(order: AnyOrder, timeline: Timeline, now: datetime) -> Sequence[Fact]:
        await rung.wait()
        return await handed.carry(order, timeline, now)

    handed.carries = dict.fromkeys(handed.carries, rings_for_long)
    loop = Loop(Memory(), lambda: known, ROSTER, [handed], RealClock(), "hurried")
    reception = Reception(loop, lambda: known, loop.clock)
    running = asyncio.create_task(loop.run())
    await asyncio.sleep(0)
    async with asyncio.timeout(5):
        await reception.hear([firing(service="orders", region=f"r{number}") for number in range(5)])
    answered = len(handed.orders)
    rung.set()
    await loop.still()
    running.cancel()

    assert answered == 0, "the sender is not kept waiting"
    assert len([order for _, order in handed.orders if isinstance(order, Page)]) == 5


class Slow(Memory):
    """A journal whose commits take a while, which counts who was overtaken."""

    overtaken = 0

    async def append(self, appends: Sequence[Append]) -> list[bool]:
        await asyncio.sleep(0.001)
        kept = await super().append(appends)
        self.overtaken += kept.count(False)
        return kept


async def test_nobody_in_the_house_is_overtaken_by_the_house() -> None:
    known, journal = catalog(), Slow()
    loop = Loop(journal, lambda: known, ROSTER, [Builtin()], RealClock(), "hurried")
    reception = Reception(loop, lambda: known, loop.clock)
    running = asyncio.create_task(loop.run())
    incidents = (await reception.hear([firing(service="orders", region=f"r{number}") for number in range(5)])).incidents

    async def rings() -> None:
        for pod in range(20):
            await reception.hear([firing(service="orders", region=f"r{number}", pod=f"{pod}") for number in range(5)])

    async def speaks(incident: str) -> None:
        for number in range(20):
            deed = Speak(person="axin", message=f"m{number}", words="looking")
            await loop.hear(incident, lambda timeline, deed=deed: understand(deed, timeline, known, loop.clock.now()))

    await asyncio.gather(rings(), *map(speaks, incidents))
    running.cancel()

    assert journal.overtaken == 0
    for incident in incidents:
        timeline = await loop.timeline(incident)
        assert (len(timeline.alerts), len([1 for fact in timeline.all(MessagePosted) if fact.by == "axin"])) == (21, 20)
