"""One process a journal file: a second one is refused by name instead of two settling the same incidents."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import Self

from kuaihui.errors import BadSettings
from kuaihui.language import Text, text


def in_use(journal: Path, process: str) -> Text:
    """What is told when another process has the journal open."""
    return text(
        "the journal {file} is in use by process {process}: stop that one, or share a PostgreSQL journal",
        file=str(journal),
        process=process,
    )


class OnlyProcess:
    """
    Holds FILE.lock until it is closed; the kernel lets go of it however this process ends.

    The lock stands beside the journal: SQLite's own locks on the journal would be lost when we closed it. Raises BadSettings when another
    process holds it.
    """

    def __init__(self, journal: Path) -> None:
        journal.parent.mkdir(parents=True, exist_ok=True)
        self._file = os.open(journal.with_name(journal.name + ".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(self._file, 32, 0).decode(errors="replace").strip() or "?"
            os.close(self._file)
            raise BadSettings(in_use(journal, holder)) from None
        os.ftruncate(self._file, 0)
        os.pwrite(self._file, str(os.getpid()).encode(), 0)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._file)
