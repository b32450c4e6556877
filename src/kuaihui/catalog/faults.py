"""
What is wrong with a catalog's files: where, what, and how to put it right.

Rule 1: a fault stops a catalog from being used; a caution is said and let through.
Rule 2: every fault has a rule id of ours, `catalog.…`, and both its sentences are Texts, said in the reader's language.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches

import msgspec

from kuaihui.errors import BadCatalog
from kuaihui.language import Text, say, text
from kuaihui.language.joining import lined


class Fault(msgspec.Struct, frozen=True):
    """One thing wrong, in `file` (as seen from the catalog's folder) at `line` (from 1; 0: the file as a whole)."""

    file: str
    line: int
    rule: str
    text: Text
    remedy: Text

    @property
    def told(self) -> Text:
        """The whole of it in one line: place, what is wrong, how to put it right, rule id."""
        place = f"{self.file}:{self.line}" if self.line else self.file
        return text("{place}: {wrong}; {remedy} [{rule}]", place=place, wrong=self.text, remedy=self.remedy, rule=self.rule)


class FaultyCatalog(BadCatalog):
    """The catalog's files are wrong; `faults` are all of them, by file and line."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = tuple(faults)
        count = len(self.faults)
        head = text("the catalog has a fault:") if count == 1 else text("the catalog has {count} faults:", count=count)
        super().__init__(lined([head, *(fault.told for fault in self.faults)]))


def in_order(faults: Iterable[Fault]) -> list[Fault]:
    """By file and line, each once."""
    seen = {(fault.file, fault.line, fault.rule, say(fault.text, "en")): fault for fault in faults}
    return [seen[key] for key in sorted(seen)]


def did_you_mean(written: str, known: Iterable[str], otherwise: Text) -> Text:
    """The nearest known word, or else `otherwise`."""
    near = get_close_matches(written, list(known), n=1, cutoff=0.6)
    return text("did you mean {near}?", near=near[0]) if near else otherwise
