"""The first look: evidence in the room within seconds of the opening, and the story's guide that reaches the hot key by itself."""

from __future__ import annotations

from datetime import timedelta

from kuaihui.briefing.clocks import located_at
from kuaihui.incident.evidence import LogsSearched, MetricsRead, RedisInspected
from kuaihui.incident.pages import Answered
from kuaihui.incident.room import MessagePosted
from kuaihui.incident.thinking import (
    ChangeExcluded,
    GuideConcluded,
    GuideStepTaken,
    GuideTakenOver,
    HypothesisConfirmed,
    NoRunbookFits,
    RunbooksMatched,
)
from kuaihui.intake import signals
from kuaihui.language import say, text
from kuaihui.orders import InspectRedis, ListChanges, ReadMetrics, SearchLogs
from tests.nights.evidence import CALM, Saturday, with_sources
from tests.nights.night import Night


def steps(taken: list[GuideStepTaken]) -> list[tuple[str, bool | None]]:
    return [(fact.step, fact.holds) for fact in taken]


async def test_the_guide_reaches_the_hot_key_without_anybody() -> None:
    night = Night(with_sources(), integrations=[Saturday()])
    await night.rings(0.10)
    await night.passes(seconds=5)
    timeline = await night.timeline()

    assert steps(timeline.all(GuideStepTaken)) == [("errors", True), ("redis", True)]
    assert [fact.cause for fact in timeline.all(GuideConcluded)] == ["redis-hot-key"]
    (confirmed,) = timeline.all(HypothesisConfirmed)
    assert (confirmed.hypothesis, confirmed.by) == ("redis-hot-key", "kuaihui")
    assert located_at(timeline) == confirmed.at
    assert confirmed.at - timeline.opened.at <= timedelta(seconds=5)


async def test_no_runbook_fits_and_the_deploy_of_three_days_ago_is_excluded() -> None:
    night = Night(with_sources(), integrations=[Saturday()])
    await night.rings(0.10)
    await night.passes(seconds=5)
    timeline = await night.timeline()

    assert [fact.looked_at for fact in timeline.all(NoRunbookFits)] == [2]
    assert [(fact.change, fact.by) for fact in timeline.all(ChangeExcluded)] == [("d1", "kuaihui")]


async def test_a_runbook_that_fits_the_logs_is_told_with_the_reason() -> None:
    night = Night(with_sources(), integrations=[Saturday(CALM, line="x509: certificate has expired")])
    await night.rings(0.10)
    await night.passes(seconds=5)
    timeline = await night.timeline()

    assert [one.runbook for fact in timeline.all(RunbooksMatched) for one in fact.fitting] == ["certificate-expired"]
    assert not timeline.has(NoRunbookFits)


async def test_each_look_is_shown_once_with_its_picture_and_the_way_to_its_source() -> None:
    night = Night(with_sources(), integrations=[Saturday()])
    await night.rings(0.10)
    await night.passes(seconds=5)
    shown = [fact for fact in (await night.timeline()).all(MessagePosted) if fact.message.startswith("ShowEvidence/")]

    assert len(shown) == 4
    assert all("https://source.example.org/" in say(fact.words, "en") for fact in shown)


async def test_it_looks_again_when_it_worsens() -> None:
    saturday = Saturday()
    night = Night(with_sources(), integrations=[saturday])
    await night.rings(0.10)
    await night.passes(seconds=30)
    first = [type(order) for order in saturday.asked if getattr(order, "asked_by", "") == "first_look"]
    await night.rings(0.16)
    await night.passes(seconds=5)

    again = [type(order) for order in saturday.asked if getattr(order, "asked_by", "") == "first_look"]
    assert sorted(first, key=str) == sorted((ReadMetrics, SearchLogs, ListChanges, InspectRedis), key=str)
    assert len(again) == 2 * len(first)


async def test_a_source_that_gives_up_is_told_and_the_guide_goes_on_elsewhere() -> None:
    night = Night(with_sources(), integrations=[Saturday(broken=frozenset({SearchLogs}))])
    await night.rings(0.10)
    await night.passes(seconds=5)
    timeline = await night.timeline()

    assert steps(timeline.all(GuideStepTaken)) == [("errors", None), ("down", False), ("release", False)]
    assert [fact.cause for fact in timeline.all(GuideConcluded)] == [""]
    assert any(fact.outcome == "gave up" and fact.identity.startswith("SearchLogs/") for fact in timeline.all(Answered))


async def test_a_source_that_is_slow_at_first_is_asked_again_and_its_partial_answer_is_shown_as_one() -> None:
    """The log store times out once, then gives two of three pages: both are said, and the chain goes on."""
    saturday = Saturday(slow={SearchLogs: 1}, partial={SearchLogs: text("2 of 3 pages, the store timed out")})
    night = Night(with_sources(), integrations=[saturday])
    await night.rings(0.10)
    await night.passes(seconds=1)
    assert not (await night.timeline()).has(LogsSearched)
    await night.passes(seconds=30)
    timeline = await night.timeline()

    outcomes = [fact.outcome for fact in timeline.all(Answered) if fact.identity.startswith("SearchLogs/0/first_look")]
    assert outcomes == ["later", "done"]
    shown = [say(fact.words, "en") for fact in timeline.all(MessagePosted) if fact.message.startswith("ShowEvidence/")]
    assert [words for words in shown if "(not all of it: 2 of 3 pages, the store timed out)" in words]
    assert [fact.cause for fact in timeline.all(GuideConcluded)] == ["redis-hot-key"]


