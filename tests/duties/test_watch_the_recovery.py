"""Claimed, proved on the signal that broke, observed, closed; never on a word alone."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec
import pytest

from kuaihui.catalog.catalog import Catalog
from kuaihui.catalog.services import Sources
from kuaihui.duties.due import Conclude, Due
from kuaihui.duties.watch_the_recovery import due
from kuaihui.incident.alerts import AlertCleared
from kuaihui.incident.evidence import MetricsRead, Series
from kuaihui.incident.fact import Fact
from kuaihui.incident.pages import Answered, Ordered
from kuaihui.incident.recovery import Closed, ObservationStarted, RecoveryDoubted, RecoveryMeasured, Resolved
from kuaihui.incident.thinking import HypothesisConfirmed
from kuaihui.incident.timeline import Timeline
from kuaihui.language import plain, say
from kuaihui.orders import Post, ReadMetrics
from tests.duties.so_far import CATALOG, after, concluded, opened, orders

CLEARED = AlertCleared(at=after(8), keys=("gateway",))
OBSERVED = ObservationStarted(at=after(8), until=after(18), reason=plain("cleared"))
SIGNAL = "网关 5xx 占比"


def catalog(**metrics: str) -> Catalog:
    """The sample, its service with this source of metrics, or none."""
    service = CATALOG.services["config-center"].model_copy(update={"sources": Sources(metrics=metrics)})
    return CATALOG.model_copy(update={"services": {**CATALOG.services, service.id: service}})


WITHOUT, WITH = catalog(), catalog(**{"from": "prometheus"})


def asked(timeline: Timeline, now: datetime, known: Catalog = WITHOUT) -> list[Due | Conclude]:
    return list(due(timeline, known, now))


def read(at: datetime, *values: float, about: str = SIGNAL, asked_by: str = "recovery") -> MetricsRead:
    """What the source answered: these values, a quarter of a minute apart, the last one at this instant."""
    behind = range(len(values) - 1, -1, -1)
    points = tuple((at - timedelta(seconds=15) * steps, value) for steps, value in zip(behind, values, strict=True))
    series = (Series(points=points, last=values[-1], max=max(values), min=min(values)),) if values else ()
    return MetricsRead(
        at=at, identity="i", asked_by=asked_by, about=about, expression="e", since=at - timedelta(minutes=5), until=at, series=series
    )


def looks(said: list[Due | Conclude]) -> list[tuple[datetime, str]]:
    return [(one.at, one.order.about) for one in said if isinstance(one, Due) and isinstance(one.order, ReadMetrics)]


def facts(said: list[Due | Conclude], kind: type[Fact]) -> list[Fact]:
    return [fact for fact in concluded(said) if isinstance(fact, kind)]


# -- without a source of metrics -----------------------------------------------------------------------------------------------------------


def test_nothing_is_concluded_while_an_alert_is_firing_whatever_people_say() -> None:
    said = asked(opened(Resolved(at=after(5), by="amao", reason=plain("好了"))), after(6))

    assert concluded(said) == []
    assert [say(post.words, "en") for post in orders(said, Post)] == [  # type: ignore[union-attr]
        "amao calls it resolved, but 1 alert(s) still fire: not under observation yet"
    ]


def test_without_a_source_the_window_begins_when_everything_has_cleared_and_says_that_it_is_not_proved() -> None:
    (begun,) = concluded(asked(opened(CLEARED), after(8)))

    assert isinstance(begun, ObservationStarted)
    assert begun.until - after(8) == timedelta(minutes=10)
    assert "not proved on the metric" in say(begun.reason, "en")


def test_it_is_closed_when_the_window_has_passed_and_not_before() -> None:
    said = asked(opened(CLEARED, OBSERVED), after(9))

    assert [one.at for one in said] == [after(18)]
    assert isinstance(concluded(said)[0], Closed)


def test_doubt_needs_a_persons_word_before_the_window_begins_anew() -> None:
    doubted = RecoveryDoubted(at=after(10), by="ayi", reason=plain("慢日志还在涨"))
    settled = Resolved(at=after(12), by="ayi", reason=plain("降下来了"))

    assert concluded(asked(opened(CLEARED, OBSERVED, doubted), after(11))) == []
    assert isinstance(concluded(asked(opened(CLEARED, OBSERVED, doubted, settled), after(12)))[0], ObservationStarted)


# -- proved on the signal ------------------------------------------------------------------------------------------------------------------


def test_the_signal_is_read_before_anything_is_concluded() -> None:
    said = asked(opened(CLEARED), after(8), WITH)

    assert looks(said) == [(after(8), SIGNAL)]
    assert concluded(said) == []


def test_a_signal_back_to_usual_is_told_and_then_begins_the_window() -> None:
    answered = opened(CLEARED, read(after(8, 1), 0.001, 0.0))
    (measured,) = concluded(asked(answered, after(8, 1), WITH))
    (begun,) = concluded(asked(answered.extended((measured,)), after(8, 1), WITH))

    assert isinstance(measured, RecoveryMeasured)
    assert (measured.verdict, measured.value, measured.limit) == ("well", 0.0, 0.01)
    assert isinstance(begun, ObservationStarted)
    assert begun.until == after(18, 1)


def test_a_signal_that_is_still_bad_is_told_once_and_read_again_ever_more_slowly() -> None:
    bad = opened(CLEARED, read(after(8, 1), 0.15, 0.12))
    (measured,) = concluded(asked(bad, after(8, 1), WITH))
    told = bad.extended((measured,))
    later = told.extended((read(after(20), 0.15, 0.12),))

    assert isinstance(measured, RecoveryMeasured)
    assert measured.verdict == "bad"
    assert concluded(asked(told, after(8, 1), WITH)) == []
    assert looks(asked(told, after(8, 1), WITH)) == [(after(8, 31), SIGNAL)]
    assert concluded(asked(later, after(20), WITH)) == []
    assert looks(asked(later, after(20), WITH)) == [(after(23), SIGNAL)]


@pytest.mark.parametrize("window, step", [(timedelta(minutes=10), 15), (timedelta(minutes=2), 6), (timedelta(seconds=20), 5)], ids=str)
def test_where_the_window_is_short_the_two_points_lie_as_close_as_the_looks(window: timedelta, step: int) -> None:
    service = WITH.services["config-center"].model_copy(update={"observe_for": window})
    short = WITH.model_copy(update={"services": {**WITH.services, service.id: service}})

    (look,) = orders(asked(opened(CLEARED), after(8), short), ReadMetrics)
    assert isinstance(look, ReadMetrics)
    assert look.step == timedelta(seconds=step)


def test_two_points_that_disagree_prove_nothing() -> None:
    assert concluded(asked(opened(CLEARED, read(after(8, 1), 0.15, 0.0)), after(8, 1), WITH)) == []


def test_a_value_that_is_too_old_is_no_proof() -> None:
    old = read(after(5), 0.0, 0.0)
    stale = MetricsRead(
        at=after(8), identity="i", asked_by="recovery", about=SIGNAL, expression="e", since=after(3), until=after(8), series=old.series
    )
    (measured,) = concluded(asked(opened(CLEARED, stale), after(8), WITH))

    assert isinstance(measured, RecoveryMeasured)
    assert measured.verdict == "silent"
    assert measured.reason
    assert say(measured.reason, "en") == "its newest value is 3 min old"


def test_a_silent_source_is_told_and_the_alerts_are_enough() -> None:
    silent = opened(CLEARED, read(after(8, 1)))
    (measured,) = concluded(asked(silent, after(8, 1), WITH))
    (begun,) = concluded(asked(silent.extended((measured,)), after(8, 1), WITH))

    assert isinstance(measured, RecoveryMeasured)
    assert measured.verdict == "silent"
    assert isinstance(begun, ObservationStarted)
    assert "not proved" in say(begun.reason, "en")


def test_a_signal_that_vanished_with_the_alert_proves_nothing_until_a_person_says_so() -> None:
    signal = CATALOG.services["config-center"].signal
    assert signal is not None
    there = msgspec.structs.replace(read(after(5), 0.15, asked_by="first_look"), expression=signal.expression)
    gone = opened(there, CLEARED, read(after(8, 1)))
    (measured,) = concluded(asked(gone, after(8, 1), WITH))
    told = gone.extended((measured,))

    assert facts(asked(told, after(8, 1), WITH), ObservationStarted) == []
    assert looks(asked(told, after(8, 1), WITH)), "it is asked again"
    said = told.extended((Resolved(at=after(9), by="amao", reason=plain("I have looked at it")), read(after(9, 1)), measured))
    assert len(facts(asked(said, after(9, 1), WITH), ObservationStarted)) == 1


def test_a_source_that_nobody_carries_is_not_asked_again() -> None:
    look = ReadMetrics(occasion=2, asked_by="recovery", about=SIGNAL, expression="e", since=after(3), until=after(8))
    given = Ordered(at=after(8), order=look, carrier="nobody")
    timeline = opened(CLEARED, given, Answered(at=after(8), identity=look.identity, outcome="nobody", reason=plain("没接")))

    assert looks(asked(timeline, after(9), WITH)) == []
    assert [say(fact.said, "en") for fact in facts(asked(timeline, after(9), WITH), RecoveryMeasured)] == [
        f"recovery cannot be measured on {SIGNAL}: no metric source is set up"
    ]


WELL = (CLEARED, read(after(8), 0.0, 0.0), RecoveryMeasured(at=after(8), verdict="well", what=SIGNAL, value=0.0), OBSERVED)


def test_it_is_read_again_each_tenth_of_the_window() -> None:
    assert looks(asked(opened(*WELL), after(8), WITH)) == [(after(9), SIGNAL)]
    assert looks(asked(opened(*WELL, read(after(9), 0.0, 0.0)), after(9), WITH)) == [(after(10), SIGNAL)]
    assert looks(asked(opened(*WELL, read(after(17.5), 0.0, 0.0)), after(17.5), WITH)) == [], "nothing is read after the window"


def test_a_signal_that_is_bad_again_puts_recovery_in_doubt() -> None:
    bad = opened(*WELL, read(after(10), 0.12, 0.15))
    said = asked(bad, after(10), WITH)

    assert [type(fact) for fact in concluded(said)] == [RecoveryMeasured, RecoveryDoubted]


def test_after_the_houses_own_doubt_the_signal_alone_begins_a_whole_window_anew() -> None:
    bad = RecoveryMeasured(at=after(10), verdict="bad", what=SIGNAL, value=0.15, limit=0.01)
    doubted = opened(*WELL, read(after(10), 0.12, 0.15), bad, RecoveryDoubted(at=after(10), reason=plain("15 %")))
    again = doubted.extended((read(after(10, 30), 0.12, 0.15),))
    well = again.extended((read(after(12), 0.0, 0.0), RecoveryMeasured(at=after(12), verdict="well", what=SIGNAL, value=0.0)))

    assert concluded(asked(again, after(10, 30), WITH)) == [], "it was told already"
    (begun,) = concluded(asked(well, after(12), WITH))
    assert isinstance(begun, ObservationStarted)
    assert begun.until == after(22)


def test_the_closing_tells_the_highest_value_of_the_window() -> None:
    seen = opened(*WELL, read(after(9), 0.0, 0.002), read(after(10), 0.0, 0.001))
    (closing,) = facts(asked(seen, after(11), WITH), Closed)

    assert say(closing.said, "en") == "closed: no alert for the whole observation of 10 min, 网关 5xx 占比 at most 0.2 %"


# -- what supports it ----------------------------------------------------------------------------------------------------------------------

HOT_KEY = HypothesisConfirmed(at=after(5), by="ayi", hypothesis="redis-hot-key", claim=plain("热 key"), reason=plain("慢日志"))
COMMANDS = "Redis 每秒命令数"


def test_what_the_confirmed_cause_drove_up_is_read_too() -> None:
    assert [about for _, about in looks(asked(opened(HOT_KEY, CLEARED), after(8), WITH))] == [SIGNAL, COMMANDS]
    narrowed = catalog(**{"from": "prometheus", "redis": 'job="redis"'})
    (_, order) = orders(asked(opened(HOT_KEY, CLEARED), after(8), narrowed), ReadMetrics)
    assert isinstance(order, ReadMetrics)
    assert order.expression == 'sum(rate(redis_commands_processed_total{job="redis"}[1m]))'


@pytest.mark.parametrize(
    "values, said",
    [
        pytest.param((9000.0, 9000.0, 1000.0), "has fallen to 1,000 /s (9,000 /s while it was broken)", id="fallen"),
        pytest.param((9000.0, 9000.0, 8800.0), "has not fallen yet: 8,800 /s (9,000 /s while it was broken)", id="not fallen"),
        pytest.param((28.2, 28.1, 9.3), "has fallen to 9.3 /s (28.2 /s while it was broken)", id="a small one, too"),
        pytest.param((1.2, 1.1, 0.3), "tells nothing: too little goes on to tell: at most 1.2 /s while it was broken", id="too little"),
    ],
)
def test_a_supporting_signal_is_held_against_what_it_was_while_it_was_broken(values: tuple[float, ...], said: str) -> None:
    (measured,) = concluded(asked(opened(HOT_KEY, CLEARED, read(after(9), *values, about=COMMANDS)), after(9), WITH))

    assert say(measured.said, "en") == f"supporting signal {COMMANDS} {said}"


def test_a_supporting_signal_that_had_not_risen_tells_nothing() -> None:
    level = read(after(9), *[1000.0] * 60, about=COMMANDS)  # since long before it broke
    (measured,) = concluded(asked(opened(HOT_KEY, CLEARED, level), after(9), WITH))

    assert "it had not risen: at most 1,000 /s while it was broken, 1,000 /s before" in say(measured.said, "en")


def test_a_supporting_signal_is_read_again_until_it_has_fallen_and_each_change_is_told_once() -> None:
    stayed = opened(HOT_KEY, CLEARED, read(after(9), 9000.0, 8800.0, about=COMMANDS))
    (told,) = concluded(asked(stayed, after(9), WITH))
    again = stayed.extended((told,))
    assert concluded(asked(again, after(9), WITH)) == []
    assert COMMANDS in [about for _, about in looks(asked(again, after(9), WITH))]
    fell = again.extended((read(after(10), 9000.0, 1000.0, about=COMMANDS),))
    (better,) = concluded(asked(fell, after(10), WITH))
    assert "has fallen to 1,000 /s" in say(better.said, "en")
    assert COMMANDS not in [about for _, about in looks(asked(fell.extended((better,)), after(10), WITH))]
