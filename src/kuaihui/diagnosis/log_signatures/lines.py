"""
Log lines as a log store hands them over, and how the head of a raw line is read.

Rule 1: a frame has the columns of `SCHEMA`, one row an event: `at` in microseconds (null where unknown), `lines` how many lines of the
        log the event is.
Rule 2: nothing in a line can break the reading: NUL, lone surrogates, bytes that are no UTF-8 and very long lines are kept as well as can
        be.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Final

import polars as pl

from kuaihui.diagnosis.log_signatures import instants

SCHEMA: Final = pl.Schema(
    {
        "service": pl.String,
        "pod": pl.String,
        "level": pl.String,
        "at": pl.Int64,
        "text": pl.String,
        "lines": pl.Int64,
    }
)
# Large enough for the columns to pay, small enough to keep a stream in some tens of megabytes.
_AT_ONCE: Final = 100_000


@dataclass(frozen=True, slots=True)
class LogLine:
    """One record of a log; `at` is aware, `text` may hold several lines (a stack trace)."""

    at: datetime
    text: str
    service: str = ""
    pod: str = ""
    level: str = ""


def frames(lines: Iterable[LogLine]) -> Iterator[pl.DataFrame]:
    """The lines as frames, some tens of thousands of rows each."""
    rest = iter(lines)
    while batch := list(islice(rest, _AT_ONCE)):
        yield pl.DataFrame(
            {
                "service": _strings([line.service for line in batch]),
                "pod": _strings([line.pod for line in batch]),
                "level": _strings([line.level for line in batch]),
                "at": pl.Series([instants.of(line.at) for line in batch], dtype=pl.Int64),
                "text": _strings([line.text for line in batch]),
                "lines": pl.repeat(1, len(batch), dtype=pl.Int64, eager=True),
            },
            schema=SCHEMA,
        )


def _strings(words: list[str]) -> pl.Series:
    try:
        return pl.Series(words, dtype=pl.String)
    except UnicodeEncodeError:  # half of a surrogate pair, as a broken JSON escape leaves it
        return pl.Series([word.encode("utf-8", "replace").decode() for word in words], dtype=pl.String)
