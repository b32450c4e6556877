"""
Reading the journal's file.

Rule 1: a short read is done at once, on the event loop: it costs less than the way to another thread. A long one is done in a thread.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from kuaihui.integrations.sqlite.connections import reading

Values = Sequence[str | int | bytes]
Rows = list[tuple[Any, ...]]  # Any: a database's rows


class Reader:
    """Connections that only read: one for the event loop, one for a thread."""

    def __init__(self, file: Path) -> None:
        self._here = reading(file)
        self._there = reading(file)
        self._thread = ThreadPoolExecutor(1, "journal reader")

    def short(self, statement: str, values: Values = ()) -> Rows:
        """The rows of a statement that finds few of them, by an index."""
        return _rows(self._here, statement, values)

    async def long(self, statement: str, values: Values = ()) -> Rows:
        """The rows of a statement that may find many."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, _rows, self._there, statement, values)

    async def close(self) -> None:
        """Finish what is being read, and close."""
        await asyncio.to_thread(self._thread.shutdown)
        self._there.close()
        self._here.close()


def _rows(connection: sqlite3.Connection, statement: str, values: Values) -> Rows:
    return connection.execute(statement, values).fetchall()
