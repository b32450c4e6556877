"""Runbooks that fit are told with the reason; that none fits is said once the logs have been read, and not before."""

from __future__ import annotations

from kuaihui.duties.due import Conclude
from kuaihui.duties.match_the_runbooks import due
from kuaihui.incident.fact import Fact
from kuaihui.incident.recovery import Closed
from kuaihui.incident.thinking import NoRunbookFits, RunbooksMatched
from kuaihui.language import plain, say
from kuaihui.orders import SearchLogs
from tests.duties.looked import CATALOG, answered, asked_for, logs, look, whole
from tests.duties.so_far import after, opened

LOGS = look(SearchLogs)
REFUSED = "dial tcp 10.0.0.7:6379: connect: connection refused"


def says(*facts: Fact) -> list[Fact]:
    said = list(due(opened(*facts), CATALOG, after(seconds=3)))
    assert all(isinstance(one, Conclude) for one in said)
    return [one.fact for one in said if isinstance(one, Conclude)]


def test_before_the_logs_are_read_nothing_is_said() -> None:
    assert says(*asked_for(LOGS)) == []


def test_none_fits_once_the_logs_are_read_with_how_many_were_looked_at() -> None:
    (none,) = says(*whole(logs(LOGS), looks=(LOGS,)))

    assert none == NoRunbookFits(at=after(seconds=3), looked_at=len(CATALOG.runbooks))
    assert says(*whole(logs(LOGS), looks=(LOGS,)), none) == []


def test_none_fits_is_also_said_when_nobody_can_read_the_logs() -> None:
    (none,) = says(*asked_for(LOGS), answered(LOGS, "gave up", "login refused"))

    assert isinstance(none, NoRunbookFits)


def test_one_that_fits_is_told_once_with_the_reason() -> None:
    seen = whole(logs(LOGS, REFUSED, 12), looks=(LOGS,))
    (fits,) = says(*seen)

    assert isinstance(fits, RunbooksMatched)
    assert [one.runbook for one in fits.fitting] == ["redis-unreachable"]
    assert say(fits.fitting[0].reason, "en") == f"logged 12 times: {REFUSED}"
    assert says(*seen, fits) == []


def test_one_that_fits_later_is_still_told() -> None:
    none = NoRunbookFits(at=after(seconds=2), looked_at=2)

    assert isinstance(says(none, *whole(logs(LOGS, REFUSED, 12), looks=(LOGS,)))[0], RunbooksMatched)


def test_when_it_is_over_nothing_is_matched() -> None:
    assert says(*whole(logs(LOGS), looks=(LOGS,)), Closed(at=after(1), verdict="recovered", reason=plain("x"))) == []
