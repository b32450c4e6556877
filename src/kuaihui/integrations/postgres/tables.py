"""The journal's tables: made, or brought to the newest form, before anything else is done with them."""

from __future__ import annotations

import asyncpg

from kuaihui.integrations.postgres.connections import connected, persist
from kuaihui.integrations.postgres.statements import UPGRADING
from kuaihui.journal.schema.version import FOUND, HEAD


async def bring_up_to_date(url: str) -> None:
    """
    Bring the database's tables to the newest form, whole or not at all; several workers may start at once.

    Raises BadSettings when a newer version of Kuaihui wrote them.
    """
    if await persist(lambda: _version(url)) != HEAD:
        await _upgrade(url)


async def _version(url: str) -> str | None:
    connection = await connected(url)
    try:
        return await connection.fetchval(FOUND)
    except asyncpg.UndefinedTableError:
        return None
    finally:
        await connection.close()


async def _upgrade(url: str) -> None:
    # Loading these takes longer than opening the journal, and hardly any start needs them.
    from sqlalchemy import text as sql  # noqa: PLC0415
    from sqlalchemy.ext.asyncio import create_async_engine  # noqa: PLC0415
    from sqlalchemy.pool import NullPool  # noqa: PLC0415

    from kuaihui.journal.schema.upgrade import upgrade  # noqa: PLC0415

    engine = create_async_engine("postgresql+asyncpg://", async_creator=lambda: connected(url), poolclass=NullPool)
    try:
        async with engine.begin() as connection:
            await connection.execute(sql(UPGRADING))
            await connection.run_sync(upgrade)
    finally:
        await engine.dispose()
