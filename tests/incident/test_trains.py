"""Where a hotfix stands does not depend on the order in which we heard of it."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from kuaihui.incident.fact import Fact
from kuaihui.incident.repair import AtGate, GateFailed, GatePassed, GateReached, GateSkipped, HotfixStarted, HotfixStopped, QuotedStage
from kuaihui.incident.timeline import Timeline
from kuaihui.incident.trains import running, trains
from kuaihui.language import plain
from tests.incident.every_fact import AT

NAMES = ("code", "test", "full")
WHY = plain("因为如此")
STARTED = HotfixStarted(
    at=AT,
    by="xiaomei",
    hotfix="H1",
    title="cache",
    stages=tuple(QuotedStage(id=name, name=plain(name), owner="owner", within=timedelta(minutes=5)) for name in NAMES),
)
KINDS: tuple[type[AtGate], ...] = (GateReached, GatePassed, GateFailed, GateSkipped)


def word(kind: type[AtGate], gate: str, minute: int) -> AtGate:
    so = AT + timedelta(minutes=minute)
    return kind(at=AT + timedelta(hours=1), by="amao", hotfix="H1", gate=gate, name=plain(gate), reason=WHY, happened=so)


words = st.builds(word, st.sampled_from(KINDS), st.sampled_from(NAMES), st.integers(0, 5))


def stands(facts: list[Fact]) -> list[tuple[str, str]]:
    train = trains(Timeline("I1", (STARTED, *facts)))["H1"]
    return [(gate.stage.id, gate.state) for gate in train.gates]


@given(st.lists(words, max_size=8), st.randoms())
def test_the_order_of_hearing_changes_nothing(facts: list[Fact], chance: object) -> None:
    shuffled = list(facts)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]  # hypothesis's own random

    assert stands(shuffled) == stands(facts)


@given(st.lists(words, max_size=8))
def test_it_waits_at_the_first_gate_that_is_not_done(facts: list[Fact]) -> None:
    train = trains(Timeline("I1", (STARTED, *facts)))["H1"]
    done = [gate.done for gate in train.gates]

    assert (train.current is None) == all(done)
    if train.current is not None:
        assert train.gates.index(train.current) == done.index(False)
        assert train.overtaken == any(done[done.index(False) :])
        assert train.current.since is not None
    assert [gate.since is not None for gate in train.gates] == [all(done[:number]) for number in range(len(done))]


def test_the_newest_word_counts_by_when_it_was_so() -> None:
    assert stands([word(GateFailed, "code", 3), word(GatePassed, "code", 2)])[0] == ("code", "failed")
    assert stands([word(GatePassed, "code", 4), word(GateFailed, "code", 3)])[0] == ("code", "passed")
    assert stands([word(GatePassed, "code", 3), word(GateFailed, "code", 3)])[0] == ("code", "passed")


def test_what_is_stopped_is_not_under_way_and_what_names_no_hotfix_of_ours_is_passed_by() -> None:
    stopped = HotfixStopped(at=AT, by="amao", hotfix="H1", reason=WHY)
    stray = GatePassed(at=AT, hotfix="H9", gate="code", name=WHY, reason=WHY)

    assert running(Timeline("I1", (STARTED, stray, stopped))) == []
    assert [train.hotfix for train in running(Timeline("I1", (STARTED, stray)))] == ["H1"]
