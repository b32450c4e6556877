"""Relapse: it breaks again while it is observed."""

from __future__ import annotations

from kuaihui.incident.phases import Phase
from tests.nights.night import Night


async def test_a_relapse_in_minute_nine_reopens_the_same_incident_and_pages(night: Night) -> None:
    await night.rings(0.10)
    await night.acks("axin")
    await night.passes(minutes=5)
    await night.clears()
    first = await night.incident()
    assert await night.phase() is Phase.OBSERVING
    await night.passes(minutes=9)
    await night.rings(0.12)

    assert await night.incident() == first
    assert await night.phase() is Phase.OPEN
    assert await night.told() == ["11:00:00 axin", "11:14:00 axin"]


async def test_ten_quiet_minutes_close_it(night: Night) -> None:
    await night.rings(0.10)
    await night.acks("axin")
    await night.passes(minutes=5)
    await night.clears()
    await night.passes(minutes=9, seconds=59)
    assert await night.phase() is Phase.OBSERVING
    await night.passes(seconds=1)

    assert await night.phase() is Phase.CLOSED
    assert (await night.timeline()).facts[-1].at.minute == 15


async def test_two_relapses_are_two_occasions(night: Night) -> None:
    await night.rings(0.10)
    for _ in range(2):
        await night.acks("axin")
        await night.passes(minutes=2)
        await night.clears()
        await night.passes(minutes=5)
        await night.rings(0.10)

    assert len({page.occasion for _, page in await night.pages()}) == 3
