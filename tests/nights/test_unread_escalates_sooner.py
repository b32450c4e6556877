"""Unread escalates sooner than unacknowledged."""

from __future__ import annotations

from tests.nights.night import Night


async def test_a_page_nobody_has_read_calls_the_next_level_after_a_minute(night: Night) -> None:
    await night.rings(0.10)
    await night.passes(seconds=59)
    assert await night.paged() == ["axin"]

    await night.passes(seconds=1)
    assert await night.paged() == ["axin", "dazhuang"]


async def test_a_page_that_was_read_waits_for_the_longer_clock(night: Night) -> None:
    await night.rings(0.10)
    await night.passes(seconds=30)
    await night.reads("axin")
    await night.passes(minutes=2, seconds=29)
    assert await night.paged() == ["axin"]

    await night.passes(seconds=1)
    assert await night.told() == ["11:00:00 axin", "11:03:00 dazhuang"]


async def test_reading_after_the_next_level_was_called_sets_no_clock_back(night: Night) -> None:
    await night.rings(0.10)
    await night.passes(seconds=70)
    await night.reads("axin")
    await night.passes(seconds=50)

    assert await night.told() == ["11:00:00 axin", "11:01:00 dazhuang", "11:02:00 amao"]
