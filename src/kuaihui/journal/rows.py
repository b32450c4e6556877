"""
Summaries and instants as database columns, the same in every database.

Rule 1: an instant is kept as microseconds since 1970 in UTC, so that no database's idea of a time zone can touch it.
Rule 2: the order of COLUMNS is the order in which statements name them.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, Final

from kuaihui.journal.journal import Summary

COLUMNS: Final = ("incident", "key", "service", "title", "phase", "severity", "opened", "changed", "value", "drill", "closed")

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


# The facts, summaries and traces of one commit mostly share one instant.
@lru_cache(maxsize=256)
def microseconds(at: datetime) -> int:
    """Microseconds from 1970 to this aware instant."""
    return (at - _EPOCH) // _MICROSECOND


def instant(kept: int) -> datetime:
    """The instant (UTC) that was kept as microseconds."""
    return _EPOCH + timedelta(microseconds=kept)


def optional_microseconds(at: datetime | None) -> int | None:
    """Microseconds of an instant that may be missing."""
    return None if at is None else microseconds(at)


def optional_instant(kept: int | None) -> datetime | None:
    """The instant that may be missing."""
    return None if kept is None else instant(kept)


def row_of(summary: Summary) -> tuple[str | int | float | bool | None, ...]:
    """A summary's columns."""
    return (
        summary.incident,
        summary.key,
        summary.service,
        summary.title,
        summary.phase,
        summary.severity,
        microseconds(summary.opened),
        microseconds(summary.changed),
        summary.value,
        summary.drill,
        optional_microseconds(summary.closed),
    )


def summary_of_row(row: Sequence[Any]) -> Summary:  # Any: a database's row
    """The summary that these columns are."""
    incident, key, service, title, phase, severity, opened, changed, value, drill, closed = row
    return Summary(
        incident, key, service, title, phase, severity, instant(opened), instant(changed), value, bool(drill), optional_instant(closed)
    )
