"""
The raw bytes of a log file as frames of events, each line's head read as its writer wrote it.

Rule 1: a line whose head does not fit continues the line before it (a stack trace), also over the border of two blocks; where no line of
        a block has a head, each line stands alone.
Rule 2: bytes that are no UTF-8 are read as GB 18030 where that fits the line, and otherwise with replacement marks.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

import polars as pl

from kuaihui.diagnosis.log_signatures import instants
from kuaihui.diagnosis.log_signatures.lines import FRAME

# Blocks of this size keep several cores busy and a stream of any length under some hundred megabytes.
BLOCK: Final = 16 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """A head of fields between separators, the text last: names of at, service, pod, level and text; fields of other names are skipped."""

    names: tuple[str, ...]
    separator: str = "\t"
    zone: str = "UTC"  # of stamps that name none


@dataclass(frozen=True, slots=True, kw_only=True)
class Pattern:
    """A head that a regular expression reads; its named groups are of at, service, pod, level and text (no look-around)."""

    pattern: str
    zone: str = "UTC"  # of stamps that name none


Head = Columns | Pattern
NO_HEAD: Final = Columns(names=("text",))
# Time, level, then the text, as most libraries write a plain line.
PLAIN: Final = Pattern(
    pattern=r"^\[?(?P<at>\d{4}[-/]\d\d[-/]\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?)\]?[\s|]+"
    r"(?:\[?(?P<level>(?i:trace|debug|info|notice|warn|warning|error|err|fatal|panic|critical|severe))\]?[\s|:]+)?(?P<text>.*)$"
)


def frames(chunks: Iterable[bytes], head: Head = PLAIN) -> Iterator[pl.DataFrame]:
    """The bytes of a file, in chunks of any size, as frames of events."""
    held = b""
    for block in _blocks(chunks):
        fields = _fields(_lines(held + block), head)
        last = fields["text"].is_not_null().arg_true().max()
        held = b"" if last is None else "\n".join(fields["line"][last:]).encode() + b"\n"  # type: ignore[arg-type]
        yield _events(fields if last is None else fields[:last], head)  # type: ignore[misc]
    if held:
        yield _events(_fields(_lines(held), head), head)


def _blocks(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes cut at line ends, `BLOCK` or more at a time."""
    held: list[bytes] = []
    size = 0
    for chunk in chunks:
        held.append(chunk)
        size += len(chunk)
        if size >= BLOCK and b"\n" in chunk:
            whole, newline, rest = b"".join(held).rpartition(b"\n")
            yield whole + newline
            held, size = [rest], len(rest)
    if size:
        yield b"".join(held)


def _lines(block: bytes) -> pl.DataFrame:
    try:
        block.decode()
    except UnicodeDecodeError:
        block = "\n".join(_decoded(line) for line in block.split(b"\n")).encode()
    lines = pl.read_lines(io.BytesIO(block), name="line")
    return lines if b"\r" not in block else lines.with_columns(pl.col("line").str.strip_chars_end("\r"))


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
    return lines.lazy().with_columns(parts.alias("fields")).unnest("fields").collect(engine="streaming")


def _events(fields: pl.DataFrame, head: Head) -> pl.DataFrame:
    """The lines that have a head, what continues each one joined to its text."""
    starts = fields["text"].is_not_null()
    if not starts.any():
        fields = fields.with_columns(text=pl.col("line"))
    elif not starts.all():
        fields = _joined(fields)
    return _framed(fields, head)


def _joined(fields: pl.DataFrame) -> pl.DataFrame:
    numbered = fields.with_columns(event=pl.col("text").is_not_null().cum_sum())
    more = numbered.filter(pl.col("text").is_null() & (pl.col("event") > 0)).group_by("event", maintain_order=True)
    tails = more.agg(tail=pl.col("line").str.join("\n"), lines=pl.len().cast(pl.Int64) + 1)
    orphans = numbered.filter(pl.col("event") == 0).with_columns(text=pl.col("line"), lines=pl.lit(1, pl.Int64))
    heads = numbered.filter(pl.col("text").is_not_null()).join(tails, on="event", how="left", maintain_order="left")
    told = heads.with_columns(text=pl.concat_str("text", "tail", separator="\n", ignore_nulls=True)).drop("tail")
    return pl.concat([orphans, told])


def _framed(fields: pl.DataFrame, head: Head) -> pl.DataFrame:
    blank = pl.lit("", pl.String)
    words = [pl.col(name).fill_null("") if name in fields.columns else blank.alias(name) for name in ("service", "pod", "level")]
    lines = pl.col("lines").fill_null(1) if "lines" in fields.columns else pl.lit(1, pl.Int64).alias("lines")
    at = instants.microseconds(fields["at"], head.zone) if "at" in fields.columns else pl.lit(None, pl.Int64)
    return fields.select(*words, at.alias("at"), "text", lines).cast(FRAME)  # type: ignore[arg-type]
