r"""
Alertmanager's matchers: name, operator, value; all of one entry must hold.

Rule 1: what Alertmanager accepts in its UTF-8 mode is accepted here and means the same: = != =~ !~, names and values quoted or not,
        braces and a last comma at will; regular expressions match the whole value; a label that is not there is the empty string.
Rule 2: in double quotes its escapes hold (\" \\ \n \t \x41 \u00e9 …); where one is none of them ("\d+"), every backslash but \" \\ \n is
        itself, as in its classic mode.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from kuaihui.errors import KuaihuiError
from kuaihui.language import Text, text

OPERATORS: Final = ("=", "!=", "=~", "!~")
_OPERATOR: Final = re.compile(r"=~|!~|!=|=")
_QUOTED: Final = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_BARE: Final = re.compile(r"""[^\s{}!=~,\\"'`]+""")
_ESCAPE: Final = r'\\(?:[abfnrtv\\"]|x[0-9a-fA-F]{2}|[0-7]{3}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8})'
_PARTS: Final = re.compile(rf"{_ESCAPE}|[^\\]+")
_ALL_ESCAPES: Final = re.compile(rf"(?:{_ESCAPE}|[^\\])*")
_CLASSIC: Final = re.compile(r'\\([\\"n])')
_LITERAL: Final = re.compile(r"(?:[\w-](?![*?{]))+")  # a sign that may be left out ends it
_NAMED: Final = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "\\": "\\", '"': '"'}


class BadMatcher(KuaihuiError):
    """A matcher cannot be read; `column` (from 1) is where."""

    def __init__(self, said: Text, column: int) -> None:
        super().__init__(said)
        self.column = column


@dataclass(frozen=True)
class Matcher:
    """One condition on one label."""

    name: str
    operator: str
    value: str
    pattern: re.Pattern[str] | None = field(default=None, compare=False, repr=False)

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Whether the labels satisfy it; a missing label counts as the empty string."""
        there = labels.get(self.name, "")
        if self.pattern is None:
            return (there == self.value) is (self.operator == "=")
        return (self.pattern.fullmatch(there) is not None) is (self.operator == "=~")

    @property
    def beginning(self) -> str:
        """What every value that satisfies it begins with: all of a plain one, the literal beginning of a regular expression, or nothing."""
        if self.operator == "=":
            return self.value
        if self.operator != "=~" or "|" in self.value:
            return ""
        literal = _LITERAL.match(self.value)
        return literal[0] if literal else ""

    def __str__(self) -> str:
        name = self.name if _BARE.fullmatch(self.name) else _quoted(self.name)
        return f"{name}{self.operator}{_quoted(self.value)}"


def parse(written: str) -> tuple[Matcher, ...]:
    """The matchers of one entry like `service="config-center", env!~"dev|test"`. Raises BadMatcher, with the column."""
    return _Reader(written).matchers()


def fits(matchers: Iterable[Matcher], labels: Mapping[str, str]) -> bool:
    """Whether the labels satisfy all of these."""
    return all(matcher.matches(labels) for matcher in matchers)


def fits_all(matchers: Iterable[Matcher]) -> bool:
    """Whether these fit every alert: none of them wants a label to be there."""
    return fits(matchers, {})


class _Reader:
    def __init__(self, written: str) -> None:
        self.written, self.at = written, 0

    def matchers(self) -> tuple[Matcher, ...]:
        braced, found = self._takes("{"), list[Matcher]()
        while not self._ended(braced):
            found.append(self._matcher())
            if not self._takes(",") and not self._ended(braced):
                raise self._bad(text("expected a comma here"))
        if braced and not self._takes("}"):
            raise self._bad(text("the opening brace is not closed"))
        if self._rest():
            raise self._bad(text("expected nothing more here"))
        if not found:
            raise self._bad(text("there is no matcher"))
        return tuple(found)

    def _matcher(self) -> Matcher:
        name = self._word(text("expected a label's name here"))
        if not name:
            raise self._bad(text("a label's name cannot be empty"))
        self._rest()
        operator = _OPERATOR.match(self.written, self.at)
        if not operator:
            raise self._bad(text("expected one of = != =~ !~ here"))
        self.at = operator.end()
        self._rest()
        begin = self.at
        value = self._word(text("expected a value here; an empty one is written as two double quotes"))
        return Matcher(name, operator[0], value, _pattern(value, begin) if "~" in operator[0] else None)

    def _word(self, otherwise: Text) -> str:
        self._rest()
        if quoted := _QUOTED.match(self.written, self.at):
            self.at = quoted.end()
            return _unquoted(quoted[1])
        if self.written[self.at : self.at + 1] == '"':
            raise self._bad(text("the double quotes are not closed"))
        bare = _BARE.match(self.written, self.at)
        if not bare:
            raise self._bad(otherwise)
        self.at = bare.end()
        return bare[0]

    def _ended(self, braced: bool) -> bool:
        rest = self._rest()
        return not rest or (braced and rest.startswith("}"))

    def _takes(self, sign: str) -> bool:
        taken = self._rest().startswith(sign)
        self.at += len(sign) if taken else 0
        return taken

    def _rest(self) -> str:
        while self.written[self.at : self.at + 1].isspace():
            self.at += 1
        return self.written[self.at :]

    def _bad(self, said: Text) -> BadMatcher:
        return BadMatcher(said, self.at + 1)


def _pattern(value: str, begin: int) -> re.Pattern[str]:
    # Python would read RE2's [[:alpha:]] as a set of its letters and warn; \Q, \z, \p it does not know at all.
    if "[[:" in value:
        raise BadMatcher(text("character classes like [[:alpha:]] are not known here: write [a-zA-Z]"), begin + 1)
    try:
        with warnings.catch_warnings():
            # Python warns of [[ -- && || inside a set, which may mean something to it one day; to RE2 they are signs like any other.
            warnings.simplefilter("ignore", FutureWarning)
            return re.compile(value)
    except (re.error, OverflowError, RecursionError) as wrong:
        at = getattr(wrong, "pos", None) or 0
        raise BadMatcher(text("the regular expression cannot be read at its character {at}", at=at + 1), begin + 1) from wrong


def _quoted(word: str) -> str:
    escaped = word.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def _unquoted(inside: str) -> str:
    if _ALL_ESCAPES.fullmatch(inside):
        try:
            return b"".join(_bytes(part) for part in _PARTS.findall(inside)).decode()
        except (UnicodeError, ValueError):  # bytes that are no UTF-8: as they stand, like every other escape that means nothing
            pass
    return _CLASSIC.sub(lambda found: _NAMED[found[1]], inside)


def _bytes(part: str) -> bytes:
    if not part.startswith("\\"):
        return part.encode()
    kind = part[1]
    if kind in _NAMED:
        return _NAMED[kind].encode()
    if kind in "uU":
        return chr(int(f"0x{part[2:]}", 0)).encode()
    return bytes([int(f"0{part[1:]}", 0) if kind == "x" else int(part[1:], 8)])
