"""Two people's changes to one text: nothing is lost, and what agrees is not told twice."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from kuaihui.briefing.merging import Stretch, merge

lines = st.lists(st.sampled_from(["a", "b", "c", "d", "e", ""]), max_size=12)
texts = lines.map("\n".join)


def put_together(stretches: list[Stretch]) -> list[str]:
    return [line for stretch in stretches for line in stretch.lines]


@given(texts, texts)
def test_what_only_one_changed_is_changed(base: str, changed: str) -> None:
    assert changed.splitlines() == put_together(merge(base, base, changed))
    assert changed.splitlines() == put_together(merge(base, changed, base))


@given(texts, texts)
def test_what_both_changed_in_the_same_way_is_changed_once(base: str, changed: str) -> None:
    merged = merge(base, changed, changed)

    assert changed.splitlines() == put_together(merged)
    assert not [stretch for stretch in merged if stretch.other is not None]


@given(texts, texts, texts)
def test_every_line_that_somebody_added_is_there(base: str, first: str, second: str) -> None:
    merged = merge(base, first, second)
    there = [line for stretch in merged for line in (*stretch.lines, *(stretch.other or ()))]

    for changed in (first, second):
        added = set(changed.splitlines()) - set(base.splitlines())
        assert added <= set(there)


def test_changes_in_different_places_are_both_made() -> None:
    merged = merge("a\nb\nc\nd", "A\nb\nc\nd", "a\nb\nc\nD")

    assert put_together(merged) == ["A", "b", "c", "D"]


def test_changes_in_one_place_are_a_conflict_with_both_versions() -> None:
    [conflict] = [stretch for stretch in merge("a\nb\nc", "a\nX\nc", "a\nY\nc") if stretch.other is not None]

    assert (conflict.lines, conflict.other) == (("Y",), ("X",))
