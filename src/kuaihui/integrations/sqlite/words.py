"""
The index of words, in a file of its own beside the journal's, kept by SQLite's full-text search (FTS5).

Rule 1: it can be deleted at any time: it is made anew from the records. So it is written without waiting for the disk, and by a thread of
        its own: looking for words delays no page.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

from kuaihui.journal.words import FORM, Hit, Term, Worded, terms

_PRAGMAS: Final = ("journal_mode = WAL", "synchronous = OFF", "temp_store = MEMORY")
_TABLES: Final = (
    "CREATE TABLE rows (position INTEGER PRIMARY KEY, incident TEXT NOT NULL, number INTEGER NOT NULL)",
    "CREATE INDEX rows_of_incident ON rows (incident, position)",
    # Our tokens are what is kept: the tokenizer only takes them apart where we put spaces between them.
    "CREATE VIRTUAL TABLE words USING fts5(tokens, content = '', detail = 'none', tokenize = \"unicode61 remove_diacritics 0\")",
)
_FITTING: Final = "SELECT rowid FROM words WHERE words MATCH ?"
_INCIDENTS: Final = f"SELECT DISTINCT incident FROM rows WHERE position IN ({_FITTING})"  # noqa: S608 - no values in it


class Index:
    """Where words are found. Opened when it is first needed."""

    def __init__(self, file: Path) -> None:
        self._file = file.with_name(f"{file.name}.words")
        self._thread = ThreadPoolExecutor(1, "journal words")
        self._opened: sqlite3.Connection | None = None

    async def indexed(self) -> int:
        """The newest position of which words are kept."""
        return await self._do(_newest)

    async def index(self, words: Sequence[Worded], *, anew: bool) -> None:
        """Keep these words."""
        await self._do(_index, words, anew)

    async def search(self, wanted: str, limit: int) -> list[Hit]:
        """The incidents in which all of it is found."""
        return await self._do(_search, terms(wanted), limit)

    async def close(self) -> None:
        """Finish what is being done, and close."""
        await asyncio.to_thread(self._thread.shutdown)
        if self._opened is not None:
            self._opened.close()

    async def _do(self, work: Any, *values: Any) -> Any:  # Any: each piece of work has its own values and answer
        return await asyncio.get_running_loop().run_in_executor(self._thread, lambda: work(self._connection(), *values))

    def _connection(self) -> sqlite3.Connection:
        if self._opened is None:
            self._opened = _open(self._file)
        return self._opened


def _open(file: Path) -> sqlite3.Connection:
    """The index, made anew where there is none, or where it cannot be read."""
    file.touch(mode=0o600)
    try:
        return _connected(file)
    except sqlite3.DatabaseError:
        for name in (file, file.with_name(f"{file.name}-wal"), file.with_name(f"{file.name}-shm")):
            name.unlink(missing_ok=True)
        file.touch(mode=0o600)
        return _connected(file)


def _connected(file: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
    for pragma in _PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")
    if connection.execute("PRAGMA user_version").fetchone()[0] != FORM:
        _make(connection)
    return connection


def _make(connection: sqlite3.Connection) -> None:
    connection.execute("BEGIN IMMEDIATE")
    for name in ("words", "rows"):
        connection.execute(f"DROP TABLE IF EXISTS {name}")
    for table in _TABLES:
        connection.execute(table)
    connection.execute(f"PRAGMA user_version = {FORM}")
    connection.execute("COMMIT")


def _newest(connection: sqlite3.Connection) -> int:
    return connection.execute("SELECT coalesce(max(position), 0) FROM rows").fetchone()[0]


def _index(connection: sqlite3.Connection, words: Sequence[Worded], anew: bool) -> None:
    if anew:
        _make(connection)
    connection.execute("BEGIN IMMEDIATE")
    try:
        for one in words:
            kept = connection.execute("INSERT OR IGNORE INTO rows VALUES (?, ?, ?)", (one.position, one.incident, one.number))
            if kept.rowcount:
                connection.execute("INSERT INTO words (rowid, tokens) VALUES (?, ?)", (one.position, " ".join(one.tokens)))
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise


def _search(connection: sqlite3.Connection, looked_for: Sequence[Term], limit: int) -> list[Hit]:
    if not looked_for:
        return []
    asked = [_asked(term) for term in looked_for]
    whole = " INTERSECT ".join([_INCIDENTS] * len(asked))
    # The newest first: an incident's last record tells when it last changed.
    ordered = f"SELECT incident FROM rows WHERE incident IN ({whole}) GROUP BY incident ORDER BY max(position) DESC LIMIT ?"  # noqa: S608
    incidents = [row[0] for row in connection.execute(ordered, (*asked, limit))]
    numbers = f"SELECT number FROM rows WHERE incident = ? AND position IN ({_FITTING}) ORDER BY number"  # noqa: S608 - no values in it
    either = " OR ".join(asked)
    return [Hit(incident, tuple(row[0] for row in connection.execute(numbers, (incident, either)))) for incident in incidents]


def _asked(term: Term) -> str:
    """A term in FTS5's own language; a token is letters and digits alone, so quotes are all it needs."""
    return f'"{term.token}"*' if term.prefix else f'"{term.token}"'
