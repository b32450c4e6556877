"""What people do to proposals, hotfixes and gates, in words and with buttons; what is refused, and what is the same said twice."""

from __future__ import annotations

from datetime import datetime

import pytest

from kuaihui.errors import Refused
from kuaihui.incident.alerts import AlertCleared, AlertFired
from kuaihui.incident.fact import Fact
from kuaihui.incident.recovery import Closed, RecoveryMeasured
from kuaihui.incident.repair import (
    GateFailed,
    GateMeasured,
    GatePassed,
    HotfixStarted,
    HotfixStopped,
    ProposalChosen,
    ProposalDropped,
    ProposalMade,
    Reported,
)
from kuaihui.incident.timeline import Timeline
from kuaihui.incident.trains import trains
from kuaihui.intake import signals
from kuaihui.intake.deeds import understand
from kuaihui.intake.phrasebook import meant
from kuaihui.language import plain, say
from tests.duties.so_far import CATALOG, after, alert, opened

WHY = plain("因为如此")


def does(timeline: Timeline, deed: signals.AnyDeed, at: datetime | None = None) -> list[Fact]:
    return understand(deed, timeline, CATALOG, at or after(5))


def says(timeline: Timeline, words: str, person: str = "amao") -> signals.AnyDeed:
    return meant(signals.Speak(person=person, message="m", words=words), timeline, CATALOG)


def lived(*deeds: signals.AnyDeed) -> Timeline:
    timeline = opened()
    for deed in deeds:
        timeline = timeline.extended(does(timeline, deed))
    return timeline


BEGUN = lived(signals.StartHotfix(person="xiaomei", title="加缓存"))
TWO = lived(signals.StartHotfix(person="xiaomei", title="加缓存"), signals.StartHotfix(person="ayi", title="限流"))
PROPOSED = lived(signals.Propose(person="xiaomei", what="加缓存", effect="快"), signals.Propose(person="ayi", what="扩容"))

# -- words -------------------------------------------------------------------------------------------------------------------------------

PHRASES: list[tuple[str, signals.AnyDeed]] = [
    ("方案: 加缓存", signals.Propose(person="amao", what="加缓存")),
    (
        "方案：加缓存；效果：不打 Redis；风险：晚 5 秒；回退：关开关",
        signals.Propose(person="amao", what="加缓存", effect="不打 Redis", risk="晚 5 秒", way_back="关开关"),
    ),
    (
        "proposal: local cache; effect: faster; risk: stale; way back: switch it off",
        signals.Propose(person="amao", what="local cache", effect="faster", risk="stale", way_back="switch it off"),
    ),
    ("选方案 1 风险最小", signals.ChooseProposal(person="amao", proposal="1", reason="风险最小")),
    ("选方案2", signals.ChooseProposal(person="amao", proposal="2")),
    ("choose proposal #2: least risk", signals.ChooseProposal(person="amao", proposal="2", reason="least risk")),
    ("放弃方案 1: 治标", signals.DropProposal(person="amao", proposal="1", reason="治标")),
    ("热修: 加缓存 分支 hotfix/cache", signals.StartHotfix(person="amao", title="加缓存", branch="hotfix/cache")),
    (
        "hotfix: cache https://git.example.org/a/-/merge_requests/4",
        signals.StartHotfix(person="amao", title="cache", link="https://git.example.org/a/-/merge_requests/4"),
    ),
    ("回滚: 退回 v1.8.1", signals.StartHotfix(person="amao", kind="rollback", title="退回 v1.8.1")),
    ("回滚 H1: 灰度变差", signals.StartHotfix(person="amao", kind="rollback", back_of="H1", title="灰度变差")),
    ("/rollback h1", signals.StartHotfix(person="amao", kind="rollback", back_of="h1")),
    ("停止 H1: 换个办法", signals.StopHotfix(person="amao", hotfix="H1", reason="换个办法")),
    ("预发布验证通过", signals.PassGate(person="amao", gate="预发布验证")),
    ("预发布通过。", signals.PassGate(person="amao", gate="预发布")),
    ("H1 灰度 通过: 5xx 降到 0", signals.PassGate(person="amao", gate="灰度", hotfix="H1", reason="5xx 降到 0")),
    ("Pre-production passed", signals.PassGate(person="amao", gate="Pre-production")),
    ("unit tests failed: 2 cases", signals.FailGate(person="amao", gate="unit tests", reason="2 cases")),
    ("灰度未通过，5xx 上升", signals.FailGate(person="amao", gate="灰度", reason="5xx 上升")),
    ("跳过测试: 只改文案", signals.SkipGate(person="amao", gate="测试", reason="只改文案")),
    ("skip H1 test: only words", signals.SkipGate(person="amao", gate="test", hotfix="H1", reason="only words")),
    ("上报", signals.Report(person="amao")),
    ("上报: 定位到热 key", signals.Report(person="amao", words="定位到热 key")),
]


