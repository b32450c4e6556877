"""The journal's file: made, or its tables brought to the newest form, before anything else is done with it."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from kuaihui.integrations.sqlite.connections import reading
from kuaihui.journal.schema.version import FOUND, HEAD


def bring_up_to_date(file: Path) -> None:
    """
    Make the file, readable by its owner alone, or bring its tables to the newest form, whole or not at all.

    Raises BadSettings when a newer version of Kuaihui wrote it.
    """
    file.touch(mode=0o600)
    if _version(file) != HEAD:
        _upgrade(file)


def _version(file: Path) -> str | None:
    connection = reading(file)
    try:
        return connection.execute(FOUND).fetchone()[0]
    except (sqlite3.OperationalError, TypeError):
        return None
    finally:
        connection.close()


def _upgrade(file: Path) -> None:
    # Loading these takes longer than opening the journal, and hardly any start needs them.
    from sqlalchemy import Connection, NullPool, create_engine, event  # noqa: PLC0415

    from kuaihui.journal.schema.upgrade import upgrade  # noqa: PLC0415

    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    engine = create_engine(f"sqlite:///{file}", poolclass=NullPool)
    # Python's driver begins no transaction before a CREATE TABLE; we begin it ourselves, so that half an upgrade is none.
    event.listen(engine, "connect", _leave_transactions_to_us)
    event.listen(engine, "begin", begin)
    try:
        with engine.begin() as connection:
            upgrade(connection)
    finally:
        engine.dispose()


def _leave_transactions_to_us(connection: sqlite3.Connection, _: object) -> None:
    connection.isolation_level = None
