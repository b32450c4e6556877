"""Notes of the team, as rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Final

from kuaihui.integrations.sqlite.commit import Commit
from kuaihui.journal.notes import Note
from kuaihui.journal.rows import instant, microseconds, optional_instant, optional_microseconds

_ALL: Final = "SELECT id, kind, body, since, until, by, at, ended, ended_by FROM notes WHERE kind = ?"
NOTES: Final = f"{_ALL} ORDER BY since, at, id"
NOT_OVER: Final = f"{_ALL} AND until > ? AND (ended IS NULL OR ended > ?) ORDER BY since, at, id"
_STAND: Final = (
    "INSERT INTO notes (id, kind, body, since, until, by, at, ended, ended_by) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) "
    "ON CONFLICT (id) DO NOTHING"
)
_END: Final = "UPDATE notes SET ended = ?, ended_by = ? WHERE id = ? AND ended IS NULL"


def standing(note: Note) -> Callable[[Commit], None]:
    """The work of writing this note."""
    ended = optional_microseconds(note.ended)
    since, until, at = microseconds(note.since), microseconds(note.until), microseconds(note.at)
    row = (note.id, note.kind, note.body, since, until, note.by, at, ended, note.ended_by)

    def write(commit: Commit) -> None:
        commit.connection.execute(_STAND, row)

    return write


def ending(id: str, at: datetime, by: str) -> Callable[[Commit], bool]:
    """The work of ending a note; whether it was there to be ended."""

    def write(commit: Commit) -> bool:
        return commit.connection.execute(_END, (microseconds(at), by, id)).rowcount > 0

    return write


def note_of(row: Sequence[Any]) -> Note:  # Any: a database's row
    """The note that a row is."""
    name, kind, body, since, until, by, at, ended, ended_by = row
    return Note(name, kind, body, instant(since), instant(until), by, instant(at), optional_instant(ended), ended_by)
