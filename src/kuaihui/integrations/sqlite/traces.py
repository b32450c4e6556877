"""What became of alerts, as rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import msgspec

from kuaihui.integrations.sqlite.commit import Commit
from kuaihui.journal.journal import Trace
from kuaihui.journal.rows import instant, microseconds, optional_instant, optional_microseconds

TRACES: Final = "SELECT key, at, verdict, reason, labels, incident, count, last FROM traces WHERE key = ? ORDER BY at, verdict, incident"

# A repeat adds to the count, and was last seen at its own last instant, or else when it was heard.
_NOTE: Final = (
    "INSERT INTO traces (key, at, verdict, reason, labels, incident, count, last) VALUES (?, ?, ?, ?, ?, ?, ?, ?) "
    "ON CONFLICT (key, verdict, incident) DO UPDATE SET count = count + excluded.count, last = coalesce(excluded.last, excluded.at)"
)


def writing_traces(traces: Sequence[Trace]) -> Callable[[Commit], None]:
    """The work of writing these traces."""
    rows = [_row(trace) for trace in traces]

    def write(commit: Commit) -> None:
        commit.connection.executemany(_NOTE, rows)

    return write


def _row(trace: Trace) -> tuple[str | int | bytes | None, ...]:
    labels, last = msgspec.json.encode(trace.labels), optional_microseconds(trace.last)
    return trace.key, microseconds(trace.at), trace.verdict, trace.reason, labels, trace.incident, trace.count, last


def trace_of(row: Sequence[Any]) -> Trace:  # Any: a database's row
    """The trace that a row is."""
    key, at, verdict, reason, labels, incident, count, last = row
    return Trace(
        key, instant(at), verdict, reason, msgspec.json.decode(labels, type=dict[str, str]), incident, count, optional_instant(last)
    )
