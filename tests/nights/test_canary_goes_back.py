"""The hotfix train: a canary that gets worse says stop and goes back; a good one goes on to the end, proved on the signal that broke."""

from __future__ import annotations

from kuaihui.catalog.hotfixes import Canary, Hotfix
from kuaihui.incident.pages import Ordered
from kuaihui.incident.repair import GateFailed, GateMeasured, GatePassed, HotfixFinished, HotfixStopped
from kuaihui.incident.room import MessagePosted
from kuaihui.incident.trains import FAILED, PASSED, trains
from kuaihui.intake import signals
from kuaihui.intake.phrasebook import meant
from kuaihui.language import say
from kuaihui.orders import Tell
from tests.nights.gauge import Gauge, gauged_night
from tests.nights.night import Night

TO_CANARY = ("代码完成", "单测通过", "评审通过", "预发布完成", "预发布验证通过")


async def says(night: Night, person: str, words: str) -> None:
    """A word in the topic, understood as the page and Feishu understand it."""
    deed = signals.Speak(person=person, message=f"{person} {words}", words=words)
    await night.does(meant(deed, await night.timeline(), night.catalog))


async def to_canary(hotfix: Hotfix | None = None) -> tuple[Night, Gauge]:
    """The story until the hotfix waits at its canary; 15 % of all requests fail."""
    night, gauge = gauged_night(hotfix)
    gauge.shows(0.15)
    await night.rings(0.15)
    await night.acks("dazhuang")
    await says(night, "xiaomei", "热修: 读路径加进程内缓存 分支 hotfix/local-cache")
    for word in TO_CANARY:
        await says(night, "xiaoshuai", word)
    await night.passes(minutes=6)
    return night, gauge


def told(night_facts: list[Ordered], person: str) -> list[str]:
    return [say(fact.order.words, "en") for fact in night_facts if isinstance(fact.order, Tell) and fact.order.person == person]


async def test_a_worsening_canary_says_stop_and_goes_back() -> None:
    night, gauge = await to_canary()
    await says(night, "xiaomei", "灰度通过")
    gauge.shows(0.30)
    await night.passes(minutes=1)
    timeline = await night.timeline()

    (measured,) = timeline.all(GateMeasured)
    assert (measured.verdict, measured.value, measured.baseline) == ("worse", 0.30, 0.15)
    (failed,) = timeline.all(GateFailed)
    assert (failed.gate, failed.by) == ("canary", "kuaihui")
    assert trains(timeline)["H1"].gate("canary").state == FAILED  # type: ignore[union-attr]
    (stop,) = [words for words in told(timeline.all(Ordered), "xiaomei") if words.startswith("Stop H1")]
    assert "rollback H1" in stop
    assert any(say(fact.words, "zh").startswith("H1 在「灰度」请停下") for fact in timeline.all(MessagePosted))

    await says(night, "amao", "回滚 H1: 灰度变差")
    timeline = await night.timeline()
    assert [(fact.hotfix, fact.by) for fact in timeline.all(HotfixStopped)] == [("H1", "amao")]
    assert [gate.stage.id for gate in trains(timeline)["R1"].gates] == ["full", "verified"]

    await says(night, "xiaomei", "R1 全量完成")
    gauge.shows(0.15)
    await night.passes(minutes=5)
    gauge.shows(0.001)
    await night.clears()
    await night.passes(minutes=10)
    timeline = await night.timeline()
    assert [fact.hotfix for fact in timeline.all(HotfixFinished)] == ["R1"]
    assert not trains(timeline)["H1"].running


async def test_a_good_canary_goes_on_and_is_verified_only_when_the_signal_is_back() -> None:
    night, gauge = await to_canary()
    await says(night, "xiaomei", "灰度通过")
    gauge.shows(0.05)
    await night.passes(minutes=3)
    await says(night, "xiaomei", "全量完成")
    await night.passes(minutes=2)
    timeline = await night.timeline()
    assert {fact.verdict for fact in timeline.all(GateMeasured) if fact.gate == "canary"} == {"better"}
    assert not timeline.has(HotfixFinished)

    gauge.shows(0.002)
    await night.passes(minutes=4)
    timeline = await night.timeline()
    passed = [fact for fact in timeline.all(GatePassed) if fact.gate == "verified"]
    assert [fact.by for fact in passed] == ["kuaihui"]
    assert say(passed[0].reason, "en") == "measured 0.2 %, back to usual (before: 5 %)"
    assert [fact.hotfix for fact in timeline.all(HotfixFinished)] == ["H1"]


async def test_the_canary_is_held_against_the_stable_ones_where_the_catalog_tells_them_apart() -> None:
    night, gauge = await to_canary(Hotfix(canary=Canary(expression="canary", baseline="stable")))
    gauge.shows(0.02, "canary")
    gauge.shows(0.15, "stable")
    await says(night, "xiaomei", "灰度通过")
    await night.passes(minutes=1)
    (measured,) = (await night.timeline()).all(GateMeasured)

    assert (measured.verdict, measured.value, measured.baseline) == ("better", 0.02, 0.15)
    assert say(measured.said, "zh") == "H1 在「灰度」：2 %，好转（稳定版本：15 %）"


async def test_a_source_that_is_silent_passes_nothing_and_a_person_decides() -> None:
    night, gauge = await to_canary()
    gauge.broken = True
    await says(night, "xiaomei", "灰度通过")
    await says(night, "xiaomei", "全量完成")
    await night.passes(minutes=40)
    timeline = await night.timeline()
    assert {fact.verdict for fact in timeline.all(GateMeasured)} == {"silent"}
    assert not timeline.has(HotfixFinished)

    await night.clears()
    await night.passes(minutes=1)
    assert (await night.timeline()).has(HotfixFinished)


async def test_a_hotfix_and_a_rollback_run_beside_each_other() -> None:
    night, _ = await to_canary()
    await says(night, "amao", "回滚: 退回 v1.8.1")
    await says(night, "amao", "R1 全量完成")
    found = trains(await night.timeline())

    assert [train.hotfix for train in found.values() if train.running] == ["H1", "R1"]
    assert found["R1"].gate("full").state == PASSED  # type: ignore[union-attr]
    assert found["H1"].current.stage.id == "canary"  # type: ignore[union-attr]
