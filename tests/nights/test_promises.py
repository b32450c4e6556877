"""Promises that hold for any night: whatever happens, in whatever order, restarts among it."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kuaihui.catalog.load import load
from kuaihui.incident.alerts import Opened, Reopened, Worsened
from kuaihui.incident.pages import Acknowledged, Answered, Escalated, FellSilent, Ordered
from kuaihui.incident.phases import Phase
from kuaihui.incident.timeline import Timeline
from kuaihui.intake import signals
from kuaihui.journal.memory import Memory
from kuaihui.orders import Page
from tests.nights.night import SAMPLE, Night

CATALOG = load(SAMPLE)
PEOPLE = st.sampled_from(["axin", "dazhuang", "amao"])

Step = tuple[str, object]
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("pass"), st.integers(1, 600)),
        st.tuples(st.just("ring"), st.sampled_from([0.06, 0.1, 0.15, 0.2, 0.4])),
        st.tuples(st.just("clear"), st.none()),
        st.tuples(st.just("ack"), PEOPLE),
        st.tuples(st.just("read"), PEOPLE),
        st.tuples(st.just("say"), PEOPLE),
        st.tuples(st.just("escalate"), PEOPLE),
        st.tuples(st.just("restart"), st.none()),
    ),
    max_size=14,
)


async def lived_through(steps: list[Step]) -> list[Timeline]:
    """A night with these steps, from its first alert to an hour after its last step; all its timelines."""
    night = Night(CATALOG, journal=Memory())
    await night.rings(0.1)
    for kind, what in steps:
        night = await _step(night, kind, what)
    await night.passes(minutes=60)
    return [await night.loop.timeline(summary.incident) for summary in await night.journal.summaries()]


async def _step(night: Night, kind: str, what: object) -> Night:
    closed = await night.phase() is Phase.CLOSED
    match kind, what:
        case "pass", int(seconds):
            await night.passes(seconds=seconds)
        case "ring", float(value):
            await night.rings(value)
        case "clear", _ if night.ringing:
            await night.clears()
        case "read", str(person):
            await night.reads(person)
        case "say", str(person):
            await night.says(person, "在看")
        case "ack", str(person) if not closed:
            await night.acks(person)
        case "escalate", str(person) if not closed:
            await night.does(signals.Escalate(person=person))
        case "restart", _:
            return await night.restarted()
        case _:
            pass
    return night


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(STEPS)
def test_no_order_of_one_occasion_is_carried_twice(steps: list[Step]) -> None:
    for timeline in asyncio.run(lived_through(steps)):
        given_ = Counter(fact.order.identity for fact in timeline.all(Ordered))
        assert given_.most_common(1)[0][1] == 1
        assert {fact.identity for fact in timeline.all(Answered)} == set(given_)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(STEPS)
def test_an_acknowledged_occasion_pages_nobody_more(steps: list[Step]) -> None:
    for timeline in asyncio.run(lived_through(steps)):
        acknowledged = False
        for fact in timeline:
            if isinstance(fact, Acknowledged):
                acknowledged = True
            elif isinstance(fact, Opened | Reopened | Worsened | FellSilent | Escalated):
                acknowledged = False
            elif isinstance(fact, Ordered) and isinstance(fact.order, Page):
                assert not acknowledged, fact


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(STEPS)
def test_every_opening_pages_somebody_within_a_second_and_the_next_level_when_nobody_reads(steps: list[Step]) -> None:
    for timeline in asyncio.run(lived_through(steps)):
        for number, fact in enumerate(timeline):
            if isinstance(fact, Opened | Reopened):
                pages = [page for page in timeline.all(Ordered, number) if isinstance(page.order, Page)]
                assert pages, f"nobody was paged for {fact}"
                assert pages[0].at - fact.at <= timedelta(seconds=1)
