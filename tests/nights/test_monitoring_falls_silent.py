"""The monitoring dies: nobody is told of anything, until its watchdog is missed."""

from __future__ import annotations

from kuaihui.incident.phases import Phase
from tests.nights.conftest import Rewritten
from tests.nights.night import Night

WATCHDOGS = """
prometheus: {name: 机房监控, match: 'alertname="Watchdog"', service: config-center, silent_after: 5m}
"""


async def night_with_a_watchdog(sample_with: Rewritten) -> Night:
    night = Night(sample_with(watchdogs=WATCHDOGS))
    await night.reception.begin()
    return night


async def test_the_oncall_is_paged_and_whoever_comes_next(sample_with: Rewritten) -> None:
    night = await night_with_a_watchdog(sample_with)
    for _ in range(10):
        await night.rings(None, name="Watchdog")
        await night.passes(minutes=1)
    assert await night.journal.summaries() == []

    await night.passes(minutes=10)
    assert (await night.told())[:3] == ["11:14:00 axin", "11:15:00 dazhuang", "11:16:00 amao"]
    assert (await night.timeline()).opened.title.startswith("机房监控已 5 分钟没有心跳")


async def test_it_closes_by_itself_once_the_monitoring_lives_again(sample_with: Rewritten) -> None:
    night = await night_with_a_watchdog(sample_with)
    await night.passes(minutes=5)
    await night.acks("axin")
    for _ in range(11):
        await night.rings(None, name="Watchdog")
        await night.passes(minutes=1)
    assert await night.phase() is Phase.CLOSED
    assert len(await night.journal.summaries()) == 1


async def test_an_outage_that_began_in_the_silence_is_told_when_it_can_be(sample_with: Rewritten) -> None:
    night = await night_with_a_watchdog(sample_with)
    await night.passes(minutes=6)
    await night.rings(None, name="Watchdog")
    await night.rings(0.15)
    timeline = await night.timeline()
    assert [alert.name for alert in timeline.firing.values()] == ["Gateway5xxRatioHigh"]
    assert timeline.phase is not Phase.OBSERVING
