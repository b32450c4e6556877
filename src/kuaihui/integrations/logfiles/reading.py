"""
Records out of a log file's bytes.

Rule 1: a record is in the span by the time it tells; one that tells none is counted, never guessed.
Rule 2: a line that is not what the file's format says is a record of its own text: nothing that was written is lost for being odd.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, Literal

import msgspec
import polars as pl

from kuaihui.diagnosis.log_signatures import heads, instants
from kuaihui.diagnosis.log_signatures.evidence import at_least, clean
from kuaihui.diagnosis.log_signatures.lines import LogLine

Format = Literal["json", "plain"]
MOST_BYTES: Final = 64 << 20  # read of one file's end: about a second's work
_AT: Final = ("@timestamp", "timestamp", "time", "ts", "at", "datetime", "date", "asctime")
_TEXT: Final = ("message", "msg", "log", "text", "event", "content")
_LEVEL: Final = ("level", "severity", "lvl", "levelname", "log_level", "log.level")
_SERVICE: Final = ("service", "app", "application", "service_name", "service.name")
_POD: Final = ("pod", "pod_name", "host", "hostname", "instance", "container")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_Object = msgspec.json.Decoder(dict[str, object])


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Which records: from `since` up to `until`, at least this level, holding this text (any case)."""

    since: datetime
    until: datetime
    level: str = ""
    words: str = ""

    def fits(self, line: LogLine) -> bool:
        """Whether a record is wanted."""
        if not self.since <= line.at < self.until or self.words.lower() not in line.text.lower():
            return False
        levels = at_least(self.level)
        return not levels or (line.level.lower() in levels if line.level else any(word in line.text.lower() for word in levels))


@dataclass(frozen=True)
class Read:
    """Records of one file, how many told no time, and whether only its end was read."""

    lines: list[LogLine]
    timeless: int = 0
    cut: bool = False


def end_of(file: Path, most: int = MOST_BYTES) -> tuple[bytes, bool]:
    """The last whole lines of a file, and whether anything stands before them."""
    with file.open("rb") as opened:
        size = opened.seek(0, io.SEEK_END)
        opened.seek(max(0, size - most))
        block = opened.read(most)
    return (block[block.find(b"\n") + 1 :], True) if size > most else (block, False)


def read(file: Path, form: Format, zone: str, wanted: Wanted) -> Read:
    """The wanted records of a file. Raises OSError where it cannot be read."""
    block, cut = end_of(file)
    frame = _json(block, zone) if form == "json" else _plain(block, zone)
    timed = frame.filter(pl.col("at").is_not_null())
    inside = timed.filter(pl.col("at").is_between(instants.of(wanted.since), instants.of(wanted.until), closed="left"))
    return Read([line for line in _lines(inside, file.stem) if wanted.fits(line)], len(frame) - len(timed), cut)


def _plain(block: bytes, zone: str) -> pl.DataFrame:
    whole = b"".join(heads.blocks([block], heads.PLAIN))
    return heads.frame(whole, heads.Pattern(pattern=heads.PLAIN.pattern, zone=zone)) if whole else _nothing()


def _nothing() -> pl.DataFrame:
    return pl.DataFrame(schema={name: pl.Int64 if name == "at" else pl.String for name in ("at", "level", "service", "pod", "text")})


def _lines(frame: pl.DataFrame, service: str) -> Iterator[LogLine]:
    for row in frame.iter_rows(named=True):
        at = _EPOCH + timedelta(microseconds=row["at"])
        yield LogLine(at, clean(row["text"]), row["service"] or service, row["pod"], row["level"])


def _json(block: bytes, zone: str) -> pl.DataFrame:
    rows = [_row(line) for line in block.split(b"\n") if line.strip()]
    frame = pl.DataFrame(rows, schema=["at", "level", "service", "pod", "text"], orient="row") if rows else _nothing()
    return frame.with_columns(at=instants.microseconds(frame["at"].cast(pl.String), zone))


def _row(line: bytes) -> tuple[str, str, str, str, str]:
    written = _decoded(line)
    try:
        told = _Object.decode(written)
    except (msgspec.MsgspecError, RecursionError):
        return ("", "", "", "", written)
    words = tuple(_first(told, names) for names in (_AT, _LEVEL, _SERVICE, _POD, _TEXT))
    return (words[0], words[1], words[2], words[3], words[4] or written)


def _decoded(line: bytes) -> str:
    """UTF-8, else what older Chinese systems write."""
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError:
        return line.decode("gb18030", "replace")


def _first(told: dict[str, object], names: tuple[str, ...]) -> str:
    """The first of these fields that is there, as text; a number of seconds with a fraction as one of microseconds."""
    value = next((told[name] for name in names if name in told and told[name] is not None), "")
    if isinstance(value, float):
        return str(round(value * 1_000_000)) if value < 1e11 else str(round(value))
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
