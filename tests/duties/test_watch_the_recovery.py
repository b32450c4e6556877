"""Cleared, observed, closed; never on a word alone."""

from __future__ import annotations

from datetime import timedelta

from kuaihui.duties.watch_the_recovery import due
from kuaihui.incident.alerts import AlertCleared
from kuaihui.incident.recovery import Closed, ObservationStarted, RecoveryDoubted, Resolved
from kuaihui.language import plain
from tests.duties.so_far import after, asked, concluded, opened

CLEARED = AlertCleared(at=after(8), keys=("gateway",))
OBSERVED = ObservationStarted(at=after(8), until=after(18), reason=plain("cleared"))


def test_nothing_is_concluded_while_an_alert_is_firing_whatever_people_say() -> None:
    assert concluded(asked(due, opened(Resolved(at=after(5), by="amao", reason=plain("好了"))), after(6))) == []


def test_once_everything_has_cleared_the_window_begins() -> None:
    (begun,) = concluded(asked(due, opened(CLEARED), after(8)))

    assert isinstance(begun, ObservationStarted)
    assert begun.until - after(8) == timedelta(minutes=10)


def test_it_is_closed_when_the_window_has_passed_and_not_before() -> None:
    said = asked(due, opened(CLEARED, OBSERVED), after(9))

    assert [one.at for one in said] == [after(18)]
    assert isinstance(concluded(said)[0], Closed)


def test_doubt_needs_a_persons_word_before_the_window_begins_anew() -> None:
    doubted = RecoveryDoubted(at=after(10), by="ayi", reason=plain("慢日志还在涨"))
    settled = Resolved(at=after(12), by="ayi", reason=plain("降下来了"))

    assert concluded(asked(due, opened(CLEARED, OBSERVED, doubted), after(11))) == []
    assert isinstance(concluded(asked(due, opened(CLEARED, OBSERVED, doubted, settled), after(12)))[0], ObservationStarted)