@pytest.mark.parametrize("words, deed", PHRASES, ids=[words for words, _ in PHRASES])
def test_a_phrase_is_the_deed_it_stands_for(words: str, deed: signals.AnyDeed) -> None:
    assert says(BEGUN, words) == deed


@pytest.mark.parametrize(
    "words",
    [
        "回滚了吗",
        "灰度怎么样",
        "测试一下通过没有",
        "方案",
        "选方案吧",
        "热修",
        "预发布验证通过了没有",
        "stop it",
        "canary passed?",
        "H9 灰度通过",
    ],
)
def test_what_is_only_nearly_a_phrase_is_talk(words: str) -> None:
    assert isinstance(says(BEGUN, words), signals.Speak)


def test_without_a_hotfix_a_word_about_a_gate_is_talk() -> None:
    assert isinstance(says(opened(), "灰度通过"), signals.Speak)


# -- proposals ---------------------------------------------------------------------------------------------------------------------------


def test_proposals_are_numbered_and_the_same_one_twice_is_one() -> None:
    assert [fact.proposal for fact in PROPOSED.all(ProposalMade)] == ["1", "2"]
    assert does(PROPOSED, signals.Propose(person="xiaomei", what="加缓存")) == []


def test_a_proposal_is_decided_on_by_name_and_the_last_word_counts() -> None:
    chosen = does(PROPOSED, signals.ChooseProposal(person="amao", proposal="1", reason="风险最小"))
    timeline = PROPOSED.extended(chosen)

    assert [(type(fact), fact.by) for fact in chosen] == [(ProposalChosen, "amao")]
    assert does(timeline, signals.ChooseProposal(person="ayi", proposal="1")) == []
    assert [type(fact) for fact in does(timeline, signals.DropProposal(person="amao", proposal="1"))] == [ProposalDropped]


@pytest.mark.parametrize("deed", [signals.ChooseProposal(person="amao", proposal="7"), signals.Propose(person="amao", what="  ")])
def test_what_is_not_there_cannot_be_chosen(deed: signals.AnyDeed) -> None:
    with pytest.raises(Refused):
        does(PROPOSED, deed)


def test_a_hotfix_carries_out_the_only_proposal_that_was_chosen() -> None:
    timeline = PROPOSED.extended(does(PROPOSED, signals.ChooseProposal(person="amao", proposal="1")))
    begun = does(timeline, signals.StartHotfix(person="xiaomei"))

    assert [(fact.proposal, fact.title) for fact in begun if isinstance(fact, HotfixStarted)] == [("1", "加缓存")]


# -- hotfixes ----------------------------------------------------------------------------------------------------------------------------


def test_the_same_hotfix_begun_twice_is_one_and_another_is_another() -> None:
    assert does(BEGUN, signals.StartHotfix(person="xiaomei", title="加缓存")) == []
    assert list(trains(TWO)) == ["H1", "H2"]


def test_the_gates_in_force_are_quoted() -> None:
    assert [gate.stage.id for gate in trains(BEGUN)["H1"].gates][:3] == ["code", "unit-tests", "review"]


def test_a_rollback_stops_what_it_takes_back() -> None:
    done = does(BEGUN, signals.StartHotfix(person="amao", kind="rollback", back_of="h1"))

    assert [type(fact) for fact in done] == [HotfixStarted, HotfixStopped]
    assert [fact.hotfix for fact in done if isinstance(fact, HotfixStarted | HotfixStopped)] == ["R1", "H1"]
    assert does(BEGUN.extended(done), signals.StopHotfix(person="amao", hotfix="H1")) == []


