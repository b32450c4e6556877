"""The stream counter keeps its bounds, however the stream is ordered, cut or merged."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kuaihui.diagnosis.heavy_hitters import HeavyHitters

# Skewed on purpose: a few letters are far more frequent than the rest.
items = st.integers(0, 400).map(lambda n: f"k{n * n // 400 if n % 3 else n % 7}")
streams = st.lists(st.tuples(items, st.integers(1, 9)), max_size=300)
capacities = st.integers(1, 24)


def count(stream: list[tuple[str, int]], capacity: int) -> HeavyHitters:
    counter = HeavyHitters(capacity)
    for item, times in stream:
        counter.add(item, times)
    return counter


def truth(stream: list[tuple[str, int]]) -> Counter[str]:
    counted: Counter[str] = Counter()
    for item, times in stream:
        counted[item] += times
    return counted


def keeps_its_bounds(counter: HeavyHitters, true: Counter[str]) -> None:
    assert counter.total == sum(true.values())
    for item in [*true, "never added"]:
        known = counter.bounds(item)
        assert known.at_least <= true[item] <= known.at_most
        assert (known.at_most - known.at_least) * counter.capacity <= counter.total


@given(streams, capacities)
def test_every_true_count_lies_within_its_bounds_and_the_error_is_at_most_total_by_capacity(
    stream: list[tuple[str, int]], capacity: int
) -> None:
    keeps_its_bounds(count(stream, capacity), truth(stream))


@given(streams, streams, streams, capacities)
def test_merged_counters_keep_the_bounds_of_one(
    one: list[tuple[str, int]], two: list[tuple[str, int]], three: list[tuple[str, int]], capacity: int
) -> None:
    counter = count(one, capacity)
    counter.merge(count(two, capacity))
    counter.merge(count(three, capacity))

    keeps_its_bounds(counter, truth([*one, *two, *three]))


@given(streams, st.lists(streams, max_size=6), capacities)
def test_batches_counted_elsewhere_keep_the_bounds_though_their_tails_are_cut_off(
    begun: list[tuple[str, int]], batches: list[list[tuple[str, int]]], capacity: int
) -> None:
    counter = count(begun, capacity)
    for batch in batches:
        ranked = truth(batch).most_common()
        kept, cut = dict(ranked[:capacity]), ranked[capacity:]
        counter.add_counts(kept, rest=sum(times for _, times in cut), rest_at_most=cut[0][1] if cut else 0)

    keeps_its_bounds(counter, truth([*begun, *(pair for batch in batches for pair in batch)]))


@given(streams)
def test_a_stream_with_fewer_items_than_the_capacity_is_counted_exactly(stream: list[tuple[str, int]]) -> None:
    counter = count(stream, 500)

    assert {hitter.item: hitter.at_most for hitter in counter.top(500)} == dict(truth(stream))
    assert all(hitter.at_least == hitter.at_most for hitter in counter.top(500))


@given(streams, capacities)
def test_an_item_with_more_than_its_share_is_never_missed(stream: list[tuple[str, int]], capacity: int) -> None:
    counter = count(stream, capacity)
    frequent = {item for item, times in truth(stream).items() if times * capacity > counter.total}

    assert frequent <= {hitter.item for hitter in counter.top(2 * capacity)}


def test_memory_is_bounded_however_many_items_there_are() -> None:
    counter = count([(f"k{n}", 1) for n in range(10_000)], capacity=50)

    assert len(counter.top(10_000)) <= 100


def test_a_counter_for_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one"):
        HeavyHitters(0)
