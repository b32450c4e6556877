"""Escalated by hand: one word calls one level, however soon it is carried out."""

from __future__ import annotations

from kuaihui.incident.pages import Acknowledged
from kuaihui.intake import signals
from tests.nights.night import Night


async def test_before_anybody_takes_it_on_the_next_level_is_called_and_no_other(night: Night) -> None:
    await night.rings(0.10)
    await night.passes(seconds=20)
    await night.does(signals.Escalate(person="axin"))
    await night.passes(seconds=1)

    assert await night.paged() == ["axin", "dazhuang"]


async def test_after_somebody_has_taken_it_on_the_next_level_is_called_and_no_other(night: Night) -> None:
    await night.rings(0.10)
    await night.passes(seconds=20)
    await night.acks("axin")
    await night.passes(seconds=20)
    await night.does(signals.Escalate(person="axin"))
    await night.passes(seconds=1)

    assert (await night.timeline()).all(Acknowledged)
    assert await night.paged() == ["axin", "dazhuang"]


async def test_each_word_calls_one_more(night: Night) -> None:
    await night.rings(0.10)
    for expected in (["axin", "dazhuang"], ["axin", "dazhuang", "amao"]):
        await night.passes(seconds=5)
        await night.does(signals.Escalate(person="axin"))
        await night.passes(seconds=1)
        assert await night.paged() == expected
