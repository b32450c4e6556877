"""YAML's syntax errors in our own words: the place, the likely slip, and how to put it right."""

from __future__ import annotations

import re
from typing import Final

import yaml

from kuaihui.catalog.faults import Fault
from kuaihui.language import Text, mark, text

_TAB: Final = re.compile(r"^ *\t|^[ \t]*-[ ]*\t|:\t")
_INDENTATION: Final = (
    mark("the indentation does not fit the lines before"),
    mark("indent entries of one list or mapping alike"),
)
_BRACKET: Final = (mark("a bracket or brace is not closed"), mark("close it, and put a comma between the entries"))
# What the parser says → rule, what is wrong, what to do. The first that is found in its words holds.
_SLIPS: Final = (
    ("tab character", "tab", mark("a tab stands where spaces belong"), mark("indent with spaces")),
    ("mapping values are not allowed", "colon", mark("there is a second colon in this line"), mark("quote a value that holds a colon")),
    ("expected ':'", "no_colon", mark("a key has no colon"), mark("write it like key: value, with a space behind the colon")),
    ("expected node content", "bracket", *_BRACKET),
    ("expected ',' or", "bracket", *_BRACKET),
    ("unexpected end of stream", "quote", mark("quotes are not closed"), mark("close the quotes")),
    ("undefined alias", "alias", mark("an alias names no anchor above it"), mark("put a value that begins with * in quotes")),
    ("another document", "several_documents", mark("there is a second document in this file"), mark("delete the line ---")),
    ("expected key", "indentation", *_INDENTATION),
    ("'-' indicator", "indentation", *_INDENTATION),
    ("block", "indentation", *_INDENTATION),
    ("escape", "escape", mark("a backslash in double quotes begins an unknown escape"), mark("use single quotes instead")),
)  # fmt: skip
_FROM_BEGIN: Final = ("bracket", "quote")  # noticed only at the end of the file: the place is where it was opened


def syntax_fault(wrong: yaml.YAMLError, words: str, file: str, first: int) -> Fault:
    """The parser's error as a fault of ours; `first` is the line of the file at which the text begins."""
    if not isinstance(wrong, yaml.MarkedYAMLError):
        return Fault(file, first, "catalog.syntax", text("this is not YAML"), text("check the file with a YAML editor"))
    said = f"{wrong.problem or ''} {wrong.context or ''}"
    rule, what, remedy = next((slip[1:] for slip in _SLIPS if slip[0] in said), ("syntax", "", ""))
    place = wrong.context_mark if rule in _FROM_BEGIN and wrong.context_mark else wrong.problem_mark or wrong.context_mark
    line = place.line if place else 0
    if _tabbed(words, line):
        rule, what, remedy = _SLIPS[0][1:]
    elif rule == "colon" and words.split("\n")[line].count(":") == 1:
        rule, what, remedy = "indentation", *_INDENTATION
    if not what:
        return _unexpected(file, line + first, (place.column if place else 0) + 1)
    return Fault(file, line + first, f"catalog.{rule}", Text(what), Text(remedy))


def _tabbed(words: str, line: int) -> bool:
    lines = words.split("\n")
    return line < len(lines) and _TAB.search(lines[line]) is not None


def _unexpected(file: str, line: int, column: int) -> Fault:
    what = text("YAML cannot be read at character {column} of this line", column=column)
    return Fault(file, line, "catalog.syntax", what, text("put a value that begins with a sign like @ % & ` in quotes"))
