"""The founding story whole, step by step, as `kuaihui demo` acts it: through doors and API alone, from the first alert to Axin's note."""

from __future__ import annotations

import asyncio
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from kuaihui.app.demo.play import acted, report
from kuaihui.app.demo.story import BEGINS
from kuaihui.briefing.clocks import stamps
from kuaihui.briefing.document import Paper
from kuaihui.catalog.catalog import Catalog
from kuaihui.incident.alerts import AlertFired, Opened, Worsened
from kuaihui.incident.fact import HOUSE, Fact
from kuaihui.incident.holders import holders, in_meeting, parts
from kuaihui.incident.learning import LateOneCaughtUp, ReachabilityFound, ReviewDrafted
from kuaihui.incident.open_tasks import open_tasks
from kuaihui.incident.pages import Acknowledged, Ordered
from kuaihui.incident.recovery import Closed, ObservationStarted, RecoveryMeasured
from kuaihui.incident.repair import GateMeasured, GatePassed, HotfixFinished, ProposalChosen, ProposalMade, Reported
from kuaihui.incident.roles import RoleGiven
from kuaihui.incident.room import DocumentCreated, DocumentPinned, MessagePosted, PulledIn, Reacted
from kuaihui.incident.thinking import ChangeExcluded, GuideConcluded, HypothesisConfirmed, NoRunbookFits
from kuaihui.incident.timeline import Timeline
from kuaihui.language import say
from kuaihui.orders import Page, Tell

SHANGHAI = ZoneInfo("Asia/Shanghai")


class Told:
    """The story's timeline, and what it left behind."""

    def __init__(self, timeline: Timeline, catalog: Catalog, faults: dict[str, int]) -> None:
        self.timeline, self.catalog, self.faults = timeline, catalog, faults

    def at(self, fact: Fact | None) -> str:
        assert fact is not None
        return f"{fact.at.astimezone(SHANGHAI):%H:%M:%S}"

    def said(self, fact: Fact) -> str:
        return say(fact.said, "zh", self.catalog.names("zh"))


async def _act() -> Told:
    async with acted() as built:
        (summary,) = await built.journal.summaries()
        return Told(await built.loop.timeline(summary.incident), built.catalog, dict(built.loop.faults))


@pytest.fixture(scope="module")
def told() -> Told:
    """Acted once for all steps."""
    return asyncio.run(_act())


def test_nothing_broke(told: Told) -> None:
    assert told.faults == {}


def test_1_the_alert_is_an_incident_and_the_on_call_is_paged_at_once_and_worsening_pages_again(told: Told) -> None:
    pages = [(told.at(fact), fact.order.person) for fact in told.timeline.all(Ordered) if isinstance(fact.order, Page)]

    assert told.timeline.opened.service == "config-center"
    assert pages[0] == ("11:00:00", "axin")
    assert ("11:01:00", "dazhuang") in pages, "unread for a minute"
    assert [told.said(fact) for fact in told.timeline.all(Worsened)] == ["恶化：10 % → 15 %"]
    assert len(told.timeline.all(AlertFired)) == 1
    assert len(told.timeline.all(Opened)) == 1


def test_2_the_room_stands_and_the_absent_communicator_is_replaced_and_becomes_the_second(told: Told) -> None:
    assert told.at(told.timeline.last(Acknowledged)) == "11:01:20"
    assert {"dazhuang", "amao", "xiaomei", "ayi", "xiaoshuai"} == in_meeting(told.timeline)
    (given,) = told.timeline.all(RoleGiven)
    assert (given.role, given.former, given.person, given.by) == ("communicator", "axin", "dazhuang", HOUSE)
    assert parts(told.timeline)["communicator"].second == "axin"
    assert holders(told.timeline) == {
        "incident-lead": "amao",
        "recovery-lead": "xiaomei",
        "communicator": "dazhuang",
        "operations": "ayi",
        "tester": "xiaoshuai",
    }


def test_3_the_document_the_gap_the_excluded_release_and_the_hot_key(told: Told) -> None:
    created = told.timeline.last(DocumentCreated)
    assert created
    assert created.title == "IR-20230311-配置中心500"
    assert told.timeline.has(DocumentPinned)
    assert told.timeline.has(NoRunbookFits)
    assert [fact.title for fact in told.timeline.all(ChangeExcluded)] == ["config-center v1.8.2"]
    assert [fact.cause for fact in told.timeline.all(GuideConcluded)] == ["redis-hot-key"]
    assert told.timeline.all(HypothesisConfirmed)[0].hypothesis == "redis-hot-key"


def test_3_5_the_superior_is_pulled_in_with_a_report_and_told_to_the_end(told: Told) -> None:
    reports = told.timeline.all(Reported)

    assert [fact.person for fact in told.timeline.all(PulledIn) if fact.by == HOUSE] == ["laozhou"]
    assert reports[0].to == ("laozhou",)
    assert reports[-1].kind == "closing"
    assert "老周" in told.said(reports[-1])


