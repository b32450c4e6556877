"""
Texts folded into shapes: the one pass that every line of an hour pays, so that everything after it works on a few thousand rows.

Rule 1: a shape keeps every word and every mark of its text and loses only what its digits say: two lines of one statement that differ in
        numbers have one shape, and lines of two statements never do.
Rule 2: a shape is a function of its text alone, so counts by shape can be added up in any order and place.
"""

from __future__ import annotations

from typing import Final

import polars as pl

# A word that holds a digit, whole: a number, an identifier, a hash that is no word.
_NUMBERED: Final = r"[A-Za-z_]*[0-9][A-Za-z0-9_]*"
NUMBERED: Final = "0"
# What a template needs is said in the first few thousand letters; a longer line is data (a dump, a request's body).
LONGEST: Final = 4_096
_NEWLINE: Final = " ⏎ "
# The first line of a stack trace says what was tried; its last line that is not indented, what broke (the root cause in Java, the error in
# Python).
_TRACE: Final = r"(?s)^([^\n]*)\n(?:.*\n)?([^\s][^\n]*)(?:\n.*)?$"
_TAIL: Final = r"(?s)\n.*$"
# A JSON line is told by its message and its error; names as zap, logrus, zerolog, logback, structlog, bunyan and Docker write them.
_JSON_STRING: Final = r'"\s*:\s*"((?:[^"\\]|\\.)*)"'
_MESSAGE: Final = r'"(?:msg|message|log|event)' + _JSON_STRING
_ESCAPED: Final = r"\\[nrt\"]"
_ERROR: Final = r'"(?:error|err|exception|cause|error\.message)' + _JSON_STRING


def folded(frame: pl.DataFrame) -> pl.LazyFrame:
    """The frame with the column `shape`; its rows may come in another order."""
    text = pl.col("text")
    special = text.str.starts_with("{") | text.str.contains("\n", literal=True) | (text.str.len_bytes() > LONGEST)
    is_special = frame.select(special.fill_null(value=False)).to_series()
    if not is_special.any():
        return frame.lazy().with_columns(shape=_fold(text))
    plain = frame.filter(~is_special).lazy().with_columns(shape=_fold(text))
    return pl.concat([plain, frame.filter(is_special).lazy().with_columns(shape=_fold(_gist(text)))])


def _fold(text: pl.Expr) -> pl.Expr:
    return text.str.replace_all(_NUMBERED, NUMBERED)


def _gist(text: pl.Expr) -> pl.Expr:
    """What a long, many-lined or JSON text says, in one line of bounded length."""
    short = text.str.head(LONGEST) + pl.when(text.str.len_chars() > LONGEST).then(text.str.tail(LONGEST)).otherwise(pl.lit(""))
    told = pl.when(text.str.starts_with("{")).then(_from_json(short)).otherwise(short)
    trace = told.str.replace(_TRACE, "${1}" + _NEWLINE + "${2}").str.replace(_TAIL, "")
    return trace.str.head(LONGEST)


def _from_json(text: pl.Expr) -> pl.Expr:
    message, error = (text.str.extract(pattern).str.replace_all(_ESCAPED, " ") for pattern in (_MESSAGE, _ERROR))
    return pl.coalesce(pl.concat_str(message, error, separator=": "), message, error, text)
