"""
Counts of a part of the lines, which add up: a part for a block, a worker, a machine, merged in any order into the whole hour.

Rule 1: merging is associative and indifferent to order, and a part of all lines equals the merged parts of any division of them (but for
        the examples: each is one of the lines of its shape, which one depends on the division).
Rule 2: no line is lost and none is counted twice: the sum of `lines` is the number of lines that went in.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Final

import polars as pl

from kuaihui.diagnosis.log_signatures import fast, heads, lines
from kuaihui.diagnosis.log_signatures.instants import MINUTE
from kuaihui.diagnosis.log_signatures.shapes import folded

# An example is read by a person: its first letters are enough, and an hour of long lines must not fill the memory.
_EXAMPLE: Final = 2_000
_SHAPE: Final = ["service", "shape"]
_BY_MINUTE: Final = {
    "service": pl.String,
    "shape": pl.String,
    "minute": pl.Int64,
    "count": pl.Int64,
    "lines": pl.Int64,
    "first": pl.Int64,
    "last": pl.Int64,
    "example": pl.String,
}
_BY_ORIGIN: Final = {"service": pl.String, "shape": pl.String, "pod": pl.String, "level": pl.String, "count": pl.Int64}
# Parts of so many rows are added up before more are gathered, so that a stream of any length stays small.
_GATHERED: Final = 300_000


def _empty(schema: Mapping[str, type[pl.DataType]]) -> pl.DataFrame:
    return pl.DataFrame(schema=dict(schema))


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """Counts by service and shape: `by_minute` with when and an example, `by_origin` with pods and levels."""

    by_minute: pl.DataFrame = field(default_factory=lambda: _empty(_BY_MINUTE))
    by_origin: pl.DataFrame = field(default_factory=lambda: _empty(_BY_ORIGIN))

    @property
    def lines(self) -> int:
        """How many lines went in."""
        return int(self.by_minute["lines"].sum())

    @property
    def rows(self) -> int:
        """How many rows are kept, a measure of the memory it takes."""
        return len(self.by_minute) + len(self.by_origin)


def count(logged: Iterable[lines.LogLine]) -> Part:
    """The part of these lines."""
    return merge(_part(*_grouped(frame)) for frame in lines.frames(logged))


def count_bytes(chunks: Iterable[bytes], head: heads.Head = heads.PLAIN, threads: int | None = None) -> Part:
    """
    The part of a file's bytes, in chunks of any size; memory stays bounded.

    `threads` are as many as polars uses (its POLARS_MAX_THREADS, else the cores) unless told.
    """
    blocks = heads.blocks(chunks, head)
    if isinstance(head, heads.Columns) and fast.serves(head):
        slowly = partial(_grouped_block, head=head)
        return merge(_part(*tables) for tables in fast.counted(blocks, head, slowly, threads or pl.thread_pool_size()))
    return merge(_part(*_grouped_block(block, head)) for block in blocks)


def merge(parts: Iterable[Part]) -> Part:
    """All of them as one."""
    gathered: list[Part] = []
    rows = 0
    for part in parts:
        gathered.append(part)
        rows += part.rows
        if rows > _GATHERED and rows > 2 * gathered[0].rows:
            gathered = [_added(gathered)]
            rows = gathered[0].rows
    return gathered[0] if len(gathered) == 1 else _added(gathered)


def alike(one: Part, other: Part) -> bool:
    """Whether two parts count the same, in whatever order their rows stand and whichever examples they keep."""
    minutes = (_ordered(part.by_minute.drop("example"), "minute") for part in (one, other))
    origins = (_ordered(part.by_origin, "pod", "level") for part in (one, other))
    return next(minutes).equals(next(minutes)) and next(origins).equals(next(origins))


def _ordered(table: pl.DataFrame, *by: str) -> pl.DataFrame:
    return table.sort(*_SHAPE, *by)


def _grouped(frame: pl.DataFrame) -> fast.Tables:
    """The lines of one frame, grouped once by all that is asked for."""
    by_line = folded(frame).with_columns(minute=pl.col("at") // MINUTE)
    grouped = by_line.group_by("service", "shape", "minute", "pod", "level").agg(
        count=pl.len().cast(pl.Int64),
        lines=pl.col("lines").sum(),
        first=pl.col("at").min(),
        last=pl.col("at").max(),
        example=pl.col("text").min(),
    )
    table = grouped.collect(engine="streaming").with_columns(pl.col("example").str.head(_EXAMPLE))
    return table, table


def _grouped_block(block: bytes, head: heads.Head) -> fast.Tables:
    return _grouped(heads.frame(block, head))


def _part(minutes: pl.DataFrame, origins: pl.DataFrame) -> Part:
    return Part(_by_minute(minutes), _by_origin(origins))


def _added(parts: list[Part]) -> Part:
    if not parts:
        return Part()
    return Part(_by_minute(pl.concat([p.by_minute for p in parts])), _by_origin(pl.concat([p.by_origin for p in parts])))


def _by_minute(table: pl.DataFrame) -> pl.DataFrame:
    sums = [pl.col("count").sum(), pl.col("lines").sum(), pl.col("first").min(), pl.col("last").max(), pl.col("example").min()]
    return table.group_by(*_SHAPE, "minute").agg(sums).select(*_BY_MINUTE)


def _by_origin(table: pl.DataFrame) -> pl.DataFrame:
    return table.group_by(*_SHAPE, "pod", "level").agg(pl.col("count").sum()).select(*_BY_ORIGIN)