def test_3_7_a_named_person_chose_and_the_others_stay_on_record(told: Told) -> None:
    (chosen,) = told.timeline.all(ProposalChosen)
    made = {fact.proposal: fact for fact in told.timeline.all(ProposalMade)}

    assert (chosen.by, made[chosen.proposal].by) == ("amao", "xiaomei")
    assert "进程内缓存" in say(chosen.what, "zh")
    assert len(made) >= 3


def test_3_8_the_tester_is_caught_up_when_he_is_pulled_in(told: Told) -> None:
    caught = {
        fact.order.person: say(fact.order.words, "zh", told.catalog.names("zh"))
        for fact in told.timeline.all(Ordered)
        if isinstance(fact.order, Tell) and fact.order.about == "catch-up"
    }

    assert "要你做的：热修复走单测和预发布" in caught["xiaoshuai"]
    assert "axin" in caught
    assert "laozhou" not in caught, "he has the report"


def test_4_the_hotfix_goes_through_every_gate_and_canary_is_measured_before_full(told: Told) -> None:
    passed = list(dict.fromkeys(fact.gate for fact in told.timeline.all(GatePassed)))
    measured = [(fact.gate, fact.verdict) for fact in told.timeline.all(GateMeasured)]

    assert passed == ["code", "unit-tests", "review", "pre-production", "test", "canary", "full", "verified"]
    assert ("canary", "better") in measured
    assert ("verified", "recovered") in measured
    assert told.timeline.has(HotfixFinished)


def test_5_the_recovery_is_proved_on_the_signal_with_redis_beside_it_and_watched_ten_minutes(told: Told) -> None:
    verdicts = {fact.what: fact.verdict for fact in told.timeline.all(RecoveryMeasured)}
    (begun,), (closed,) = told.timeline.all(ObservationStarted), told.timeline.all(Closed)

    assert verdicts == {"网关 5xx 占比": "well", "Redis 每秒命令数": "well"}
    assert (closed.at - begun.at).total_seconds() == 600
    assert "网关 5xx 占比最高 0 %" in told.said(closed)


def test_5_3_the_tasks_have_owners_and_working_days_and_the_runbook_has_a_draft(told: Told) -> None:
    tasks = {task.id: task for task in open_tasks(told.timeline)}

    def day(due: datetime | None) -> str:
        assert due is not None
        return f"{due.astimezone(SHANGHAI):%a %Y-%m-%d}"

    assert {task: (one.owner, day(one.due)) for task, one in tasks.items()} == {
        "root-cause": ("xiaomei", "Mon 2023-03-13"),
        "runbook": ("xiaomei", "Fri 2023-03-17"),
    }
    assert "进程内缓存" in tasks["runbook"].draft


def test_6_axin_reads_likes_the_message_and_the_document_and_leaves_a_note(told: Told) -> None:
    (back,) = told.timeline.all(LateOneCaughtUp)
    likes = [fact for fact in told.timeline.all(Reacted) if fact.by == "axin"]
    called = next(fact for fact in told.timeline.all(MessagePosted) if fact.by == "dazhuang")
    gaps = {fact.person: fact.kind for fact in told.timeline.all(ReachabilityFound)}

    assert (back.by, told.at(back)) == ("axin", "11:39:00")
    assert [fact.message for fact in likes] == [called.message, "document"]
    assert "手机上午被偷了" in say(told.timeline.all(MessagePosted)[-1].words, "zh")
    assert gaps == {"axin": "unread"}


def test_the_clocks_tell_the_truth(told: Told) -> None:
    clocks = {one.name: one for one in stamps(told.timeline, told.catalog.services["config-center"].budgets)}

    assert clocks["locate"].stopped == BEGINS
    assert clocks["recover"].stopped == told.timeline.all(ObservationStarted)[0].at


def test_the_document_and_the_review_are_fit_to_show(told: Told) -> None:
    document, review = Paper(told.timeline, told.catalog).markdown(), Paper(told.timeline, told.catalog, "review").markdown()

    assert told.timeline.has(ReviewDrafted)
    for paper in (document, review):
        assert "{{" not in paper
        assert "{" not in paper.replace("{#", "")
        assert "@" not in paper.replace("@阿新", "").replace("@阿茂", "")
        assert "None" not in paper
        assert "e+0" not in paper, "numbers are for people"
    for heading in ("摘要", "影响", "怎么发现的", "怎么响应的", "原因", "做得好的", "要改进的", "改进项"):
        assert f"## {heading}\n" in review
    assert "怎么解决的：读路径加一层进程内缓存，缓存 2 秒（阿茂决定）" in review


def test_it_is_always_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    async def play() -> str:
        async with acted() as built:
            await report(built)
        return capsys.readouterr().out

    assert asyncio.run(play()) == asyncio.run(play())
