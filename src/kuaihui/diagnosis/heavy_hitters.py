"""
The most frequent items of a long stream, counted in bounded memory, each count with its error bound (Space-Saving).

Rule 1: an item's true count always lies in [at_least, at_most].
Rule 2: the error of every count, and the count of every item that is not held, is at most total / capacity.
Rule 3: two counters merge into one that keeps both rules, so that windows, chunks and nodes are counted apart.

Metwally, Agrawal, El Abbadi, "Efficient computation of frequent and top-k elements in data streams" (2005); merging after Agarwal et al.,
"Mergeable summaries" (2012). Items are dropped half a counter at a time rather than one by one, which keeps the
bound and costs O(1) an item: with floor f and capacity k, the counts above f always add up to at most total - k * f.
"""

from __future__ import annotations

from collections.abc import Mapping
from heapq import nlargest
from itertools import chain

import msgspec


class Hitter(msgspec.Struct, frozen=True):
    """One frequent item: its count lies in [at_least, at_most]."""

    item: str
    at_most: int
    at_least: int


class HeavyHitters:
    """A counter that holds the `capacity` most frequent items of whatever was added."""

    def __init__(self, capacity: int = 4096) -> None:
        if capacity < 1:
            raise ValueError("a counter holds at least one item")
        self.capacity = capacity
        self.total = 0  # everything added, held or not
        self.floor = 0  # no item that is not held was added more often than this
        self._held: dict[str, tuple[int, int]] = {}  # item → (at most, how much of that is doubt)

    def add(self, item: str, times: int = 1) -> None:
        """Count `item` so many more times."""
        self.total += times
        most, doubt = self._held.get(item, (self.floor, self.floor))
        self._held[item] = (most + times, doubt)
        if len(self._held) > 2 * self.capacity:
            self._drop()

    def add_counts(self, counts: Mapping[str, int], *, rest: int = 0, rest_at_most: int = 0) -> None:
        """
        Count a batch that was counted elsewhere.

        `rest` more additions went to items that `counts` does not name, to none of them more than `rest_at_most`.
        """
        batch = HeavyHitters(self.capacity)
        batch._held = {item: (times, 0) for item, times in counts.items() if times > 0}
        batch.total = sum(counts.values()) + rest
        batch.floor = rest_at_most
        self.merge(batch)

    def merge(self, other: HeavyHitters) -> None:
        """Take over everything `other` has counted."""
        mine, theirs = (self.floor, self.floor), (other.floor, other.floor)
        merged: dict[str, tuple[int, int]] = {}
        for item in chain(self._held, other._held.keys() - self._held.keys()):
            most, doubt = self._held.get(item, mine)
            more, more_doubt = other._held.get(item, theirs)
            merged[item] = (most + more, doubt + more_doubt)
        self.total += other.total
        self.floor += other.floor
        self._held = merged
        if len(merged) > self.capacity:
            self._drop()

    def top(self, count: int) -> list[Hitter]:
        """The `count` most frequent items, the most frequent first."""
        first = nlargest(count, self._held.items(), key=lambda entry: (entry[1][0], entry[0]))
        return [Hitter(item, most, most - doubt) for item, (most, doubt) in first]

    def bounds(self, item: str) -> Hitter:
        """What is known of one item, held or not."""
        most, doubt = self._held.get(item, (self.floor, self.floor))
        return Hitter(item, most, most - doubt)

    def _drop(self) -> None:
        """Keep the `capacity` largest; the largest count dropped bounds every item that is not held."""
        ranked = nlargest(self.capacity + 1, self._held.items(), key=lambda entry: entry[1][0])
        if len(ranked) > self.capacity:
            self.floor = max(self.floor, ranked[-1][1][0])
        self._held = dict(ranked[: self.capacity])
