"""Who is late, when they are caught up, and what the rota learns."""

from __future__ import annotations

from kuaihui.briefing.catch_up import late_ones
from kuaihui.duties.catch_up_the_late import due
from kuaihui.incident.learning import LateOneCaughtUp, ReachabilityFound
from kuaihui.incident.pages import Acknowledged, Answered, Ordered, Read
from kuaihui.incident.recovery import Closed
from kuaihui.incident.room import MessagePosted, PulledIn, Visited
from kuaihui.language import plain, say
from kuaihui.orders import Suggest, Tell
from tests.duties.so_far import after, asked, concluded, opened, orders, paged

TAKEN = Acknowledged(at=after(1, 20), by="dazhuang")
CLOSED = Closed(at=after(20), verdict="recovered", reason=plain("ok"))
ABSENT = (*paged("axin", 1, after(0)), *paged("dazhuang", 2, after(1)), TAKEN)


def test_whoever_was_paged_and_did_not_stir_before_somebody_else_took_it_on_is_late() -> None:
    assert [(one.person, one.back) for one in late_ones(opened(*ABSENT))] == [("axin", None)]


def test_whoever_read_in_time_is_not_late_though_somebody_else_took_it_on() -> None:
    read = Read(at=after(0, 30), by="axin", identity="i", person="axin")

    assert late_ones(opened(*paged("axin", 1, after(0)), read, *paged("dazhuang", 2, after(1)), TAKEN)) == []


def test_nobody_is_caught_up_while_they_are_away_and_it_goes_on() -> None:
    assert asked(due, opened(*ABSENT), after(5)) == []


def test_the_one_catch_up_comes_when_they_stir_and_the_closing_adds_none() -> None:
    back = Visited(at=after(9), by="axin")
    stirred = orders(asked(due, opened(*ABSENT, back), after(9)), Tell)
    later = orders(asked(due, opened(*ABSENT, back, CLOSED), after(20)), Tell)

    assert [order.identity for order in stirred] == [order.identity for order in later]
    assert len(stirred) == 1


def test_what_they_did_first_is_recorded_once() -> None:
    note = MessagePosted(at=after(9), by="axin", message="m", words=plain("手机被偷了"))
    read = Read(at=after(9), by="axin", identity="i", person="axin")
    timeline = opened(*ABSENT, read, note)
    (back,) = concluded(asked(due, timeline, after(9)))

    assert isinstance(back, LateOneCaughtUp)
    assert (back.by, back.called, back.how) == ("axin", after(0), "wrote")
    assert concluded(asked(due, timeline.extended((back,)), after(10))) == []


def test_who_is_pulled_in_at_once_has_missed_nothing() -> None:
    assert asked(due, opened(PulledIn(at=after(1), by="amao", person="ayi", reason=plain("看 Redis"))), after(1)) == []
    late = orders(asked(due, opened(PulledIn(at=after(4), by="amao", person="ayi", reason=plain("看 Redis"))), after(4)), Tell)
    assert len(late) == 1


def test_on_closing_what_stood_unread_becomes_a_suggestion_once() -> None:
    timeline = opened(*ABSENT, CLOSED)
    (found,) = concluded(asked(due, timeline, after(20)))
    later = asked(due, timeline.extended((found,)), after(20))

    assert isinstance(found, ReachabilityFound)
    assert (found.person, found.kind, found.waited, found.rota) == ("axin", "unread", after(20) - after(0), "config-center")
    assert concluded(later) == []
    assert [type(order) for order in orders(later, Suggest)] == [Suggest]


def test_a_backup_that_stood_unread_too_is_told_as_one() -> None:
    both = (*paged("axin", 1, after(0)), *paged("dazhuang", 2, after(1)), Acknowledged(at=after(6), by="amao"), CLOSED)
    kinds = {fact.person: fact.kind for fact in concluded(asked(due, opened(*both), after(20))) if isinstance(fact, ReachabilityFound)}

    assert kinds == {"axin": "unread", "dazhuang": "backup"}


def test_a_channel_that_failed_is_a_gap_of_its_own() -> None:
    ordered, _ = paged("axin", 1, after(0))
    assert isinstance(ordered, Ordered)
    failed = Answered(at=after(0, 10), identity=ordered.order.identity, outcome="gave up", reason=plain("空号"))
    taken = Acknowledged(at=after(0, 30), by="axin")
    (found,) = concluded(asked(due, opened(ordered, failed, taken, CLOSED), after(20)))

    assert isinstance(found, ReachabilityFound)
    assert say(found.reason, "en") == "inbox did not reach axin: 空号"


def test_a_false_alarm_suggests_nothing() -> None:
    alarm = Closed(at=after(20), verdict="false alarm", reason=plain("压测"))

    assert concluded(asked(due, opened(*ABSENT, alarm), after(20))) == []
