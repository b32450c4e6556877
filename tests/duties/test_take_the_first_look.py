"""Every question of the first look is an order of its own, asked once an occasion."""

from __future__ import annotations

from kuaihui.duties.due import Due
from kuaihui.duties.take_the_first_look import due
from kuaihui.incident.alerts import Worsened
from kuaihui.incident.recovery import Closed
from kuaihui.language import plain
from kuaihui.orders import InspectRedis, ListChanges, Look, ReadMetrics, SearchLogs
from tests.duties.so_far import ELEVEN, after, opened
from tests.nights.evidence import with_sources

CATALOG = with_sources()


def looks(*facts: Worsened | Closed, minutes: float = 0) -> list[Look]:
    said = due(opened(*facts), CATALOG, after(minutes))
    return [one.order for one in said if isinstance(one, Due) and isinstance(one.order, Look)]


def test_the_opening_asks_each_source_in_an_order_of_its_own_with_its_own_time_out() -> None:
    asked = looks()

    assert [type(look) for look in asked] == [ReadMetrics, SearchLogs, InspectRedis, ListChanges]
    assert len({look.identity for look in asked}) == len(asked)
    assert all(look.timeout.total_seconds() <= 30 for look in asked)


def test_asked_again_later_it_is_still_the_same_order() -> None:
    assert [look.identity for look in looks()] == [look.identity for look in looks(minutes=5)]


def test_a_worsening_is_a_new_occasion() -> None:
    worse = looks(Worsened(at=after(1), was=0.1, value=0.15))

    assert {look.occasion for look in worse} == {0, 2}


def test_the_logs_are_those_of_the_last_hour_and_the_changes_those_of_the_last_week() -> None:
    (logs,) = (look for look in looks() if isinstance(look, SearchLogs))
    (changes,) = (look for look in looks() if isinstance(look, ListChanges))

    assert (logs.until - logs.since).total_seconds() == 3600
    assert (changes.until - changes.since).days == 7
    assert logs.until == ELEVEN


def test_a_closed_incident_is_not_looked_at() -> None:
    assert looks(Closed(at=after(1), verdict="recovered", reason=plain("x"))) == []
