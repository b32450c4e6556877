"""A timeline that was carried on answers as one that was read from the first fact."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as some

from kuaihui.incident.alerts import Alert, AlertCleared, AlertFired, AlertMeasured, Opened, QuotedPolicy, Reopened
from kuaihui.incident.fact import Fact
from kuaihui.incident.pages import Acknowledged, Answered, Ordered
from kuaihui.incident.recovery import Closed, Mitigated, ObservationStarted
from kuaihui.incident.timeline import Timeline, remembered
from kuaihui.language import plain
from kuaihui.orders import Page

NOON = datetime(2023, 3, 11, 3, tzinfo=UTC)
KEYS = ("a", "b", "c")
ANSWERS = ("phase", "severity", "occasion", "alerts", "firing", "cleared", "values", "series", "value", "orders", "answers")


def fact(kind: int, key: str, value: float | None, minute: int) -> Fact:
    at = NOON + timedelta(minutes=minute)
    page = Page(occasion=0, person=key, level=1, channel="inbox", reason=plain("x"))
    kinds: list[Fact] = [
        AlertFired(at=at, alerts=(Alert(key, key, {}, at, value), Alert(KEYS[0], "a", {}, at))),
        AlertMeasured(at=at, key=key, value=value or 0.5),
        AlertCleared(at=at, keys=(key,), how="expired" if minute % 2 else "resolved"),
        Ordered(at=at, order=page, carrier="builtin"),
        Answered(at=at, identity=page.identity, outcome="done"),
        Acknowledged(at=at, by=key),
        Mitigated(at=at, by=key, reason=plain("x")),
        ObservationStarted(at=at, until=at, reason=plain("x")),
        Reopened(at=at, reason=plain("x")),
        Closed(at=at, verdict="recovered", reason=plain("x")),
    ]
    return kinds[kind]


OPENED = Opened(at=NOON, service="s", title="t", severity=3, policy=QuotedPolicy("p", (), 0, timedelta(0)), rule=plain("r"))
facts = some.lists(some.builds(fact, some.integers(0, 9), some.sampled_from(KEYS), some.none() | some.floats(0, 1), some.integers(0, 99)))


@given(facts, some.lists(some.booleans(), max_size=40), some.integers(0, 40))
def test_carried_on_is_as_worked_out_anew(happened: list[Fact], asked: list[bool], since: int) -> None:
    carried = Timeline("i", [OPENED])
    held: list[tuple[Timeline, list[object]]] = []
    for number, one in enumerate(happened):
        carried = carried.extended([one])
        if asked[number : number + 1] == [True]:
            held.append((carried, [getattr(carried, answer) for answer in ANSWERS]))
    anew = Timeline("i", [OPENED, *happened])

    assert [getattr(carried, answer) for answer in ANSWERS] == [getattr(anew, answer) for answer in ANSWERS]
    for kind in {type(one) for one in anew.facts}:
        expected = [(number, one) for number, one in enumerate(anew.facts) if type(one) is kind and number >= since]
        assert carried.numbered(kind, since) == expected
    for timeline, before in held:
        assert [getattr(timeline, answer) for answer in ANSWERS] == before


@given(facts)
def test_the_trend_tells_the_worst_value_after_each_fact(happened: list[Fact]) -> None:
    for length in range(len(happened) + 1):
        timeline = Timeline("i", [OPENED, *happened[:length]])
        assert timeline.value is None or timeline.value == max(timeline.values.values(), default=0.0)


@given(facts)
def test_a_timeline_goes_on_in_two_ways_without_mixing_them(happened: list[Fact]) -> None:
    stem = Timeline("i", [OPENED, *happened])
    assert stem.phase is not None
    one, other = stem.extended([fact(0, "b", 0.9, 50)]), stem.extended([fact(2, "a", None, 51)])

    assert one.firing == Timeline("i", one.facts).firing
    assert other.firing == Timeline("i", other.facts).firing
    assert stem.series == Timeline("i", stem.facts).series


@given(facts, some.sets(some.sampled_from((AlertFired, AlertCleared, Ordered, Acknowledged, Reopened))), some.integers(0, 40))
def test_facts_of_some_kinds_are_those_and_in_order(happened: list[Fact], kinds: set[type[Fact]], since: int) -> None:
    timeline = Timeline("i", [OPENED, *happened])

    assert timeline.of(kinds, since) == [pair for pair in enumerate(timeline.facts) if type(pair[1]) in kinds and pair[0] >= since]


def test_what_is_remembered_is_asked_once_of_each_timeline_and_anew_of_a_longer_one() -> None:
    asked: list[tuple[int, int]] = []

    @remembered
    def length_from(timeline: Timeline, since: int = 0) -> int:
        asked.append((len(timeline), since))
        return len(timeline) - since

    timeline = Timeline("i", [OPENED])
    longer = timeline.extended([fact(5, "a", None, 1)])

    assert [length_from(one, since) for one in (timeline, longer) for since in (0, 1, 0, 1)] == [1, 0, 1, 0, 2, 1, 2, 1]
    assert asked == [(1, 0), (1, 1), (2, 0), (2, 1)]
