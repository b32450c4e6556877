"""
Two people's changes to one text put together, line by line (the method of diff3).

Rule 1: what only one of them changed is changed; what both changed in the same way is changed once.
Rule 2: where they differ nothing is lost: both are kept, and told as a conflict.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

import msgspec

Lines = Sequence[str]


class Stretch(msgspec.Struct, frozen=True):
    """A stretch of the merged text; `other` is the first one's version where both changed it differently."""

    lines: tuple[str, ...]
    other: tuple[str, ...] | None = None


def merge(base: str, first: str, second: str) -> list[Stretch]:
    """`first` and `second`, both made from `base`, as one text in stretches. In a conflict `lines` are the second's."""
    old, one, two = base.splitlines(), first.splitlines(), second.splitlines()
    merged: list[Stretch] = []
    at_old = at_one = at_two = 0
    for in_old, in_one, in_two, length in _agreed(old, one, two):
        if stretch := _between(old[at_old:in_old], one[at_one:in_one], two[at_two:in_two]):
            merged.append(stretch)
        if length:
            merged.append(Stretch(tuple(old[in_old : in_old + length])))
        at_old, at_one, at_two = in_old + length, in_one + length, in_two + length
    return merged


def _between(old: Lines, one: Lines, two: Lines) -> Stretch | None:
    """What becomes of a stretch that not all three agree on."""
    if one in (old, two):
        return Stretch(tuple(two)) if two else None
    if two == old:
        return Stretch(tuple(one)) if one else None
    return Stretch(tuple(two), tuple(one))


def _agreed(old: Lines, one: Lines, two: Lines) -> Iterator[tuple[int, int, int, int]]:
    """The stretches that all three have: where each begins in old, one and two, and its length; at last the end of all, of length 0."""
    with_one = SequenceMatcher(None, old, one, autojunk=False).get_matching_blocks()
    with_two = SequenceMatcher(None, old, two, autojunk=False).get_matching_blocks()
    for a in with_one:
        for b in with_two:
            begin, end = max(a.a, b.a), min(a.a + a.size, b.a + b.size)
            if begin < end:
                yield begin, a.b + begin - a.a, b.b + begin - b.a, end - begin
    yield len(old), len(one), len(two), 0
