"""
Words of a shape, and what makes one of them data rather than wording.

Rule 1: a word is data by what it is (it holds a digit, or is built like a name), by where it stands (after `=`, in quotes or brackets,
        after a noun that announces a name), or by how it varies (templates.py); never by a list of what some system says.
Rule 2: states and doings (RUNNING, true, closed, starting) are wording: a reader tells two statements apart by them.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from kuaihui.diagnosis.log_signatures.shapes import NUMBERED

Row = tuple[str, ...]
# So many different words in one place are wording still; with more, the place holds data.
FEW: Final = 4
# States come in greater numbers than other wording: a life cycle of a dozen is common.
STATES: Final = 12
_CJK: Final = "\u3000-\u303f\u3400-\u4dbf\u4e00-\u9fff\uff00-\uffef"
_SPLIT: Final = re.compile(rf"(\s+)|([:=,()\[\]{{}}|;\"'<>]|\.{{2,}}|->|[{_CJK}]+)")
_STATE: Final = re.compile(
    r"(?:[\w$]+\.)*(?:[A-Z][A-Z_]*[A-Z]|[A-Z])"
    r"|(?i:active|inactive|true|false|null|none|nil|yes|no|on|off|up|down|enabled?|disabled?|ok|fail(?:ed)?|success(?:ful)?)"
)
_DOING: Final = re.compile(r"[A-Za-z]+(?:ed|ing)")
_NAME: Final = re.compile(r"(?=.*[A-Za-z])(?:.*[A-Za-z0][./\\@$~*][A-Za-z0_$].*|.*[/\\@*~].*)", re.DOTALL)
# Nouns of computing that a name follows: "user root", "client SPP", "host web-a".
_NOUNS: Final = (
    "account action address app application bucket cache caller class client cluster cmd command container database db device dir directory"
    " disk domain file filename files group host hostname id image interface job key library method module name namespace node package path"
    " pkg plugin pod port process program queue region role schema server service session table task tenant thread topic type uri url user"
    " username users volume zone"
)
_ANNOUNCING: Final = frozenset(_NOUNS.split())
_OPENING: Final = frozenset("([{<\"'")
_CLOSING: Final = frozenset(")]}>\"'")
_JOINING: Final = frozenset(",:")


def split(text: str) -> tuple[Row, tuple[bool, ...]]:
    """The words and marks of a text, and before which of them a blank stands; a run of data is one word."""
    row: list[str] = []
    blanks: list[bool] = []
    blank = False
    for piece in _SPLIT.split(text):
        if not piece:
            continue
        if piece.isspace():
            blank = True
            continue
        word = NUMBERED if NUMBERED in piece else piece
        if word == NUMBERED and _continues_a_run(row):
            del row[_run_end(row) :], blanks[_run_end(row) :]
        else:
            row.append(word)
            blanks.append(blank)
        blank = False
    return tuple(row), tuple(blanks)


def _run_end(row: list[str]) -> int:
    """Where the row ends without a joining mark at its end."""
    return len(row) - 1 if row and row[-1] in _JOINING else len(row)


def _continues_a_run(row: list[str]) -> bool:
    end = _run_end(row)
    return end > 0 and row[end - 1] == NUMBERED


@lru_cache(maxsize=1 << 16)
def is_wording(word: str) -> bool:
    """Whether this is a word with letters, not data and not a mark."""
    return word != NUMBERED and any(letter.isalpha() for letter in word)


@lru_cache(maxsize=1 << 16)
def is_name(word: str) -> bool:
    """Whether it is built like a name: dotted, slashed, with an at sign."""
    return _NAME.fullmatch(word) is not None


@lru_cache(maxsize=1 << 16)
def is_state(word: str) -> bool:
    """Whether it tells a state or a doing."""
    return _STATE.fullmatch(word) is not None or _DOING.fullmatch(word) is not None


def announces(word: str) -> bool:
    """Whether a name is to be expected behind it."""
    return word == "=" or word.lower() in _ANNOUNCING


def slots(row: Row) -> frozenset[int]:
    """The places that hold values by what they are or how they stand."""
    return frozenset(at for at, word in enumerate(row) if is_wording(word) and _is_slot(row, at))


def _is_slot(row: Row, at: int) -> bool:
    before = row[at - 1] if at else ""
    behind = row[at + 1] if at + 1 < len(row) else ""
    enclosed = before in _OPENING and behind in _CLOSING
    member = before == ":" and at > 1 and (behind in _CLOSING or behind in {",", ""})
    return announces(before) or enclosed or member or is_name(row[at])
