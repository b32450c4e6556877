"""A journal's file that is only read, beside the one process that has it open: SQLite's write-ahead log lets both go on."""

from __future__ import annotations

import sqlite3
from collections.abc import Generator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Final

from kuaihui.errors import BadSettings
from kuaihui.integrations.sqlite.connections import reading
from kuaihui.journal.chain import START, Record
from kuaihui.journal.journal import Summary
from kuaihui.journal.rows import COLUMNS, microseconds, summary_of_row
from kuaihui.journal.schema.version import FOUND, HEAD
from kuaihui.language import text

_RECORDS: Final = "SELECT incident, number, body, hash, position FROM records WHERE incident = ? AND number >= ? ORDER BY number"
_SUMMARIES: Final = f"SELECT {', '.join(COLUMNS)} FROM incidents"  # noqa: S608 - names from this package


class Beside:
    """What `verify` asks of a journal."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    async def head(self, incident: str) -> tuple[int, str]:
        found = self._connection.execute("SELECT length, head FROM incidents WHERE incident = ?", (incident,)).fetchone()
        return (found[0], found[1]) if found else (0, START)

    async def read(self, incident: str, after: int = 0) -> list[Record]:
        return [Record(*row) for row in self._connection.execute(_RECORDS, (incident, after))]

    async def summaries(self, *, open_only: bool = False, before: datetime | None = None, limit: int = 1000) -> list[Summary]:
        wanted = [*(["closed IS NULL"] if open_only else []), *(["opened < ?"] if before else [])]
        where = f" WHERE {' AND '.join(wanted)}" if wanted else ""
        values = [microseconds(before)] if before else []
        rows = self._connection.execute(f"{_SUMMARIES}{where} ORDER BY opened DESC, incident DESC LIMIT ?", (*values, limit))
        return [summary_of_row(row) for row in rows]


@contextmanager
def beside(file: Path) -> Generator[Beside]:
    """The journal in this file, as it stands. Raises BadSettings where there is none, or one of another form."""
    if not file.is_file():
        raise BadSettings(text("there is no journal {file}: it is made when Kuaihui first starts there", file=str(file)))
    try:
        connection = reading(file)
    except sqlite3.DatabaseError as broken:
        raise BadSettings(text("{file} is no journal: {what}", file=str(file), what=str(broken))) from broken
    try:
        if _form(connection) != HEAD:
            raise BadSettings(text("the journal {file} has the form of another version: start this one on it once", file=str(file)))
        yield Beside(connection)
    finally:
        connection.close()


def _form(connection: sqlite3.Connection) -> str | None:
    try:
        return connection.execute(FOUND).fetchone()[0]
    except (sqlite3.DatabaseError, TypeError):
        return None
