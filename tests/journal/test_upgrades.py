"""A journal that an older version wrote is brought to the newest form with everything that stands in it."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import sqlalchemy as sa
from alembic import command

from kuaihui.integrations.sqlite import Sqlite
from kuaihui.journal.schema.upgrade import configuration


async def test_traces_of_the_first_form_are_kept_and_counted_on(tmp_path: Path) -> None:
    file = tmp_path / "journal.db"
    engine = sa.create_engine(f"sqlite:///{file}", poolclass=sa.NullPool)
    with engine.begin() as connection:
        command.upgrade(configuration(connection), "0001")
    engine.dispose()
    with sqlite3.connect(file) as old:
        old.execute("INSERT INTO traces VALUES ('a', 'opened', 'INC-1', 5, NULL, 3, x'7b7d', x'7b7d')")
    old.close()

    async with Sqlite.open(file) as journal:
        (kept,) = await journal.traces("a")
        assert (kept.verdict, kept.incident, kept.count, kept.rule) == ("opened", "INC-1", 3, "")
        await journal.note([kept])
        assert [one.count for one in await journal.traces("a")] == [6]
        assert await journal.standing("silence") == []
