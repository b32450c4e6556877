"""From the merge request to the recovery nobody says a word but the tester: GitLab tells, the house measures."""

from __future__ import annotations

from datetime import datetime, timedelta

from kuaihui.app.acted import settle
from kuaihui.app.trains import Trains
from kuaihui.incident.repair import GateFailed, GatePassed, GateReached, HotfixFinished, HotfixStarted
from kuaihui.incident.trains import trains
from kuaihui.intake.movements import Movement
from kuaihui.language import say
from tests.intake.test_moving import PROJECTS, told
from tests.nights.gauge import Gauge, gauged_night
from tests.nights.night import SHANGHAI, Night
from tests.nights.test_canary_goes_back import says


async def hears(night: Night, news: Movement) -> None:
    """GitLab tells, a moment after it was so."""
    await Trains(night.loop, lambda: night.catalog, night.clock).hear([news], "gitlab")
    await settle(night.loop, night.reception, night.clock)


async def acted(worse: bool = False) -> tuple[Night, Gauge]:
    """The story's news at its instants; the canary helps, or makes it worse."""
    night, gauge = gauged_night(PROJECTS)
    gauge.shows(0.15)
    await night.rings(0.15)
    await night.acks("dazhuang")
    for news in sorted(told("gitlab"), key=lambda one: one.at):
        await goes_on(night, news.at + timedelta(seconds=1))
        if news.environment == "production" and worse:
            break
        await hears(night, news)
        if news.environment == "pre-production" and news.outcome == "passed":
            await says(night, "xiaoshuai", "预发布验证通过")
        if news.environment == "production-canary":
            gauge.shows(0.40 if worse else 0.06)
        if news.environment == "production":
            gauge.shows(0.002)
    await night.passes(minutes=6)
    return night, gauge


async def goes_on(night: Night, until: datetime) -> None:
    """Time goes by, and the alert rings on."""
    while night.now < until:
        await night.passes(seconds=min(60.0, (until - night.now).total_seconds()))
        await night.rings(0.15)


async def test_it_goes_from_the_merge_request_to_verified() -> None:
    night, _ = await acted()
    timeline = await night.timeline()
    passed = [(fact.gate, fact.by) for fact in timeline.all(GatePassed)]

    assert [fact.by for fact in timeline.all(HotfixStarted)] == ["gitlab"]
    assert passed == [
        ("code", "gitlab"),
        ("unit-tests", "gitlab"),
        ("review", "gitlab"),
        ("code", "gitlab"),  # merged: it was opened, and reviewed
        ("review", "gitlab"),
        ("pre-production", "gitlab"),
        ("test", "xiaoshuai"),
        ("canary", "kuaihui"),
        ("full", "kuaihui"),
        ("verified", "kuaihui"),
    ]
    assert [fact.gate for fact in timeline.all(GateReached)] == ["canary", "full"]
    assert [fact.hotfix for fact in timeline.all(HotfixFinished)] == ["!42"]
    canary = next(fact for fact in timeline.all(GatePassed) if fact.gate == "canary")
    assert f"{canary.at.astimezone(SHANGHAI):%H:%M}" == "11:39"
    assert say(canary.reason, "zh") == "指标 6 %，好转（之前：15 %）"


async def test_a_canary_that_makes_it_worse_stops_a_minute_after_it_was_reached() -> None:
    night, _ = await acted(worse=True)
    timeline = await night.timeline()
    failed = [fact for fact in timeline.all(GateFailed) if fact.gate == "canary"]

    assert [f"{fact.at.astimezone(SHANGHAI):%H:%M:%S} {fact.by}" for fact in failed] == ["11:37:12 kuaihui"]
    assert trains(timeline)["!42"].current.stage.id == "canary"  # type: ignore[union-attr]
    assert not timeline.has(HotfixFinished)
