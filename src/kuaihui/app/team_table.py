"""
The team's own table in force: read every few minutes, kept in the journal, laid over the catalog of the files.

Rule 1: the last good table stays, through whatever is wrong with a newer one, through Feishu's own outage, through a restart.
Rule 2: what is wrong is told where faults of the files are told; it is over when the table is good again.
Rule 3: while an override of a table's rota holds, the table's cell names who stands in; when it ends, the cell says again what people wrote
        there. What people write meanwhile is theirs, and is not written over.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final

import msgspec

from kuaihui.catalog.catalog import Catalog
from kuaihui.catalog.faults import Fault
from kuaihui.catalog.table import Line, Table, laid, rota_of, services_by_name, suspicious
from kuaihui.errors import CarryError
from kuaihui.incident.fact import HOUSE
from kuaihui.integrations.feishu.read_table import BadTable, TableReader
from kuaihui.journal.journal import Journal
from kuaihui.journal.notes import Note
from kuaihui.language import text

log = logging.getLogger(__name__)

KIND: Final = "table"
FOR_EVER: Final = timedelta(days=36_500)
People = tuple[str, ...]


class _Kept(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the journal keeps: the last good table, what we wrote into its cells, and what is wrong with a newer one."""

    table: Table | None = None
    written: dict[str, People] = {}  # by record: whom we put into the on-call cell
    faults: tuple[Fault, ...] = ()


class TeamTable:
    """The table of one house; without a `reader` there is none."""

    def __init__(self, journal: Journal, files: Callable[[], Catalog]) -> None:
        self._journal = journal
        self._files = files
        self._kept = _Kept()
        self._note: str = ""  # the one that keeps it
        self._made: tuple[Catalog, Table | None, Catalog, tuple[Fault, ...]] | None = None
        self.reader: TableReader | None = None
        self.writes = True
        self.looked: datetime | None = None

    def catalog(self) -> Catalog:
        """The files' catalog with the table laid over it; one object as long as neither changes."""
        return self._laid()[0]

    @property
    def faults(self) -> tuple[Fault, ...]:
        """What is wrong with the table, and its rows that fit no service."""
        return (*self._kept.faults, *self._laid()[1])

    def _laid(self) -> tuple[Catalog, tuple[Fault, ...]]:
        files, table = self._files(), self._kept.table
        if self._made is None or self._made[0] is not files or self._made[1] is not table:
            made, strays = laid(files, table) if table else (files, [])
            self._made = (files, table, made, tuple(strays))
        return self._made[2], self._made[3]

    async def recall(self, now: datetime) -> None:
        """Take over what the journal keeps: from before a restart, or from the worker that reads the table."""
        notes = await self._journal.standing(KIND, now)
        newest = max(notes, key=lambda note: (note.at, note.id), default=None)
        if newest is not None and newest.id != self._note:
            self._note = newest.id
            kept = msgspec.json.decode(newest.body, type=_Kept)
            if kept != self._kept:
                self._kept = kept

    async def look(self, in_force: Catalog, now: datetime) -> None:
        """Read the table; `in_force` is the catalog with the overrides, whose people are written back."""
        assert self.reader is not None, "who looks has something to read"
        self.looked = now
        try:
            table = await self.reader.read(now)
        except BadTable as bad:
            await self._keep(faults=bad.faults, now=now)
            return
        except CarryError as unread:
            fault = Fault("Feishu", 0, "table.unread", unread.text, text("the last good table stays in force until it can be read again"))
            await self._keep(faults=(fault,), now=now)
            return
        if faults := suspicious(table, self._kept.table):
            await self._keep(faults=tuple(faults), now=now)
            return
        theirs, written = self._without_ours(table)
        await self._keep(theirs, written=written, now=now)
        if self.writes:
            await self._write_back(table, in_force, now)

    # -- swaps -----------------------------------------------------------------------------------------------------------------------------

    def _without_ours(self, table: Table) -> tuple[Table, dict[str, People]]:
        """The table as people wrote it: where a cell still holds what we put there, what stood there before."""
        before = {line.record: line for line in self._kept.table.lines} if self._kept.table else {}
        written: dict[str, People] = {}
        lines: list[Line] = []
        for line in table.lines:
            ours, old = self._kept.written.get(line.record), before.get(line.record)
            if ours is not None and old is not None and line.people.get("oncall") == ours:
                written[line.record] = ours
                lines.append(msgspec.structs.replace(line, people=line.people | {"oncall": old.people.get("oncall", ())}))
            else:
                lines.append(line)
        return msgspec.structs.replace(table, lines=tuple(lines)), written

    async def _write_back(self, table: Table, in_force: Catalog, now: datetime) -> None:
        shown = {line.record: line.people.get("oncall", ()) for line in table.lines}
        for line in self._kept.table.lines if self._kept.table else ():
            theirs, ours = line.people.get("oncall", ()), self._kept.written.get(line.record)
            wanted = _wanted(in_force, self._files(), line, now)
            if wanted == shown.get(line.record) or (wanted == theirs and ours is None):
                continue
            if wanted != theirs:
                # Noted first: should we die in between, a cell that holds something else is known to be theirs.
                await self._keep(written=self._kept.written | {line.record: wanted}, now=now)
            if await self._wrote(line, wanted, now) and wanted == theirs:
                await self._keep(written={record: who for record, who in self._kept.written.items() if record != line.record}, now=now)

    async def _wrote(self, line: Line, people: People, now: datetime) -> bool:
        assert self.reader is not None
        try:
            await self.reader.write(line.record, "oncall", people, now)
        except CarryError as unwritten:
            log.warning("a swap could not be written into the table: %s", unwritten)
            return False
        return True

    async def _keep(
        self, table: Table | None = None, *, written: dict[str, People] | None = None, faults: tuple[Fault, ...] = (), now: datetime
    ) -> None:
        """Keep what has changed; the table and the cells stay where they are not given."""
        kept = _Kept(
            self._kept.table if table is None or table == self._kept.table else table,
            self._kept.written if written is None else written,
            faults,
        )
        if kept == self._kept:
            return
        self._kept = kept
        body = msgspec.json.encode(kept)
        # No two alike, however often it changes in one instant: each is named after the one before it, too.
        note = f"table-{now:%Y%m%dT%H%M%S%f}-{sha256(body + self._note.encode()).hexdigest()[:8]}"
        await self._journal.stand(Note(note, KIND, body, now, now + FOR_EVER, HOUSE, now))
        before, self._note = self._note, note
        if before and before != note:
            await self._journal.end(before, now, HOUSE)


def _wanted(in_force: Catalog, files: Catalog, line: Line, now: datetime) -> People:
    """Who is to stand in a line's on-call cell: whom an override puts on call now, else whom people wrote there."""
    service = files.services.get(services_by_name(files).get(line.service.strip().casefold(), ""))
    rota = rota_of(files, service, line) if service else None
    if rota is None:
        return ()
    answer = in_force.answer(rota.id, now)
    by_override = answer.layer < 0 and bool(answer.people)
    return answer.people if by_override else line.people.get("oncall", ())