@pytest.mark.parametrize(
    "timeline, deed, told",
    [
        (opened(), signals.StartHotfix(person="amao"), "title"),
        (opened(), signals.StartHotfix(person="amao", kind="party", title="x"), "party"),
        (opened(), signals.PassGate(person="amao"), "no hotfix"),
        (TWO, signals.PassGate(person="amao", gate="code"), "H1, H2"),
        (BEGUN, signals.PassGate(person="amao", gate="deploy"), "unit-tests"),
        (BEGUN, signals.PassGate(person="amao", hotfix="H9"), "H1"),
        (BEGUN, signals.SkipGate(person="amao", gate="code", reason=" "), "reason"),
        (BEGUN, signals.LinkHotfix(person="amao"), "branch"),
        (opened(Closed(at=after(4), verdict="recovered", reason=WHY)), signals.StartHotfix(person="amao", title="x"), "closed"),
    ],
    ids=["title", "kind", "none", "several", "gate", "hotfix", "reason", "link", "closed"],
)
def test_what_cannot_be_is_refused_with_what_could(timeline: Timeline, deed: signals.AnyDeed, told: str) -> None:
    with pytest.raises(Refused) as refused:
        does(timeline, deed)

    assert told in say(refused.value.text, "en", CATALOG.names("en"))


def test_without_a_gate_the_one_it_waits_at_is_meant() -> None:
    (passed,) = does(BEGUN, signals.PassGate(person="xiaomei", link="https://git.example.org/7"))

    assert isinstance(passed, GatePassed)
    assert (passed.gate, passed.link) == ("code", "https://git.example.org/7")


def test_a_gate_said_twice_is_one_fact_and_a_later_word_counts() -> None:
    failed = does(BEGUN, signals.FailGate(person="ayi", gate="code", reason="编译不过"))
    timeline = BEGUN.extended(failed)

    assert does(timeline, signals.FailGate(person="ayi", gate="code", reason="编译不过"), after(6)) == []
    later = timeline.extended(does(timeline, signals.PassGate(person="ayi", gate="code"), after(7)))
    assert trains(later)["H1"].current.stage.id == "unit-tests"  # type: ignore[union-attr]
    assert does(later, signals.PassGate(person="ayi", gate="code"), after(8)) == []
    assert isinstance(failed[0], GateFailed)


# -- verified ----------------------------------------------------------------------------------------------------------------------------


def measured(verdict: str, value: float | None, gate: str = "full") -> GateMeasured:
    return GateMeasured(at=after(6), hotfix="H1", gate=gate, name=WHY, value=value, unit="ratio", verdict=verdict)


CLEARED = AlertCleared(at=after(7), keys=("gateway",))
VERIFIED: list[tuple[str, list[Fact], bool]] = [
    ("alerts are firing", [], False),
    ("alerts have cleared", [CLEARED], True),
    ("measured back to usual, the alert not yet cleared", [measured("recovered", 0.001)], True),
    ("measured still bad", [measured("better", 0.05)], False),
    ("still bad then, cleared since", [measured("better", 0.05), CLEARED], True),
    ("cleared, then measured still bad", [CLEARED, measured("same", 0.1)], False),
    ("good on the canary alone", [measured("recovered", 0.001, "canary")], False),
    ("the source is silent and alerts are firing", [measured("silent", None)], False),
    ("the recovery itself was measured well", [RecoveryMeasured(at=after(6), verdict="well", what="5xx", value=0.0)], True),
    ("good, but fired again since", [measured("recovered", 0.001), AlertFired(at=after(8), alerts=(alert(0.2),))], False),
]


@pytest.mark.parametrize("facts, passes", [case[1:] for case in VERIFIED], ids=[case[0] for case in VERIFIED])
def test_verified_is_only_what_works_again(facts: list[Fact], passes: bool) -> None:
    timeline, deed = BEGUN.extended(facts), signals.PassGate(person="xiaoshuai", gate="verified")
    if passes:
        assert [type(fact) for fact in does(timeline, deed, after(9))] == [GatePassed]
    else:
        with pytest.raises(Refused):
            does(timeline, deed, after(9))


# -- the report --------------------------------------------------------------------------------------------------------------------------


def test_a_report_is_in_ones_own_words_or_the_drafts() -> None:
    (own,) = does(opened(), signals.Report(person="dazhuang", words="定位到热 key\n正在修"))
    (draft,) = does(opened(), signals.Report(person="dazhuang"))

    assert isinstance(own, Reported)
    assert isinstance(draft, Reported)
    assert (say(own.words, "zh"), say(own.reason, "zh"), own.kind) == ("定位到热 key\n正在修", "定位到热 key", "first")
    assert "5xx · P2" in say(draft.words, "en")
    assert does(opened(own), signals.Report(person="dazhuang", words="定位到热 key\n正在修")) == []
