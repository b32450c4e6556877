"""10 % to 15 %: worse is a new occasion to page, and never sets a clock back."""

from __future__ import annotations

from tests.nights.night import Night


async def test_worsening_raises_the_severity_and_pages_everybody_again(night: Night) -> None:
    await night.rings(0.06)
    await night.passes(seconds=30)
    await night.rings(0.12)

    timeline = await night.timeline()
    assert timeline.severity == 2
    assert await night.told() == ["11:00:00 axin", "11:00:30 axin"]


async def test_worsening_every_half_minute_does_not_keep_the_next_level_asleep(night: Night) -> None:
    value = 0.10
    for _ in range(5):
        await night.rings(value)
        await night.passes(seconds=30)
        value *= 1.4

    assert "11:01:00 dazhuang" in await night.told()
    assert "11:02:00 amao" in await night.told()


async def test_worse_after_the_acknowledgement_is_a_new_round_for_whoever_took_it_on(night: Night) -> None:
    await night.rings(0.10)
    await night.passes(minutes=1, seconds=10)
    await night.acks("dazhuang")
    await night.passes(minutes=2)
    await night.rings(0.20)

    assert (await night.told())[-2:] == ["11:03:10 dazhuang", "11:03:10 axin"]
    await night.passes(minutes=1)
    assert (await night.told())[-1] == "11:04:10 amao"


async def test_a_value_that_falls_pages_nobody(night: Night) -> None:
    await night.rings(0.20)
    await night.passes(seconds=20)
    await night.rings(0.12)

    assert await night.paged() == ["axin"]