async def test_a_source_that_never_answers_is_said_to_be_missing_while_the_rest_is_looked_at() -> None:
    night = Night(with_sources(), integrations=[Saturday(slow={SearchLogs: 99})])
    await night.rings(0.10)
    await night.passes(minutes=2)
    timeline = await night.timeline()

    posted = [say(fact.words, "en") for fact in timeline.all(MessagePosted)]
    assert "not looked at: search the logs of config-center (the store is slow)" in posted
    assert timeline.has(MetricsRead)
    assert [fact.hypothesis for fact in timeline.all(HypothesisConfirmed)] == ["redis-hot-key"]
    assert timeline.has(NoRunbookFits)


async def test_where_no_source_is_set_up_the_topic_says_so_once_and_nobody_is_hindered() -> None:
    """The sample catalog in the demo: it names its sources, and none of them is there."""
    night = Night()
    await night.rings(0.10)
    await night.passes(minutes=2)
    timeline = await night.timeline()
    missing = [say(fact.words, "zh") for fact in timeline.all(MessagePosted) if "没看成" in say(fact.words, "zh")]

    assert missing == [
        "以下没看成：查指标「网关 5xx 占比」（prometheus 还没接）；查 config-center 的日志（lts 还没接）；"
        "看 config-center 的 Redis（redis 还没接）；列出 config-center 的变更（changes 还没接）"
    ]
    assert len(await night.paged()) >= 2
    assert [fact.cause for fact in timeline.all(GuideConcluded)] == [""]


async def test_a_person_takes_the_guide_over_in_the_middle_and_the_house_asks_nothing_more_of_it() -> None:
    saturday = Saturday(slow={InspectRedis: 1})
    night = Night(with_sources(), integrations=[saturday])
    await night.rings(0.10)
    await night.passes(seconds=1)
    assert steps((await night.timeline()).all(GuideStepTaken)) == [("errors", True)]
    await night.does(signals.TakeOverGuide(person="xiaomei", guide="config-center", reason="我来看 Redis"))
    await night.passes(minutes=1)
    timeline = await night.timeline()

    (over,) = timeline.all(GuideTakenOver)
    assert (over.by, over.step) == ("xiaomei", "redis")
    assert steps(timeline.all(GuideStepTaken)) == [("errors", True)]
    assert not timeline.has(GuideConcluded)
    assert timeline.has(RedisInspected)  # the first look's own question is still answered


async def test_the_guide_shows_each_step_with_its_question_and_where_it_leads() -> None:
    night = Night(with_sources(), integrations=[Saturday(CALM)])
    await night.rings(0.10)
    await night.passes(seconds=5)
    timeline = await night.timeline()

    assert steps(timeline.all(GuideStepTaken)) == [("errors", True), ("redis", False), ("slow", False), ("full", False), ("calm", True)]
    assert [fact.cause for fact in timeline.all(GuideConcluded)] == ["pool-full-redis-calm"]
    posted = [say(fact.words, "zh") for fact in timeline.all(MessagePosted)]
    assert len([words for words in posted if words.startswith("排查指南「config-center」")]) == 6


async def test_what_the_catalog_names_no_source_for_is_not_asked() -> None:
    saturday = Saturday()
    night = Night(with_sources("redis"), integrations=[saturday])
    await night.rings(0.10)
    await night.passes(seconds=5)

    assert {type(order) for order in saturday.asked} == {InspectRedis}


async def test_whoever_takes_over_the_guide_is_not_followed_by_the_house() -> None:
    guided = with_sources()
    night = Night(guided.model_copy(update={"guides": {}}), integrations=[Saturday()])
    await night.rings(0.10)
    night.edits(lambda _: guided)
    await night.does(signals.TakeOverGuide(person="xiaomei", guide="config-center", reason="我来"))
    await night.passes(seconds=30)
    timeline = await night.timeline()

    assert not timeline.has(GuideStepTaken)
    assert not timeline.has(GuideConcluded)


async def test_a_person_confirms_what_no_check_can() -> None:
    night = Night(with_sources(), integrations=[Saturday(CALM)])
    await night.rings(0.10)
    await night.passes(seconds=5)
    assert not (await night.timeline()).has(HypothesisConfirmed)
    await night.does(signals.ConfirmHypothesis(person="xiaomei", hypothesis="pool-full-redis-calm", reason="连接没有归还"))
    await night.does(signals.ConfirmHypothesis(person="xiaomei", hypothesis="pool-full-redis-calm"))

    (confirmed,) = (await night.timeline()).all(HypothesisConfirmed)
    assert confirmed.by == "xiaomei"


async def test_what_a_person_rejected_is_not_confirmed_by_the_house() -> None:
    saturday = Saturday(CALM)
    night = Night(with_sources(), integrations=[saturday])
    await night.rings(0.10)
    await night.passes(seconds=5)
    await night.does(signals.RaiseHypothesis(person="ayi", hypothesis="redis-hot-key", claim="热 key"))
    await night.does(signals.RejectHypothesis(person="ayi", hypothesis="redis-hot-key", reason="看过了"))
    saturday.findings = (("hot key", 0.9),)
    await night.rings(0.16)
    await night.passes(seconds=5)

    assert not (await night.timeline()).has(HypothesisConfirmed)
