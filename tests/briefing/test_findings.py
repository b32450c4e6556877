"""What is known and believed, as it stands on the occasion."""

from __future__ import annotations

from datetime import timedelta

from kuaihui.briefing.findings import findings
from kuaihui.incident.alerts import Reopened
from kuaihui.incident.evidence import MetricsRead
from kuaihui.incident.fact import Fact
from kuaihui.incident.thinking import (
    ChangeExcluded,
    ChangeSuspected,
    EvidenceWeighed,
    GuideConcluded,
    GuideStepTaken,
    HypothesisConfirmed,
    HypothesisRaised,
    HypothesisRejected,
    NoRunbookFits,
)
from kuaihui.incident.timeline import Timeline
from kuaihui.language import plain
from tests.incident.every_fact import AT, FACTS

WORDS = plain("words")


def raised(name: str) -> HypothesisRaised:
    return HypothesisRaised(at=AT, hypothesis=name, claim=plain(name))


def timeline(*facts: Fact) -> Timeline:
    return Timeline("x", (FACTS[0], *facts))


def test_nothing_was_looked_at_yet() -> None:
    assert findings(timeline()).empty


def test_the_last_word_on_a_hypothesis_counts_and_what_is_confirmed_stands_first() -> None:
    confirmed = HypothesisConfirmed(at=AT, hypothesis="b", claim=WORDS, reason=WORDS)
    rejected = HypothesisRejected(at=AT, hypothesis="a", claim=WORDS, reason=WORDS)
    first = HypothesisConfirmed(at=AT, hypothesis="a", claim=WORDS, reason=WORDS)
    beliefs = findings(timeline(raised("a"), raised("b"), raised("c"), first, confirmed, rejected)).beliefs

    assert [(one.raised.hypothesis, one.confirmed, one.rejected) for one in beliefs] == [
        ("b", True, False),
        ("c", False, False),
        ("a", False, True),
    ]


def test_what_speaks_for_it_is_told_apart_from_what_speaks_against_the_weightiest_first() -> None:
    pieces = [
        EvidenceWeighed(at=AT, hypothesis="a", side=side, number=0, weight=weight, says=WORDS)
        for side, weight in (("for", 0.2), ("against", 0.3), ("for", 0.9))
    ]
    [belief] = findings(timeline(raised("a"), *pieces)).beliefs

    assert [one.weight for one in belief.speaks_for] == [0.9, 0.2]
    assert [one.weight for one in belief.speaks_against] == [0.3]


def test_the_newest_look_about_one_thing_stands_for_it() -> None:
    def read(minutes: int, expression: str) -> MetricsRead:
        at = AT + timedelta(minutes=minutes)
        return MetricsRead(at=at, identity=f"{expression}{minutes}", expression=expression, since=AT, until=at)

    looks = findings(timeline(read(0, "a"), read(0, "b"), read(1, "a"))).looks

    assert [(number, look.identity) for number, look in looks] == [(3, "a1"), (2, "b0")]


def test_a_change_that_was_excluded_stands_behind_those_that_are_suspected() -> None:
    def suspect(change: str, score: float) -> ChangeSuspected:
        return ChangeSuspected(at=AT, change=change, title=change, service="s", made=AT, score=score, reason=WORDS)

    excluded = [ChangeExcluded(at=AT, by="amao", change=change, title=change, reason=WORDS) for change in ("b", "d")]
    found = findings(timeline(suspect("a", 0.3), suspect("b", 0.9), suspect("c", 0.6), *excluded)).suspects

    assert [(one.change, one.excluded is not None) for one in found] == [("c", False), ("a", False), ("b", True), ("d", True)]


def test_a_guide_is_told_with_its_steps_and_its_end() -> None:
    step = GuideStepTaken(at=AT, guide="g", step="one", asked=WORDS, answer=WORDS, holds=True)
    end = GuideConcluded(at=AT, guide="g", step="one", cause="c", conclusion=WORDS)

    [followed] = findings(timeline(step, end)).guides
    assert (followed.guide, followed.steps, followed.ended) == ("g", (step,), end)


def test_what_was_found_before_it_was_reopened_is_no_longer_so() -> None:
    found = findings(timeline(raised("a"), NoRunbookFits(at=AT, looked_at=2), Reopened(at=AT, reason=WORDS), raised("b")))

    assert [one.raised.hypothesis for one in found.beliefs] == ["b"]
    assert found.runbooks is None
