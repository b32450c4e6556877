"""
The index of words, kept by PostgreSQL's full-text search in a schema of its own.

Rule 1: it can be dropped at any time (`DROP SCHEMA kuaihui_words CASCADE`): it is made anew from the records.
Rule 2: tokens are kept and looked for as they are (`array_to_tsvector`, and queries in quotes): no dictionary of the server's has a say.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import asyncpg

from kuaihui.integrations.postgres.connections import Asked
from kuaihui.integrations.postgres.statements import UPGRADING
from kuaihui.journal.words import FORM, Hit, Term, Worded, terms

# ruff: noqa: S608 - every part of a statement is written in this file; values are always passed beside it

SCHEMA: Final = "kuaihui_words"
_ROWS: Final = f"{SCHEMA}.rows_{FORM}"
_THERE: Final = "SELECT to_regclass($1) IS NOT NULL"
_MAKE: Final = f"""
BEGIN; {UPGRADING};
CREATE SCHEMA IF NOT EXISTS {SCHEMA};
CREATE TABLE IF NOT EXISTS {_ROWS} (position bigint PRIMARY KEY, incident text NOT NULL, number int NOT NULL, tokens tsvector NOT NULL);
CREATE INDEX IF NOT EXISTS rows_{FORM}_tokens ON {_ROWS} USING gin (tokens);
CREATE INDEX IF NOT EXISTS rows_{FORM}_incident ON {_ROWS} (incident, position);
COMMIT
"""
_NEWEST: Final = f"SELECT coalesce(max(position), 0) FROM {_ROWS}"
_INDEX: Final = f"INSERT INTO {_ROWS} VALUES ($1, $2, $3, array_to_tsvector($4::text[])) ON CONFLICT (position) DO NOTHING"
_FORGET: Final = f"TRUNCATE {_ROWS}"
_SEARCH: Final = f"""
WITH whole AS (
    SELECT incident FROM unnest($1::text[]) AS asked JOIN {_ROWS} ON tokens @@ asked::tsquery
    GROUP BY incident HAVING count(DISTINCT asked) = cardinality($1::text[])
), newest AS (
    SELECT incident, max(position) AS last FROM {_ROWS} JOIN whole USING (incident) GROUP BY incident ORDER BY last DESC LIMIT $2
)
SELECT incident, array_agg(number ORDER BY number) FROM newest JOIN {_ROWS} USING (incident) WHERE tokens @@ $3::tsquery
GROUP BY incident, last ORDER BY last DESC
"""


class Index:
    """Where words are found. Its table is made when it is first needed."""

    def __init__(self, asked: Asked) -> None:
        self._asked = asked
        self._there = False

    async def indexed(self) -> int:
        """The newest position of which words are kept."""
        row = await (await self._ready()).row(_NEWEST)
        assert row is not None, "a SELECT of max has one row"
        return row[0]

    async def index(self, words: Sequence[Worded], *, anew: bool) -> None:
        """Keep these words."""
        asked = await self._ready()
        if anew:
            await asked.rows(_FORGET)
        await asked.many(_INDEX, [(one.position, one.incident, one.number, list(one.tokens)) for one in words])

    async def search(self, wanted: str, limit: int) -> list[Hit]:
        """The incidents in which all of it is found."""
        looked_for = [_quoted(term) for term in terms(wanted)]
        if not looked_for:
            return []
        rows = await (await self._ready()).rows(_SEARCH, looked_for, limit, " | ".join(looked_for))
        return [Hit(incident, tuple(numbers)) for incident, numbers in map(tuple[str, list[int]], rows)]

    async def _ready(self) -> Asked:
        if not self._there:
            row = await self._asked.row(_THERE, _ROWS)
            if row is None or not row[0]:
                await self._make()
            self._there = True
        return self._asked

    async def _make(self) -> None:
        try:
            await self._asked.script(_MAKE)
        except asyncpg.UniqueViolationError:  # another worker made it in this very moment
            return


def _quoted(term: Term) -> str:
    """A term in tsquery's own language; a token is letters and digits alone, so quotes are all it needs."""
    return f"'{term.token}':*" if term.prefix else f"'{term.token}'"
