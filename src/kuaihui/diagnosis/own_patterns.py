"""
A team's own patterns of what is to be scrubbed.

Rule 1: they are run by an engine whose time grows with the text alone (Rust's, by polars): no pattern that a person writes can hang the
        house. Look-around and back-references, which no such engine has, are refused when the settings are read.
Rule 2: a pattern that is found in nothing at all, or in the mark it leaves, is refused: it would mark every text, again and again.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import polars as pl

_NAME: Final = re.compile(r"[\w-]{1,40}")
# A pattern that is found without a letter of these is found in nothing: at the beginning, the end, or the edge of a word.
_PROBES: Final = ("", "a b", "7", "中 文")


class Slip(StrEnum):
    """What can be wrong with a pattern."""

    NAME = "scrub_name"
    BROKEN = "scrub_broken"
    EMPTY = "scrub_empty"
    MARK = "scrub_mark"


class BadPattern(ValueError):
    """A pattern that cannot be used; `why` is the engine's own word of it, or the mark that it finds."""

    def __init__(self, slip: Slip, why: str = "") -> None:
        self.slip, self.why = slip, why
        super().__init__(slip, why)


@dataclass(frozen=True, slots=True)
class OwnPattern:
    """What a pattern finds is shown as `<name>`."""

    name: str
    pattern: str

    def each(self, texts: list[str]) -> list[str]:
        """The texts without what it finds."""
        return _series(texts).str.replace_all(self.pattern, f"<{self.name}>").to_list()


def own_pattern(name: str, pattern: str, marks: Iterable[str] = ()) -> OwnPattern:
    """The pattern, checked; `marks` are the names under which others show what they find. Raises BadPattern."""
    check_name(name)
    check_pattern(pattern, (name, *marks))
    return OwnPattern(name, pattern)


def check_name(name: str) -> None:
    """Raises BadPattern for a name that cannot stand in a mark."""
    if not _NAME.fullmatch(name):
        raise BadPattern(Slip.NAME)


def check_pattern(pattern: str, marks: Iterable[str]) -> None:
    """Raises BadPattern for a pattern that is none, that is found in nothing, or in one of these marks."""
    from polars.exceptions import ComputeError  # noqa: PLC0415  # as below

    try:
        found = _series(_PROBES).str.extract_all(pattern).to_list()
        written = [mark for mark in marks if re.fullmatch(_NAME, mark)]
        marked = [mark for mark in written if _series([f"<{mark}>"]).str.contains(pattern).item()]
    except ComputeError as wrong:
        raise BadPattern(Slip.BROKEN, _why(wrong)) from wrong
    if any("" in one for one in found):
        raise BadPattern(Slip.EMPTY)
    if marked:
        raise BadPattern(Slip.MARK, f"<{marked[0]}>")


def _series(texts: Sequence[str]) -> pl.Series:
    import polars as pl  # noqa: PLC0415  # a quarter of a second, which a command of a team without own patterns does not wait for

    return pl.Series(texts, dtype=pl.String)


def _why(wrong: Exception) -> str:
    """The engine's last word before polars' own: "unclosed group"."""
    own = str(wrong).partition("\n\nThis error occurred")[0].strip()
    return own.rpartition("error: ")[2].splitlines()[0][:200]
