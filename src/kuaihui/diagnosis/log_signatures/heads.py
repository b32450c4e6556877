"""
The raw bytes of a log file as frames of events, each line's head read as its writer wrote it.

Rule 1: a line whose head does not fit continues the line before it (a stack trace), also over the border of two blocks; lines before the
        first head stand alone.
Rule 2: bytes that are no UTF-8 are read as GB 18030 where that fits the line, and otherwise with replacement marks.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

import polars as pl

from kuaihui.diagnosis.log_signatures import instants
from kuaihui.diagnosis.log_signatures.lines import SCHEMA

# Blocks of this size keep several cores busy and a stream of any length under some hundred megabytes.
BLOCK: Final = 8 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """
    A head of fields between separators of one byte, the text last: names of at, service, pod, level and text; other names are skipped.

    An empty `at` is no head: what follows a line with blanks before it (a stack trace) may hold separators too.
    """

    names: tuple[str, ...]
    separator: str = "\t"
    zone: str = "UTC"  # of stamps that name none

    def begins(self, line: bytes) -> bool:
        """Whether a line begins an event."""
        fields = line.split(self.separator.encode(), len(self.names) - 1)
        return len(fields) == len(self.names) and ("at" not in self.names or fields[self.names.index("at")] != b"")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pattern:
    """A head that a regular expression reads; its named groups are of at, service, pod, level and text (no look-around)."""

    pattern: str
    zone: str = "UTC"  # of stamps that name none

    def begins(self, line: bytes) -> bool:
        """Whether a line begins an event."""
        return re.match(self.pattern, line.decode("utf-8", "replace")) is not None


Head = Columns | Pattern
NO_HEAD: Final = Columns(names=("text",))
# Time, level, then the text, as most libraries write a plain line.
PLAIN: Final = Pattern(
    pattern=r"^\[?(?P<at>\d{4}[-/]\d\d[-/]\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?)\]?[\s|]+"
    r"(?:\[?(?P<level>(?i:trace|debug|info|notice|warn|warning|error|err|fatal|panic|critical|severe))\]?[\s|:]+)?(?P<text>.*)$"
)


def blocks(chunks: Iterable[bytes], head: Head) -> Iterator[bytes]:
    """The same bytes in blocks of `BLOCK` or more that end where an event ends; every line ends in \\n alone."""
    held: list[bytes] = []
    size = 0
    for chunk in chunks:
        held.append(chunk)
        size += len(chunk)
        if size >= BLOCK and b"\n" in chunk:
            whole = b"".join(held)
            cut = _last_event(whole, head) or whole.rfind(b"\n") + 1
            yield _unix(whole[:cut])
            held, size = [whole[cut:]], len(whole) - cut
    if size:
        yield _unix(b"".join(held))


def _unix(block: bytes) -> bytes:
    block = block if block.endswith(b"\n") else block + b"\n"
    return re.sub(rb"\r+\n", b"\n", block) if b"\r" in block else block


def _last_event(block: bytes, head: Head) -> int:
    """Where the last event of the block begins; 0 where none does."""
    end = block.rfind(b"\n")
    while end > 0:
        begin = block.rfind(b"\n", 0, end) + 1
        if head.begins(block[begin:end]):
            return begin
        end = begin - 1
    return 0


def frame(block: bytes, head: Head) -> pl.DataFrame:
    """The events of a block of whole lines."""
    return _events(_fields(_lines(block), head), head)


def _lines(block: bytes) -> pl.DataFrame:
    try:
        block.decode()
    except UnicodeDecodeError:
        block = "\n".join(_decoded(line) for line in block.split(b"\n")).encode()
    return pl.read_lines(io.BytesIO(block), name="line")


def _decoded(line: bytes) -> str:
    for encoding in ("utf-8", "gb18030"):
        try:
            return line.decode(encoding)
        except UnicodeDecodeError:
            continue
    return line.decode("utf-8", "replace")


def _fields(lines: pl.DataFrame, head: Head) -> pl.DataFrame:
    """The lines with the fields of their heads beside them; text is null where the head does not fit."""
    match head:
        case Columns():
            parts = pl.col("line").str.splitn(head.separator, len(head.names)).struct.rename_fields(head.names)
        case Pattern():
            parts = pl.col("line").str.extract_groups(head.pattern)
    fields = lines.lazy().with_columns(parts.alias("fields")).unnest("fields")
    if isinstance(head, Columns) and "at" in head.names:
        fields = fields.with_columns(text=pl.when(pl.col("at") != "").then("text"))
    return fields.collect(engine="streaming")


def _events(fields: pl.DataFrame, head: Head) -> pl.DataFrame:
    """The lines that have a head, what continues each one joined to its text."""
    if fields["text"].null_count():
        fields = _joined(fields)
    return _framed(fields, head)


def _joined(fields: pl.DataFrame) -> pl.DataFrame:
    numbered = fields.with_columns(event=pl.col("text").is_not_null().cum_sum())
    more = numbered.filter(pl.col("text").is_null() & (pl.col("event") > 0)).group_by("event", maintain_order=True)
    tails = more.agg(tail=pl.col("line").str.join("\n"), lines=pl.len().cast(pl.Int64) + 1)
    orphans = numbered.filter(pl.col("event") == 0).with_columns(text=pl.col("line"), lines=pl.lit(1, pl.Int64))
    begun = numbered.filter(pl.col("text").is_not_null()).join(tails, on="event", how="left", maintain_order="left")
    told = begun.with_columns(text=pl.concat_str("text", "tail", separator="\n", ignore_nulls=True)).drop("tail")
    return pl.concat([orphans, told])


def _framed(fields: pl.DataFrame, head: Head) -> pl.DataFrame:
    blank = pl.lit("", pl.String)
    words = [pl.col(name).fill_null("") if name in fields.columns else blank.alias(name) for name in ("service", "pod", "level")]
    lines = pl.col("lines").fill_null(1) if "lines" in fields.columns else pl.lit(1, pl.Int64).alias("lines")
    at = instants.microseconds(fields["at"], head.zone) if "at" in fields.columns else pl.lit(None, pl.Int64)
    return fields.select(*words, at.alias("at"), "text", lines).cast(SCHEMA)
