"""What became of alerts, as rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import msgspec

from kuaihui.integrations.sqlite.commit import Commit
from kuaihui.journal.journal import Trace
from kuaihui.journal.rows import instant, microseconds, optional_instant, optional_microseconds

_ALL: Final = "SELECT key, at, verdict, reason, labels, incident, count, last, rule FROM traces"
_TOLD_LAST: Final = "ORDER BY coalesce(last, at) DESC, key, verdict, incident, rule LIMIT ?"
TRACES: Final = f"{_ALL} WHERE key = ? ORDER BY at, verdict, incident, rule"
TRACES_OF: Final = f"{_ALL} WHERE rule = ? AND rule <> '' {_TOLD_LAST}"
HEARD: Final = f"{_ALL} WHERE coalesce(last, at) >= ? {_TOLD_LAST}"

# A repeat adds to the count, and was last seen at its own last instant, or else when it was heard.
_NOTE: Final = (
    "INSERT INTO traces (key, at, verdict, reason, labels, incident, count, last, rule) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) "
    "ON CONFLICT (key, verdict, incident, rule) DO UPDATE SET count = count + excluded.count, last = coalesce(excluded.last, excluded.at)"
)


def writing_traces(traces: Sequence[Trace]) -> Callable[[Commit], None]:
    """The work of writing these traces."""
    rows = [_row(trace) for trace in traces]

    def write(commit: Commit) -> None:
        commit.connection.executemany(_NOTE, rows)

    return write


def _row(trace: Trace) -> tuple[str | int | bytes | None, ...]:
    labels, last = msgspec.json.encode(trace.labels), optional_microseconds(trace.last)
    return trace.key, microseconds(trace.at), trace.verdict, trace.reason, labels, trace.incident, trace.count, last, trace.rule


def trace_of(row: Sequence[Any]) -> Trace:  # Any: a database's row
    """The trace that a row is."""
    key, at, verdict, reason, labels, incident, count, last, rule = row
    said = msgspec.json.decode(labels, type=dict[str, str])
    return Trace(key, instant(at), verdict, reason, said, incident, count, optional_instant(last), rule)
