"""
Values that can be told by their look alone: addresses, paths, dates, amounts. They become numbered words before templates are sought.

Rule 1: a pattern here describes a kind of value that any system may write, never a line of one system.
Rule 2: the patterns work on shapes, where every word that held a digit is already `0`; they are RE2 (no look-around), in this order.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from kuaihui.diagnosis.log_signatures.shapes import NUMBERED

_DAY: Final = r"(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]{0,6},? +)?"
_MONTH: Final = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]{0,6},? +"
_BEFORE: Final = r"(^|[\s=:,(\[{\"'<>|@])"
_HEX: Final = r"(?:0|[0-9a-fA-F]{2}|[0-9a-fA-F]{4}|[0-9a-fA-F]{8}|[0-9a-fA-F]{12})"
_UNIT: Final = r"(?:[KMGTP]i?B|B|bytes|[mun]s|µs|secs?|seconds|minutes|hours|days|s|C)"
_KINDS: Final = (
    # An address of the web, a store, a queue: up to the mark that closes it, without the full stop or colon of the sentence.
    (r"\b[A-Za-z][A-Za-z0+.-]*://[^\s,;)\]>\"'}|]*[^\s,;:.)\]>\"'}|]", "0"),
    # A date with the name of its month.
    (rf"\b{_DAY}{_MONTH}0(?:[ ,]+0(?::0)*(?:\.0)?)*(?: (?:UTC|GMT|[A-Z]{{2,3}}T)\b)?(?: 0\b)?", "0"),
    # A UUID, a hardware address, an IPv6 address, a time of day: pieces of hexadecimal between like marks.
    (rf"\b(?:{_HEX}[:-]){{2,}}:?(?:0|[0-9a-fA-F]{{2,12}})\b", "0"),
    # A path of Windows, by drive or by share.
    (r"\b[A-Za-z]:\\[^\s,;\"'()\[\]]*", "0"),
    (r"\\\\[\w.$-]+\\[^\s,;\"'()\[\]]*", "0"),
    # A path of Unix of two names or more, then one of a single name that stands alone.
    (_BEFORE + r"~?(?:\.{0,2}/[\w.$@%+~#*?&=-]*[\w.$@%+~#*&=-]){2,}/?", "${1}0"),
    (r"(^|[\s=,(\[{\"'<>|])/[\w.$@%+~#*?&=-]+/?", "${1}0"),
    # A key of a store ("cfg:user:17").
    (r"\b[A-Za-z][\w-]*(?::[A-Za-z][\w-]*)+:0\b", "0"),
    # A host with its port; a mail address.
    (r"(^|[\s=:,(\[{\"'<>|/@])(?:[\w$-]+\.)+[A-Za-z][\w$-]*:0\b", "${1}0"),
    (r"\b[\w+-][\w.+-]*@[\w-]+(?:\.[\w-]+)+", "0"),
    # An amount with its unit, also where the unit changes with the size; and the same amount said twice.
    (rf"[-+]?\b0(?:[.:,/_+-]+0)* ?{_UNIT}(?-u:\b)", "0"),
    (r"[-+]?\b0(?:[.:,/_+-]+0)*%", "0"),
    (r"\b0 +\(0\)", "0"),
)


def numbered(shape: pl.Expr) -> pl.Expr:
    """The shape with every value of a known kind as one numbered word."""
    for pattern, replacement in _KINDS:
        shape = shape.str.replace_all(pattern, replacement.replace("0", NUMBERED))
    return shape
