"""Changes are weighed by time, by whose they are, by kind; an unlikely one says why."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kuaihui.catalog.catalog import Catalog
from kuaihui.catalog.load import load
from kuaihui.diagnosis.suspect_changes import Suspicion, suspicions
from kuaihui.incident.evidence import Change
from kuaihui.language import say
from tests.diagnosis.scenes import AT, released

SAMPLE = load(Path(__file__).parents[2] / "src/kuaihui/samples/config_center")


def weighed(*changes: Change, catalog: Catalog = SAMPLE) -> list[Suspicion]:
    return suspicions(changes, "config-center", catalog, AT)


def test_the_storys_deploy_three_days_ago_is_unlikely() -> None:
    (one,) = weighed(released(timedelta(days=3)))

    assert one.excluded
    assert say(one.reason, "en") == "it was made 3d before the break"


@pytest.mark.parametrize(
    "more, excluded",
    [
        ({"before": timedelta(minutes=3)}, False),
        ({"before": timedelta(minutes=-10)}, True),
        ({"before": timedelta(seconds=-20)}, False),
        ({"before": timedelta(minutes=3), "environment": "staging"}, True),
        ({"before": timedelta(minutes=3), "service": "redis"}, False),
        ({"before": timedelta(minutes=30), "service": "unowned"}, True),
        ({"before": timedelta(hours=10)}, True),
        ({"before": timedelta(minutes=40), "kind": "merge", "status": "failed"}, True),
    ],
    ids=["just before", "after", "within the alert's delay", "elsewhere", "a dependency", "a stranger", "long before", "a failed merge"],
)
def test_a_change_is_suspect_or_says_why_not(more: dict[str, object], excluded: bool) -> None:
    (one,) = weighed(released(**more))  # type: ignore[arg-type]  # the table's own words

    assert one.excluded is excluded
    assert say(one.reason, "zh") != say(one.reason, "en")


def test_the_nearest_of_two_like_changes_is_first() -> None:
    near, far = released(timedelta(minutes=5)), released(timedelta(minutes=50), id="d0")

    assert [one.change.id for one in weighed(far, near)] == ["d1", "d0"]


def test_a_release_told_twice_is_one_made_when_it_began_and_standing_as_told_last() -> None:
    began, ended = released(timedelta(minutes=5), status="started"), released(timedelta(minutes=2), status="failed")
    again = released(timedelta(hours=20), status="succeeded")
    now, earlier = weighed(ended, began, again)

    assert (now.change.at, now.change.status) == (began.at, "failed")
    assert earlier.change == again


def test_a_large_change_is_more_suspect_than_a_small_one() -> None:
    (large,), (small,) = weighed(released(timedelta(minutes=5), size=4000)), weighed(released(timedelta(minutes=5), size=1))

    assert large.score > small.score > 0.5


@given(st.integers(0, 86_000), st.integers(0, 86_000))
def test_a_later_change_is_never_less_suspect(one: int, other: int) -> None:
    near, far = sorted((one, other))
    (first,), (second,) = weighed(released(timedelta(seconds=near))), weighed(released(timedelta(seconds=far)))

    assert first.score >= second.score
