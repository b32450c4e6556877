"""What each person carries of a rota adds up, and is counted by the rota's own clock and calendar."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kuaihui.briefing.fairness import Share, shares
from kuaihui.catalog.load import load
from kuaihui.catalog.stand_ins import Span, StandIn, in_force
from tests.nights.night import SAMPLE

MONDAY = datetime(2023, 3, 6, 2, tzinfo=UTC)  # 10:00 in Shanghai: axin's week begins
WEEK = timedelta(days=7)
CATALOG = load(SAMPLE, MONDAY)


def of(person: str, found: list[Share]) -> Share:
    return next(share for share in found if share.person == person)


def test_a_whole_week_is_168_hours_seven_nights_and_a_weekend() -> None:
    (axin,) = shares(CATALOG, "config-center", MONDAY, MONDAY + WEEK)

    assert (axin.person, axin.hours, axin.nights, axin.night_hours, axin.weekend_hours, axin.shifts) == ("axin", 168, 7, 70, 48, 1)


def test_a_holiday_is_counted_as_a_holiday_and_a_worked_saturday_as_no_weekend() -> None:
    # Qingming on 5 April 2023; 23 April 2023 was a Sunday that was worked for the Labour Day holiday.
    qingming = datetime(2023, 4, 4, 16, tzinfo=UTC)
    worked = datetime(2023, 4, 22, 16, tzinfo=UTC)
    day = timedelta(days=1)

    assert sum(share.holiday_hours for share in shares(CATALOG, "config-center", qingming, qingming + day)) == 24
    assert sum(share.weekend_hours for share in shares(CATALOG, "config-center", worked, worked + day)) == 0


def test_whoever_stands_in_has_the_hours() -> None:
    laid = in_force(CATALOG, [StandIn("o", "config-center", (Span(("amao",), MONDAY, MONDAY + WEEK / 7),), "", "axin")])
    found = shares(laid, "config-center", MONDAY, MONDAY + WEEK)

    assert (of("amao", found).hours, of("axin", found).hours) == (24, 144)


@pytest.mark.parametrize("rota", CATALOG.rotas)
@given(begins=st.integers(0, 5000), hours=st.integers(1, 1000))
def test_the_shares_add_up_to_the_hours_that_somebody_was_on_call(rota: str, begins: int, hours: int) -> None:
    since = MONDAY + timedelta(hours=begins)
    until = since + timedelta(hours=hours)
    found = shares(CATALOG, rota, since, until)

    assert round(sum(share.hours for share in found), 6) == hours
    for share in found:
        assert share.night_hours <= share.hours
        assert share.weekend_hours + share.holiday_hours <= share.hours


def test_nobody_has_a_share_of_nothing() -> None:
    assert shares(CATALOG, "config-center", MONDAY, MONDAY) == []
