"""Whatever order messages come in, however often, and through whichever of two receptions: the same alerts fire, and nothing vanishes."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as some

from kuaihui.incident.phases import Phase
from kuaihui.intake.became import became
from kuaihui.intake.ringing import Ringing
from kuaihui.journal.memory import Memory
from tests.app.test_reception import Desk
from tests.intake.alerts.hand_made import firing, resolved

# An alert's message: which of three instances in two groups, which of three episodes, and whether it is over.
messages = some.builds(
    lambda instance, episode, over, service: (resolved if over else firing)(instance=instance, minutes=-episode, service=service),
    some.sampled_from("abc"),
    some.integers(0, 2),
    some.booleans(),
    some.sampled_from(("config-center", "orders")),
)
batches = some.lists(some.lists(messages, min_size=1, max_size=4), min_size=1, max_size=6)


def ring_in_the_end(told: Sequence[Sequence[Ringing]]) -> set[str]:
    """By the rule: an alert fires when its newest firing episode is newer than any that was called resolved."""
    flat = [one for batch in told for one in batch]
    keys = {one.alert.key for one in flat}
    newest = {key: max((one.alert.started for one in flat if one.firing and one.alert.key == key), default=None) for key in keys}
    over = {key: max((one.alert.started for one in flat if not one.firing and one.alert.key == key), default=None) for key in keys}
    return {key for key, began in newest.items() if began is not None and ((until := over[key]) is None or began > until)}


async def _live(told: Sequence[Sequence[Ringing]], desks: Sequence[Desk]) -> tuple[set[str], list[str], set[str]]:
    """Firing alerts, the keys of open incidents, and the alerts that have a trace."""
    for number, batch in enumerate(told):
        await desks[number % len(desks)].reception.hear(batch)
    for desk in desks:
        await desk.reception.turn()
    timelines = await desks[0].timelines()
    fire = {key for timeline in timelines for key in timeline.firing}
    traced = {one.alert.key for batch in told for one in batch if await became(desks[0].journal, one.alert.key)}
    return fire, [timeline.opened.key for timeline in timelines if timeline.phase is not Phase.CLOSED], traced


@settings(max_examples=200)
@given(batches, some.randoms(use_true_random=False), some.integers(0, 3))
def test_any_order_and_any_repetition_end_alike(told: list[list[Ringing]], chance: Random, again: int) -> None:
    shuffled = [*told, *(chance.choice(told) for _ in range(again))]
    chance.shuffle(shuffled)
    fire, keys, traced = asyncio.run(_live(shuffled, [Desk()]))

    assert fire == ring_in_the_end(told)
    assert len(keys) == len(set(keys))
    assert traced == {one.alert.key for batch in told for one in batch}


@settings(max_examples=200)
@given(batches)
def test_two_receptions_on_one_journal_end_as_one(told: list[list[Ringing]]) -> None:
    """Each hears everything, as when a Prometheus names both: at most one incident a group is open, and what fires is the same."""
    journal = Memory()
    journal.exclusive = False
    desks = [Desk(journal), Desk(journal)]
    both = [batch for batch in told for _ in desks]
    fire, keys, _ = asyncio.run(_live(both, desks))

    assert fire == ring_in_the_end(told)
    assert len(keys) == len(set(keys))


@settings(max_examples=150)
@given(batches, some.integers(0, 5))
def test_a_restart_changes_nothing_of_what_fires(told: list[list[Ringing]], at: int) -> None:
    """Senders re-send: what was told before the restart is told again after it."""

    async def live() -> set[str]:
        journal = Memory()
        before = Desk(journal)
        await _live(told[:at], [before])
        await before.reception.end()
        after = Desk(journal)
        await after.reception.begin()
        return (await _live([*told[:at], *told[at:]], [after]))[0]

    assert asyncio.run(live()) == ring_in_the_end(told)
