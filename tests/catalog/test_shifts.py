"""Who is on call at an instant: by layer, override, leave and calendar, in any zone."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kuaihui.catalog.catalog import Catalog
from kuaihui.catalog.rotas import Calendar, Leave, Rota
from kuaihui.catalog.wall_clock import instant
from kuaihui.language import say
from tests.catalog.makes import catalog, person, rota

SHANGHAI = ZoneInfo("Asia/Shanghai")
NEW_YORK = ZoneInfo("America/New_York")
PEOPLE = [
    person("a", backup="b"),
    person("b", backup="a"),
    person("c"),
    person("d", time_zone="America/New_York"),
    person("gone", joined=False, backup="c"),
]


def at(written: str, place: ZoneInfo = SHANGHAI, fold: int = 0) -> datetime:
    return datetime.fromisoformat(written).replace(tzinfo=place, fold=fold)


def with_rota(made: Rota, *leave: Leave, calendar: Calendar | None = None) -> Catalog:
    return catalog(PEOPLE, rotas=[made], leave=leave, calendars=[calendar] if calendar else [])


def away(who: str, first: str, last: str) -> Leave:
    return Leave(person=who, first=date.fromisoformat(first), last=date.fromisoformat(last))


def test_a_turn_is_handed_over_at_its_hour() -> None:
    known = with_rota(rota({"people": ["a", "b"], "hand_over": "10:00"}))

    assert known.on_call("r", at("2023-01-09 09:59")) == ("a",)
    assert known.on_call("r", at("2023-01-09 10:00")) == ("b",)
    assert known.on_call("r", at("2023-01-16 10:00")) == ("a",)


def test_before_it_starts_a_layer_has_nobody_and_the_next_stands_in() -> None:
    known = with_rota(rota({"people": ["a"], "starts": date(2023, 3, 1)}, {"people": ["b"]}))

    assert known.on_call("r", at("2023-03-01 09:59")) == ("b",)
    assert known.on_call("r", at("2023-03-01 10:00")) == ("a",)
    assert known.on_call("r", at("2022-12-31 10:00")) == ()


def test_several_people_share_a_shift() -> None:
    known = with_rota(rota({"people": [["a", "c"], "b"], "turn": "daily"}))

    assert known.on_call("r", at("2023-01-02 12:00")) == ("a", "c")
    assert known.on_call("r", at("2023-01-03 12:00")) == ("b",)


def test_hours_over_midnight_belong_to_the_day_they_begin_on() -> None:
    known = with_rota(rota({"people": ["a"], "hours": "22:00-08:00", "weekdays": ["fri"]}))

    assert known.on_call("r", at("2023-01-06 21:59")) == ()
    assert known.on_call("r", at("2023-01-06 22:00")) == ("a",)
    assert known.on_call("r", at("2023-01-07 07:59")) == ("a",)
    assert known.on_call("r", at("2023-01-07 08:00")) == ()
    assert known.on_call("r", at("2023-01-06 02:00")) == ()


def test_a_turn_with_hours_is_handed_over_as_they_begin() -> None:
    known = with_rota(rota({"people": ["a", "b"], "turn": "daily", "hours": "09:00-18:00"}))

    assert known.on_call("r", at("2023-01-03 09:00")) == ("b",)


def test_a_make_up_workday_is_worked_and_a_holiday_is_not() -> None:
    china = Calendar.model_validate(
        {"id": "china", "name": "china", "holidays": {"2023-01-27": "春节"}, "workdays": {"2023-01-28": "春节调休"}}
    )
    known = with_rota(
        rota({"people": ["a"], "weekdays": ["workday"]}, {"people": ["b"], "weekdays": ["holiday"]}, calendar="china"), calendar=china
    )

    assert known.on_call("r", at("2023-01-27 12:00")) == ("b",)  # Friday, Spring Festival
    assert known.on_call("r", at("2023-01-28 12:00")) == ("a",)  # Saturday, worked
    assert known.on_call("r", at("2023-02-04 12:00")) == ("b",)  # Saturday


def test_an_override_stands_whatever_the_layers_and_the_leave_say() -> None:
    made = rota(
        {"people": ["a"]}, overrides=[{"people": ["c"], "since": "2023-01-05 10:00", "until": "2023-01-05 18:00", "reason": "swap"}]
    )
    known = with_rota(made, away("c", "2023-01-05", "2023-01-05"))

    assert known.on_call("r", at("2023-01-05 10:00")) == ("c",)
    assert known.on_call("r", at("2023-01-05 18:00")) == ("a",)
    assert say(known.answer("r", at("2023-01-05 12:00")).reason, "zh") == "换班：swap"


def test_the_backup_stands_in_for_whoever_is_on_leave() -> None:
    known = with_rota(rota({"people": ["a", "c"]}), away("a", "2023-01-04", "2023-01-05"))

    assert known.on_call("r", at("2023-01-03 23:59")) == ("a",)
    assert known.on_call("r", at("2023-01-04 00:00")) == ("b",)
    assert known.on_call("r", at("2023-01-05 23:59")) == ("b",)
    assert known.on_call("r", at("2023-01-06 00:00")) == ("a",)
    assert say(known.answer("r", at("2023-01-04 12:00")).reason, "en", known.names("en")) == (
        "turn of layer 1; b (their backup) for a, on leave until 2023-01-05"
    )


def test_without_a_backup_at_hand_the_next_of_the_layer_stands_in() -> None:
    known = with_rota(rota({"people": ["a", "c"]}), away("a", "2023-01-04", "2023-01-05"), away("b", "2023-01-04", "2023-01-04"))

    assert known.on_call("r", at("2023-01-04 12:00")) == ("c",)
    assert known.on_call("r", at("2023-01-05 12:00")) == ("b",)


def test_when_a_whole_layer_is_away_the_next_layer_answers() -> None:
    known = with_rota(rota({"people": ["c"]}, {"people": ["d"]}), away("c", "2023-01-04", "2023-01-04"))

    assert known.on_call("r", at("2023-01-04 12:00")) == ("d",)


def test_leave_is_in_the_time_zone_of_whoever_takes_it() -> None:
    known = with_rota(rota({"people": ["d"]}), away("d", "2023-01-04", "2023-01-04"))

    assert known.on_call("r", at("2023-01-04 12:00")) == ("d",)
    assert known.on_call("r", at("2023-01-04 13:00")) == ()  # midnight in New York


def test_whoever_has_left_is_never_on_call() -> None:
    known = with_rota(rota({"people": ["gone", "a"]}))

    assert known.on_call("r", at("2023-01-03 12:00")) == ("c",)
    assert "has left" in say(known.answer("r", at("2023-01-03 12:00")).reason, "en")


def test_a_hand_over_that_does_not_exist_happens_as_the_clocks_jump() -> None:
    known = with_rota(rota({"people": ["a", "b"], "turn": "daily", "hand_over": "02:30"}, time_zone="America/New_York"))

    assert known.on_call("r", at("2023-03-12 01:59", NEW_YORK)) != known.on_call("r", at("2023-03-12 03:00", NEW_YORK))
    assert instant(date(2023, 3, 12), time(2, 30), NEW_YORK) == datetime(2023, 3, 12, 7, 0, tzinfo=UTC)


def test_a_hand_over_that_comes_twice_happens_once() -> None:
    known = with_rota(rota({"people": ["a", "b"], "turn": "daily", "hand_over": "01:30"}, time_zone="America/New_York"))
    shifts = known.shifts("r", at("2023-11-04 12:00", NEW_YORK), at("2023-11-06 12:00", NEW_YORK))

    assert [shift.since for shift in shifts[1:]] == [
        datetime(2023, 11, 5, 5, 30, tzinfo=UTC),  # the first 01:30
        datetime(2023, 11, 6, 6, 30, tzinfo=UTC),
    ]
    assert known.on_call("r", at("2023-11-05 01:45", NEW_YORK)) == known.on_call("r", at("2023-11-05 01:15", NEW_YORK, fold=1))


def test_an_unknown_rota_has_nobody() -> None:
    assert with_rota(rota({"people": ["a"]})).on_call("?", at("2023-01-03 12:00")) == ()


# Promises, on any rota.

ZONES = ["Asia/Shanghai", "America/New_York", "Europe/London", "Australia/Lord_Howe", "America/Havana", "Asia/Kathmandu", "Africa/Cairo"]
BEGIN = datetime(2023, 3, 1, tzinfo=UTC)
hours_and_minutes = st.builds(lambda hour, quarter: f"{hour:02}:{quarter * 15:02}", st.integers(0, 23), st.integers(0, 3))
spans = st.tuples(hours_and_minutes, hours_and_minutes).filter(lambda pair: pair[0] != pair[1]).map("-".join)
names = st.sampled_from(["a", "b", "c", "d", "gone"])
layers = st.fixed_dictionaries(
    {
        "people": st.lists(st.lists(names, min_size=1, max_size=2), min_size=1, max_size=4),
        "turn": st.sampled_from(["daily", "weekly", "2d", "3d"]),
    },
    optional={
        "hand_over": hours_and_minutes,
        "hours": spans,
        "weekdays": st.lists(st.sampled_from(["mon", "tue", "sat", "sun", "workday", "holiday"]), max_size=3),
        "starts": st.dates(date(2023, 2, 20), date(2023, 3, 20)),
    },
)
leaves = st.builds(
    lambda who, first, days: Leave(person=who, first=first, last=first + timedelta(days=days)),
    names,
    st.dates(date(2023, 2, 25), date(2023, 4, 5)),
    st.integers(0, 5),
)
CHINA = Calendar.model_validate(
    {"id": "china", "name": "c", "holidays": {"2023-03-08": ""}, "workdays": {"2023-03-11": "", "2023-03-26": ""}}
)


@st.composite
def override_lists(draw: st.DrawFn) -> list[dict[str, object]]:
    """Overrides that do not overlap."""
    found, begin = list[dict[str, object]](), BEGIN
    for _ in range(draw(st.integers(0, 3))):
        since = begin + timedelta(minutes=draw(st.integers(0, 8000)))
        begin = since + timedelta(minutes=draw(st.integers(1, 3000)))
        found.append({"people": [draw(names)], "since": since, "until": begin})
    return found


@st.composite
def catalogs(draw: st.DrawFn) -> Catalog:
    chosen, place = draw(st.lists(layers, min_size=1, max_size=3)), draw(st.sampled_from(ZONES))
    made = rota(*chosen, time_zone=place, calendar="china", overrides=draw(override_lists()))
    return with_rota(made, *draw(st.lists(leaves, max_size=3)), calendar=CHINA)


moments = st.integers(0, 40 * 24 * 60).map(lambda minutes: BEGIN + timedelta(minutes=minutes))


@settings(max_examples=150)
@given(catalogs(), moments, st.integers(1, 12 * 24 * 60), st.lists(st.floats(0, 0.999), min_size=1, max_size=20))
def test_the_list_of_shifts_and_the_answer_at_an_instant_agree(known: Catalog, since: datetime, minutes: int, shares: list[float]) -> None:
    until = since + timedelta(minutes=minutes)
    shifts = known.shifts("r", since, until)

    assert (shifts[0].since, shifts[-1].until) == (since, until)
    assert all(one.until == then.since and one.since < one.until for one, then in pairwise(shifts))
    for share in shares:
        moment = since + timedelta(minutes=minutes) * share
        (shift,) = [each for each in shifts if each.since <= moment < each.until]
        answer = known.answer("r", moment)
        assert (shift.people, shift.layer, shift.reason) == (answer.people, answer.layer, answer.reason)


@settings(max_examples=100)
@given(catalogs(), moments)
def test_no_gap_goes_unreported(known: Catalog, moment: datetime) -> None:
    gaps = known.gaps("r", moment - timedelta(hours=3), moment + timedelta(hours=3))

    assert (known.on_call("r", moment) == ()) is any(gap.since <= moment < gap.until for gap in gaps)


@settings(max_examples=100)
@given(catalogs(), moments)
def test_nobody_who_left_or_is_away_is_on_call_but_by_override(known: Catalog, moment: datetime) -> None:
    answer = known.answer("r", moment)

    assert "gone" not in answer.people
    assert len(set(answer.people)) == len(answer.people)
    if answer.layer >= 0:
        for leave in known.leave:
            local = moment.astimezone(ZoneInfo(known.people[leave.person].time_zone)).date()
            assert leave.person not in answer.people or not leave.first <= local <= leave.last


@settings(max_examples=80)
@given(catalogs(), moments, st.randoms(use_true_random=False))
def test_the_order_in_which_overrides_are_written_does_not_matter(known: Catalog, moment: datetime, chance: object) -> None:
    made = known.rotas["r"]
    shuffled = list(made.overrides)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]  # hypothesis hands a Random
    other = with_rota(made.model_copy(update={"overrides": tuple(shuffled)}), *known.leave, calendar=CHINA)

    assert other.on_call("r", moment) == known.on_call("r", moment)


@given(st.sampled_from(ZONES), st.dates(date(2020, 1, 1), date(2026, 12, 31)), st.times(), st.times())
def test_later_on_the_wall_is_never_earlier_in_truth(name: str, day: date, one: time, other: time) -> None:
    place = ZoneInfo(name)
    first, second = sorted([one.replace(microsecond=0), other.replace(microsecond=0)])

    assert instant(day, first, place) <= instant(day, second, place) <= instant(day + timedelta(days=1), time(0), place)


@pytest.mark.parametrize("since, until", [("2023-01-05 10:00", "2023-01-05 10:00"), ("2023-01-05 10:00", "2023-01-04 10:00")])
def test_an_empty_span_has_no_shifts(since: str, until: str) -> None:
    assert with_rota(rota({"people": ["a"]})).shifts("r", at(since), at(until)) == []
