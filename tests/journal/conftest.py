"""The journals that the contract is tried on."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from kuaihui.integrations.postgres import Postgres
from kuaihui.integrations.sqlite import Sqlite
from kuaihui.journal.journal import Journal
from kuaihui.journal.memory import Memory


@asynccontextmanager
async def memory() -> AsyncGenerator[Journal]:
    yield Memory()


@pytest.fixture(params=["memory", "sqlite", "postgres"])
async def journal(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncGenerator[Journal]:
    """Each kind of journal, empty."""
    match request.param:
        case "memory":
            opening = memory()
        case "sqlite":
            opening = Sqlite.open(tmp_path / "journal.db")
        case _:
            opening = Postgres.open(request.getfixturevalue("postgres_url"), database_time=False)
    async with opening as opened:
        yield opened
