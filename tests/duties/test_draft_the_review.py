"""When the review is drafted, and who is told and reminded."""

from __future__ import annotations

from kuaihui.duties.draft_the_review import due
from kuaihui.duties.due import Due
from kuaihui.incident.learning import ReviewDrafted, ReviewFinished
from kuaihui.incident.pages import Acknowledged
from kuaihui.incident.recovery import Closed
from kuaihui.incident.roles import RoleTaken
from kuaihui.language import plain
from kuaihui.orders import DraftReview, Tell
from tests.duties.so_far import after, asked, opened, orders

ACK = Acknowledged(at=after(1), by="dazhuang")
CLOSED = Closed(at=after(20), verdict="recovered", reason=plain("ok"))
DRAFTED = ReviewDrafted(at=after(20), title="复盘", template="review", link="https://k/review")


def test_on_closing_it_is_drafted_by_the_templates_rule() -> None:
    (order,) = orders(asked(due, opened(ACK, CLOSED), after(20)), DraftReview)

    assert isinstance(order, DraftReview)
    assert (order.title, order.occasion) == ("复盘-20230311-配置中心500", 3)


def test_an_alert_that_cleared_by_itself_and_a_false_alarm_are_not_reviewed() -> None:
    assert asked(due, opened(CLOSED, severity=3), after(20)) == []
    assert len(asked(due, opened(CLOSED, severity=2), after(20))) == 1
    assert asked(due, opened(ACK, Closed(at=after(20), verdict="false alarm", reason=plain("压测"))), after(20)) == []
    assert asked(due, opened(ACK), after(20)) == []


def test_whoever_led_is_told_and_reminded_a_day_later() -> None:
    led = opened(ACK, RoleTaken(at=after(2), by="amao", role="incident-lead"), CLOSED, DRAFTED)
    said = [one for one in asked(due, led, after(21)) if isinstance(one, Due)]

    assert [(one.at, one.order.person) for one in said if isinstance(one.order, Tell)] == [
        (after(20), "amao"),
        (after(20 + 24 * 60), "amao"),
    ]


def test_a_finished_review_reminds_nobody() -> None:
    finished = opened(ACK, CLOSED, DRAFTED, ReviewFinished(at=after(60), by="amao"))

    assert len(orders(asked(due, finished, after(61)), Tell)) == 1


def test_another_closing_after_a_relapse_goes_on_with_the_draft_there_is() -> None:
    assert orders(asked(due, opened(ACK, CLOSED, DRAFTED, CLOSED), after(40)), DraftReview) == []
