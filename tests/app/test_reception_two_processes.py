"""Two receptions on one PostgreSQL: one outage is one incident, and what one hears the other does not call silent."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

from kuaihui.app.clocks import ActedClock
from kuaihui.app.planning import Plan
from kuaihui.app.reception import Reception
from kuaihui.incident.alerts import AlertCleared, AlertFired, Opened
from kuaihui.integrations.postgres import Postgres
from kuaihui.journal.journal import Journal
from kuaihui.loop import Loop
from tests.intake.alerts.hand_made import NOON, catalog, firing, later, resolved


def reception(journal: Journal, clock: ActedClock, name: str) -> Reception:
    known = catalog()
    return Reception(Loop(journal, lambda: known, [], [], clock, name), lambda: known, clock)


async def test_an_outage_heard_by_both_at_once_is_one_incident(postgres_url: str) -> None:
    clock = ActedClock(NOON)
    async with Postgres.open(postgres_url) as one, Postgres.open(postgres_url) as two:
        both = [reception(one, clock, "one"), reception(two, clock, "two")]
        # Three pairs of alerts, each told to both.
        heard = await asyncio.gather(*(desk.hear([firing(instance=f"{n % 3}{i}") for i in "ab"]) for n, desk in enumerate(both * 3)))

        (summary,) = await one.summaries()
        timeline = await both[0].loop.timeline(summary.incident)
        assert len(timeline.firing) == 6
        assert [type(fact) for fact in timeline.facts].count(Opened) == 1
        assert sum(len(fact.alerts) for fact in timeline.all(AlertFired)) == 6
        assert sum(sum(each.counts.values()) for each in heard) == 12


async def test_resolved_at_one_what_was_opened_at_the_other(postgres_url: str) -> None:
    clock = ActedClock(NOON)
    async with Postgres.open(postgres_url) as one, Postgres.open(postgres_url) as two:
        opener, closer = reception(one, clock, "one"), reception(two, clock, "two")
        await opener.hear([firing()])
        heard = await closer.hear([resolved()])

        assert heard.counts == {"cleared": 1}
        (summary,) = await one.summaries()
        assert not (await opener.loop.timeline(summary.incident)).firing


async def test_what_one_hears_the_other_does_not_call_silent(postgres_url: str) -> None:
    """Behind a balancer each hears only some of the re-sends: only when neither did is a source silent."""
    clock = ActedClock(NOON)
    async with Postgres.open(postgres_url) as one, Postgres.open(postgres_url) as two:
        deaf, hearing = reception(one, clock, "one"), reception(two, clock, "two")
        told = firing(ends=4)
        await deaf.hear([told])
        await hearing.hear([told])
        for minute in range(1, 9):
            clock.move_to(later(minute))
            await hearing.hear([], again=[(told, later(minute + 4))])
            assert await hearing.turn() == 0
            assert await deaf.turn() == 0
        clock.pass_by(timedelta(minutes=30))
        assert await deaf.turn() + await hearing.turn() >= 1

        (summary,) = await one.summaries()
        assert len((await deaf.loop.timeline(summary.incident)).all(AlertCleared)) == 1


async def test_who_is_slower_every_time_is_heard_all_the_same(postgres_url: str) -> None:
    """One process writes to the incident again and again; another, which is slow, would be overtaken each time."""
    clock = ActedClock(NOON)
    async with Postgres.open(postgres_url) as one, Postgres.open(postgres_url) as two:
        fast, slow = reception(one, clock, "fast"), reception(two, clock, "slow")
        await fast.hear([firing(instance="first")])
        tries: list[int] = []
        plans = slow.planner.plans

        async def slowly(*parts: Any) -> list[Plan]:
            made = await plans(*parts)
            tries.append(len(made))
            await asyncio.sleep(0.3)
            return made

        slow.planner.plans = slowly  # type: ignore[method-assign]  # a slow machine
        hearing = asyncio.create_task(slow.hear([firing(instance="slow")]))
        number = 0
        while not hearing.done():
            number += 1
            await fast.hear([firing(instance=f"fast-{number}")])

        assert (await hearing).counts == {"joined": 1}
        assert len(tries) == 2, "overtaken once, and alone then"
        assert number > 1
