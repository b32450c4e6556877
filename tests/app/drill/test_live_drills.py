"""
Drills on real parts: errors that really happen, a fix that really helps.

They wait for processes, so each stops when the signal is back and under observation; the whole endings are in test_virtual_drills.py, and
`make drills` acts all of them to their end. Bad deploy, quiet failure and relapse are left to it: they take minutes each.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from kuaihui.app.drill.act import Wanted, finish
from kuaihui.app.drill.ending import pages_of
from kuaihui.app.drill.live import Live, acting_live
from kuaihui.app.drill.shelf import find
from kuaihui.app.drill.stage.description import Environment
from kuaihui.app.drill.stage.installed import why_not
from kuaihui.briefing.grade import confirmed_cause, proved
from kuaihui.incident.alerts import AlertCleared
from kuaihui.incident.evidence import RedisInspected
from kuaihui.incident.pages import Acknowledged
from kuaihui.incident.recovery import ObservationStarted
from kuaihui.incident.repair import GatePassed, GateReached
from kuaihui.incident.timeline import Timeline
from tests.app.web.acted import SAMPLE

pytestmark = [pytest.mark.skipif(why_not() is not None, reason="no stage can stand on this machine"), pytest.mark.timeout(240)]
SPEED = 30.0
LONGEST = 150.0  # seconds until the signal is back, on a machine that is busy with other tests


def wanted(name: str, folder: Path) -> Wanted:
    return Wanted(find(name), SAMPLE, folder / "reports", 1, SPEED, (), 0, "zh", own_parts=True)


async def until_observed(live: Live) -> Timeline:
    acting = asyncio.create_task(live.act())
    try:
        async with asyncio.timeout(LONGEST):
            while not live.seen.has(ObservationStarted) and not acting.done():  # noqa: ASYNC110  # a drill tells it by no event
                await asyncio.sleep(0.2)
    finally:
        acting.cancel()
        await asyncio.gather(acting, return_exceptions=True)
    return live.seen


async def test_the_hotfix_really_brings_the_errors_to_nothing(tmp_path: Path) -> None:
    want = wanted("config-center-500", tmp_path)
    async with acting_live(want) as live:
        timeline = await until_observed(live)

        assert live.parts.stage.running(Environment.FULL) == "v1.8.3"
        assert timeline.opened.drill
        assert timeline.opened.title.startswith("【演练】")
        assert max(value for _, value in timeline.series) >= 0.05, "the errors were real"
        assert live.parts.ratio <= 0.01
        assert confirmed_cause(timeline) == "redis-hot-key"
        assert "config:shared" in {found.key for look in timeline.all(RedisInspected) for found in look.findings}
        assert {"code", "unit-tests", "review", "pre-production", "test", "canary"} <= {fact.gate for fact in timeline.all(GatePassed)}
        assert {"canary", "full"} <= {fact.gate for fact in timeline.all(GateReached)}
        ended = finish(want, timeline, live.built.catalog, live.parts.what_is_real, await pages_of(live.built))
    assert "1-5-10" in ended.markdown
    assert ended.report.exists()


@pytest.mark.parametrize("name", ["redis-down", "overload", "slow-command", "slow-dependency", "connection-leak"])
async def test_the_cause_is_found_the_way_out_is_taken_and_the_recovery_is_proved(name: str, tmp_path: Path) -> None:
    async with acting_live(wanted(name, tmp_path)) as live:
        timeline = await until_observed(live)

        assert timeline.has(Acknowledged), "somebody was got"
        assert confirmed_cause(timeline) == find(name).expected.cause
        assert proved(timeline)
        assert live.parts.ratio <= 0.01


async def test_five_hundred_alerts_at_once_are_a_few_pages_and_end_by_themselves(tmp_path: Path) -> None:
    async with acting_live(wanted("alert-storm", tmp_path)) as live:
        timeline = await until_observed(live)

        assert timeline.has(Acknowledged)
        assert confirmed_cause(timeline) == "", "nobody can know it"
        assert {fact.how for fact in timeline.all(AlertCleared)} == {"resolved"}
        assert not timeline.firing
        assert await pages_of(live.built) <= find("alert-storm").expected.pages_at_most
