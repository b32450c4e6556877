"""
Instants as logs write them, read a column at a time into whole microseconds since 1970 in UTC.

Rule 1: what cannot be read is null, never a guess and never an error.
Rule 2: a stream writes few layouts; the layout of the first stamp not yet read is tried on all the rest, until few are left.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import polars as pl

SECOND: Final = 1_000_000
MINUTE: Final = 60 * SECOND
_ISO: Final = re.compile(r"\d{4}([-/])\d\d\1\d\d([T ])\d\d:\d\d:\d\d(?:[.,](\d{1,9}))?(Z|[+-]\d\d:?\d\d)?", re.ASCII)
_UNUSUAL: Final = (
    "%d/%b/%Y:%H:%M:%S %z",
    "%a %b %d %H:%M:%S %Y",
    "%a %b %d %H:%M:%S.%f %Y",
    "%Y-%m-%d-%H.%M.%S.%f",
    "%Y%m%d-%H:%M:%S:%f",
    "%y%m%d %H%M%S",
)
# An epoch of this many digits counts seconds, milliseconds, microseconds or nanoseconds (right from 2001 to 2286).
_EPOCH: Final = {10: SECOND, 13: 1_000, 16: 1}
_NANOSECOND_DIGITS: Final = 19
# Go trims the zeros at the end of a fraction, so one writer can show ten lengths; beyond twice that it is no log's clock.
_LAYOUTS: Final = 20
# Clocks that were never set write the years 0 and 1, and 9999 stands for "never": no log was written then.
_FIRST: Final = datetime(1800, 1, 1, tzinfo=UTC)
_LAST: Final = datetime(9999, 6, 1, tzinfo=UTC)


def microseconds(written: pl.Series, zone: str = "UTC") -> pl.Series:
    """`written` as microseconds since 1970; what names no zone of its own is in `zone`; null where it is no instant."""
    read = pl.repeat(None, len(written), dtype=pl.Int64, eager=True)
    tried: set[str] = set()
    while len(tried) < _LAYOUTS and (unread := written.filter(read.is_null() & written.is_not_null())).len():
        layout = next((s for s in unread.head(1) if s not in tried), None)
        if layout is None or _ISO.fullmatch(layout) is None:
            break
        tried.add(layout)
        read = read.fill_null(_like(layout, written, zone))
    if (read.is_null() & written.is_not_null()).any():
        read = _one_by_one(written, read, zone)
    return read.set(~read.is_between(of(_FIRST), of(_LAST)), None)


@dataclass(frozen=True, slots=True)
class Layout:
    """How a stamp of the ISO family is written, and what to add to it to be in UTC (microseconds)."""

    dash: str
    blank: str
    fraction: int  # digits
    suffix: str
    shift: int


def layout(sample: str, zone: str) -> Layout | None:
    """The layout of a stamp; None where it is not of the ISO family, or its zone moves its clocks around this time."""
    found = _ISO.fullmatch(sample)
    if found is None:
        return None
    dash, blank, fraction, suffix = found.groups()
    shift = -_shift(suffix) if suffix else _steady_shift(sample[:10].replace("/", "-"), zone)
    return None if shift is None else Layout(dash, blank, len(fraction or ""), suffix or "", shift)


def _steady_shift(day: str, zone: str) -> int | None:
    """Microseconds to add to a local time of this day, where the day before and the two after have the same."""
    try:
        noon = datetime.fromisoformat(f"{day}T12:00").replace(tzinfo=ZoneInfo(zone))
        shifts = {(noon + timedelta(days=days)).utcoffset() for days in (-1, 0, 1, 2)}
    except (ValueError, OverflowError):
        return None
    only = shifts.pop()
    return None if shifts or only is None else -round(only.total_seconds()) * SECOND


def _like(sample: str, written: pl.Series, zone: str) -> pl.Series:
    """The stamps that are written as `sample` is; null for the others."""
    found = _ISO.fullmatch(sample)
    dash, blank, fraction, suffix = found.groups() if found else ("-", "T", None, None)
    stamp = pl.col("stamp")
    minute = stamp.str.slice(0, 16).str.to_datetime(f"%Y{dash}%m{dash}%d{blank}%H:%M", time_unit="us", strict=False)
    exact = minute.to_physical() + stamp.str.slice(17, 2).str.to_integer(strict=False) * SECOND
    if fraction:
        exact = exact + stamp.str.slice(20, min(len(fraction), 6)).str.to_integer(strict=False) * 10 ** max(0, 6 - len(fraction))
    seconds = rf"^:[0-9]{{2}}[.,][0-9]{{{len(fraction)}}}" if fraction else "^:[0-9]{2}"
    fits = (stamp.str.len_bytes() == len(sample)) & stamp.str.slice(16).str.contains(seconds + re.escape(suffix or "") + "$")
    read = written.alias("stamp").to_frame().lazy().select(pl.when(fits).then(exact)).collect(engine="streaming").to_series()
    return _in_zone(read, zone) if suffix is None else read - _shift(suffix)


def _in_zone(local: pl.Series, zone: str) -> pl.Series:
    if zone == "UTC":
        return local
    there = local.cast(pl.Datetime("us")).dt.replace_time_zone(zone, ambiguous="earliest", non_existent="null")
    return there.dt.convert_time_zone("UTC").to_physical()


def _shift(suffix: str) -> int:
    if suffix == "Z":
        return 0
    minutes = int(suffix[1:3]) * 60 + int(suffix[-2:])
    return (minutes if suffix[0] == "+" else -minutes) * MINUTE


def _one_by_one(written: pl.Series, read: pl.Series, zone: str) -> pl.Series:
    """The stamps no layout fits, each distinct one once."""
    odd = written.filter(read.is_null() & written.is_not_null()).unique().to_list()
    known = pl.DataFrame({"stamp": odd, "at": [_instant(s, zone) for s in odd]}, schema={"stamp": pl.String, "at": pl.Int64})
    found = written.alias("stamp").to_frame().join(known, on="stamp", how="left", maintain_order="left")
    return read.fill_null(found["at"])


def _instant(stamp: str, zone: str) -> int | None:
    if stamp.isdecimal() and stamp.isascii():
        return (
            int(stamp) // 1_000 if len(stamp) == _NANOSECOND_DIGITS else int(stamp) * _EPOCH[len(stamp)] if len(stamp) in _EPOCH else None
        )
    moments = (_read(stamp, form) for form in (None, *_UNUSUAL))
    moment = next((moment for moment in moments if moment), None)
    return None if moment is None else of(moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(zone)))


def _read(stamp: str, form: str | None) -> datetime | None:
    try:
        return datetime.strptime(stamp, form) if form else datetime.fromisoformat(stamp)  # noqa: DTZ007 - the caller adds the zone
    except ValueError:
        return None


def of(moment: datetime) -> int:
    """An aware instant as microseconds since 1970."""
    return round(moment.timestamp() * SECOND)
