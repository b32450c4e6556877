"""When the superior is told, and what makes it due."""

from __future__ import annotations

from datetime import timedelta

from kuaihui.duties.inform_the_superior import due
from kuaihui.incident.fact import Fact
from kuaihui.incident.pages import Acknowledged
from kuaihui.incident.recovery import Closed, Mitigated
from kuaihui.incident.repair import Reported
from kuaihui.incident.room import PulledIn
from kuaihui.incident.thinking import NoRunbookFits
from kuaihui.language import plain
from kuaihui.orders import Tell
from tests.duties.so_far import after, asked, concluded, opened, orders

WHY = plain("因为如此")


def reported(minutes: float, kind: str = "first", phase: str = "open", by: str = "kuaihui") -> Reported:
    at = after(minutes)
    return Reported(at=at, by=by, to=("laozhou",), kind=kind, words=WHY, reason=WHY, phase=phase, next_at=at + timedelta(minutes=30))


def next_one(*more: Fact, now: float, severity: int = 2) -> tuple[float, str] | None:
    """The next report: minutes after eleven, and its kind."""
    found = [fact for fact in concluded(asked(due, opened(*more, severity=severity), after(now))) if isinstance(fact, Reported)]
    return ((found[0].at - after(0)).total_seconds() / 60, found[0].kind) if found else None


def test_the_budget_is_waited_for() -> None:
    assert next_one(now=1) == (10, "first")


def test_the_worst_severity_does_not_wait() -> None:
    assert next_one(now=0, severity=1) == (0, "first")


def test_no_runbook_is_waited_for_less() -> None:
    assert next_one(NoRunbookFits(at=after(1), looked_at=2), now=2) == (6, "first")


def test_what_is_mitigated_calls_nobody_new() -> None:
    assert next_one(Mitigated(at=after(3), by="amao", reason=WHY), now=20) is None


def test_after_a_report_the_next_is_due_on_the_cadence() -> None:
    assert next_one(reported(10), now=11) == (40, "cadence")


def test_a_change_of_phase_is_told_at_once() -> None:
    assert next_one(reported(10), Acknowledged(at=after(12), by="axin"), now=12) == (12, "phase")


def test_after_the_closing_report_nothing_is_due() -> None:
    closed = Closed(at=after(20), verdict="recovered", reason=WHY)

    assert next_one(reported(10), closed, now=20) == (20, "closing")
    assert next_one(reported(10), closed, reported(20, "closing", "closed"), now=60) is None


def test_each_report_is_told_and_pulls_in_once() -> None:
    said = asked(due, opened(reported(10), reported(40, "cadence")), after(41))

    assert [fact.person for fact in concluded(said) if isinstance(fact, PulledIn)] == ["laozhou"]
    assert [order.identity for order in orders(said, Tell)] == ["Tell/2/laozhou/report", "Tell/3/laozhou/report"]
