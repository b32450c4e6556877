"""
How what was said is found again: the tokens that an index keeps, and those that are looked for.

Rule 1: every journal finds the same: all of them keep these tokens as they are, and none takes words apart in its own way.
Rule 2: Chinese is found from one character on, wherever it stands in a sentence; other words from their beginning on ("time" finds
        "timeout").
Rule 3: the index is made from the records, and can be thrown away: nothing is known to it alone.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Final

import msgspec

# Which form of tokens an index was made of: an index of another form is thrown away and made anew.
FORM: Final = 1
LONGEST: Final = 40  # characters of one token: a hash, a long class name; what is longer is found by its beginning
MOST_TERMS: Final = 12  # looked for at once
_UNSPACED: Final = "぀-ヿ㐀-䶿一-鿿豈-﫿가-힯"  # written without spaces between words
_RUN: Final = re.compile(rf"[{_UNSPACED}]+|[^\W_{_UNSPACED}]+")
_IS_UNSPACED: Final = re.compile(f"[{_UNSPACED}]")


class Worded(msgspec.Struct, frozen=True):
    """One record's words, ready to be kept: the record's place, and its tokens, each once."""

    position: int
    incident: str
    number: int
    tokens: tuple[str, ...]


class Term(msgspec.Struct, frozen=True):
    """One thing that is looked for: a token, or the beginning of one."""

    token: str
    prefix: bool

    def fits(self, tokens: frozenset[str]) -> bool:
        """Whether one of these tokens is it."""
        return any(token.startswith(self.token) for token in tokens) if self.prefix else self.token in tokens


class Hit(msgspec.Struct, frozen=True):
    """An incident in which every word was found, and the numbers of its facts in which one of them was, oldest first."""

    incident: str
    numbers: tuple[int, ...]


def tokens(said: str) -> tuple[str, ...]:
    """The tokens of a sentence, each once: pairs of characters for Chinese (and a run's last by itself), whole words otherwise."""
    found: dict[str, None] = {}
    for run in _RUN.findall(said.lower()):
        found.update(dict.fromkeys(_pairs(run) if _IS_UNSPACED.match(run) else (run[:LONGEST],)))
    return tuple(found)


def terms(wanted: str) -> tuple[Term, ...]:
    """What somebody looks for; every one of these must be found. Empty where nothing can be looked for."""
    found: dict[Term, None] = {}
    for run in _RUN.findall(wanted.lower()):
        if not _IS_UNSPACED.match(run):
            found[Term(run[:LONGEST], True)] = None
        elif len(run) == 1:
            found[Term(run, True)] = None
        else:
            found.update({Term(first + second, False): None for first, second in pairwise(run)})
    return tuple(found)[:MOST_TERMS]


def _pairs(run: str) -> list[str]:
    return [*(first + second for first, second in pairwise(run)), run[-1]]
