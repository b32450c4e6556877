"""Spans of time as people write them: "30s", "5m", "1h30m", "2d"."""

from __future__ import annotations

import re
from datetime import timedelta

from kuaihui.language import Text, plain, text

_UNITS = {"d": 86400, "h": 3600, "m": 60, "s": 1, "ms": 0.001}
_WHOLE = re.compile(r"(?:\d+(?:\.\d+)?(?:ms|[dhms]))+")
_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|[dhms])")


def parse_duration(written: str) -> timedelta:
    """The span written as "1h30m" (units d h m s ms). Raises ValueError on anything else."""
    if not _WHOLE.fullmatch(written.strip()):
        raise ValueError(f"not a duration: {written!r} (write it like 30s, 5m or 1h30m)")
    return timedelta(seconds=sum(float(number) * _UNITS[unit] for number, unit in _PART.findall(written)))


def say_duration(span: timedelta) -> Text:
    """A span in a sentence: as `show_duration` has it, days and hours in the reader's language."""
    return in_words(span) if round(span.total_seconds()) >= 48 * 3600 else plain(show_duration(span))


def in_words(span: timedelta) -> Text:
    """A span in words: "40 s", "1 min 32 s", "2 h 5 min", "3d 4h" from two days on."""
    minutes, seconds = divmod(max(0, round(span.total_seconds())), 60)
    hours, days = minutes // 60, minutes // 1440
    if hours >= 48:
        return text("{days}d {hours}h", days=days, hours=hours % 24) if hours % 24 else text("{days}d", days=days)
    if hours:
        return text("{hours} h {minutes} min", hours=hours, minutes=minutes % 60) if minutes % 60 else text("{hours} h", hours=hours)
    if seconds:
        return text("{minutes} min {seconds} s", minutes=minutes, seconds=seconds) if minutes else text("{seconds} s", seconds=seconds)
    return text("{minutes} min", minutes=minutes) if minutes else text("{seconds} s", seconds=0)


def roughly(span: timedelta) -> Text:
    """The same in whole minutes, from one minute on."""
    minutes = round(span.total_seconds() / 60)
    return in_words(timedelta(minutes=minutes)) if minutes else in_words(span)


def show_duration(span: timedelta) -> str:
    """A span as people read a clock: "0:40" under an hour, "1:05:00" above, "3d 4h" from two days on; a minus for what lies in the past."""
    seconds = round(span.total_seconds())
    sign, seconds = ("-" if seconds < 0 else ""), abs(seconds)
    hours, rest = divmod(seconds, 3600)
    minutes, seconds = divmod(rest, 60)
    if hours >= 48:
        return f"{sign}{hours // 24}d {hours % 24}h"
    return f"{sign}{hours}:{minutes:02}:{seconds:02}" if hours else f"{sign}{minutes}:{seconds:02}"
