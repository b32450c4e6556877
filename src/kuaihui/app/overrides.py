"""
The catalog in force: the files, with the overrides of rotas that were made on the page laid over them.

Rule 1: it is one object until the files or an override change, so that whatever was worked out from it stays good.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final

import msgspec

from kuaihui.catalog.catalog import Catalog
from kuaihui.catalog.stand_ins import Span, StandIn, check, in_force
from kuaihui.journal.journal import Journal
from kuaihui.journal.notes import Note

OVERRIDE: Final = "override"


class _Body(msgspec.Struct):
    rota: str
    spans: tuple[Span, ...]
    reason: str


class Overrides:
    """The overrides that the journal keeps, and the catalog with them."""

    def __init__(self, journal: Journal, files: Callable[[], Catalog]) -> None:
        self._journal, self._files = journal, files
        self._standing: list[StandIn] = []
        self._made: tuple[Catalog, Catalog] | None = None  # from the files' catalog

    def catalog(self) -> Catalog:
        """The catalog in force."""
        files = self._files()
        if self._made is None or self._made[0] is not files:
            self._made = (files, in_force(files, self._standing))
        return self._made[1]

    async def look(self, now: datetime) -> None:
        """Take over what the journal keeps now: others may have made or ended one."""
        # Those that are over stay: the calendar and the figures tell who was really on call.
        standing = [read_override(note) for note in await self._journal.standing(OVERRIDE) if note.over > note.since]
        if standing != self._standing:
            self._standing, self._made = standing, None

    async def make(self, stand_in: StandIn, now: datetime) -> None:
        """Keep an override; it is in force when this returns. Raises Refused."""
        await self.look(now)
        check(stand_in, self.catalog(), now)
        body = msgspec.json.encode(_Body(stand_in.rota, stand_in.spans, stand_in.reason))
        since, until = min(span.since for span in stand_in.spans), max(span.until for span in stand_in.spans)
        await self._journal.stand(Note(stand_in.id, OVERRIDE, body, since, until, stand_in.author, now))
        await self.look(now)

    async def end(self, id: str, now: datetime, by: str) -> bool:
        """End an override early; what of it has passed stays as it was."""
        ended = await self._journal.end(id, now, by)
        await self.look(now)
        return ended


def read_override(note: Note) -> StandIn:
    """The override that a note keeps, as far as it really held."""
    body = msgspec.json.decode(note.body, type=_Body)
    spans = tuple(msgspec.structs.replace(span, until=min(span.until, note.over)) for span in body.spans if span.since < note.over)
    return StandIn(note.id, body.rota, spans, body.reason, note.by)
