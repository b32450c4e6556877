"""
Connections to the journal's file.

Rule 1: what is committed is on the disk: WAL with `synchronous = FULL` (each commit is an fsync), and F_FULLFSYNC where macOS needs it.
Rule 2: only the writer's connection writes; the others are told to refuse to.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Final

_BOTH: Final = ("busy_timeout = 10000", "temp_store = MEMORY", "cache_size = -16000")
_WRITER: Final = ("journal_mode = WAL", "synchronous = FULL", "fullfsync = ON", "checkpoint_fullfsync = ON", *_BOTH)
_READER: Final = ("query_only = ON", *_BOTH)


def writing(file: Path) -> sqlite3.Connection:
    """
    The connection that writes; transactions are begun by hand. It may be used by one thread at a time, whichever that is.

    Raises sqlite3.OperationalError where nothing can be written.
    """
    connection = _connected(file, _WRITER)
    # A file that may only be read lets itself be opened, and would be found out by the first alert.
    connection.execute("BEGIN IMMEDIATE")
    connection.execute("PRAGMA user_version = 0")
    connection.execute("ROLLBACK")
    return connection


def reading(file: Path) -> sqlite3.Connection:
    """A connection that only reads, and never waits for the writer."""
    return _connected(file, _READER)


def _connected(file: Path, pragmas: tuple[str, ...]) -> sqlite3.Connection:
    connection = sqlite3.connect(file, isolation_level=None, check_same_thread=False, cached_statements=256)
    for pragma in pragmas:
        connection.execute(f"PRAGMA {pragma}")
    return connection
