"""
One commit: everything that waited for it, written together.

Rule 1: work is judged and written inside the transaction; what memory knows is changed only once it is committed.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Final

import msgspec

from kuaihui.integrations.sqlite.agenda import Agenda, Scheduled
from kuaihui.journal.admission import Admission, Change, Prepared, Standing
from kuaihui.journal.chain import Record
from kuaihui.journal.rows import COLUMNS, microseconds, optional_microseconds, row_of

_KEPT: Final = (*COLUMNS, "length", "head", "due", "generation")
# What may be another after more facts; naming what stays would have its indexes written anew.
_MOVED: Final = ("phase", "severity", "changed", "value", "closed", "length", "head", "due", "generation")
_RECORD: Final = "INSERT INTO records (position, incident, number, body, hash) VALUES (?, ?, ?, ?, ?)"
_BEGUN: Final = f"INSERT INTO incidents ({', '.join(_KEPT)}) VALUES ({', '.join('?' * len(_KEPT))})"  # noqa: S608 - names from this file
_GROWN: Final = f"UPDATE incidents SET {', '.join(f'{name} = ?' for name in _MOVED)} WHERE incident = ?"  # noqa: S608 - as above
_SCHEDULE: Final = "UPDATE incidents SET due = ?, lease_until = ?, owner = ?, generation = ? WHERE incident = ?"
_ARTIFACT: Final = "INSERT INTO artifacts (hash, media, body) VALUES (?, ?, ?) ON CONFLICT (hash) DO NOTHING"
_STANDING: Final = (
    "SELECT incident, length, head, generation, CASE WHEN closed IS NULL THEN key END FROM incidents "
    "WHERE incident IN (SELECT value FROM json_each(?))"
)


class Commit:
    """A transaction that has begun."""

    def __init__(self, connection: sqlite3.Connection, agenda: Agenda, position: int) -> None:
        self.connection = connection
        self._agenda = agenda
        self._scheduled: list[Scheduled] = []
        self._in_file: dict[str, Standing] = {}
        self._admission = Admission(self._standing, agenda.holder, position)

    def append(self, appends: Sequence[Prepared]) -> list[bool]:
        """Judge these appends; those that are kept are written with the commit."""
        self._look_up({one.append.incident for one in appends})
        return [self._admission.admit(one) for one in appends]

    def _look_up(self, incidents: set[str]) -> None:
        """Ask the file, all at once, for what memory does not know."""
        unknown = [name for name in incidents if self._agenda.standing(name) is None]
        if unknown:
            found = self.connection.execute(_STANDING, (msgspec.json.encode(unknown).decode(),))
            self._in_file |= {row[0]: Standing(*row[1:]) for row in found}

    def _standing(self, incident: str) -> Standing:
        return self._agenda.standing(incident) or self._in_file.get(incident) or Standing()

    def write(self) -> None:
        """Write what was admitted."""
        self.connection.executemany(_RECORD, map(_record, self._admission.records))
        # What closes goes first, so that a key is free before it is taken.
        changes = sorted(self._admission.changes.values(), key=lambda change: change.summary.closed is None)
        self.connection.executemany(_GROWN, [_grown(change) for change in changes if change.known])
        self.connection.executemany(_BEGUN, [_begun(change) for change in changes if not change.known])

    def keep(self, hash: str, artifact: bytes, media: str) -> None:
        """Write an artifact, unless it is there."""
        self.connection.execute(_ARTIFACT, (hash, media, artifact))

    def write_schedule(self) -> None:
        """Write what the file does not know yet of when incidents are due and who settles them."""
        self._scheduled = self._agenda.unwritten()
        self.connection.executemany(_SCHEDULE, self._scheduled)

    def committed(self) -> int:
        """Let memory know; returns the newest position."""
        self._agenda.committed(self._admission.changes)
        self._agenda.written(self._scheduled)
        return self._admission.position

    def rolled_back(self) -> None:
        """Nothing of it was kept."""
        if self.connection.in_transaction:
            self.connection.execute("ROLLBACK")
        self._agenda.not_written(self._scheduled)


def _record(record: Record) -> tuple[int, str, int, bytes, str]:
    return record.position, record.incident, record.number, record.body, record.hash


def _begun(change: Change) -> tuple[str | int | float | bool | None, ...]:
    stands = change.standing
    return (*row_of(change.summary), stands.length, stands.head, change.due, stands.generation)


def _grown(change: Change) -> tuple[str | int | float | None, ...]:
    one, stands = change.summary, change.standing
    closed = optional_microseconds(one.closed)
    now = (one.phase, one.severity, microseconds(one.changed), one.value, closed, stands.length, stands.head, change.due, stands.generation)
    return (*now, one.incident)
