"""
The journal in one SQLite file.

Rule 1: one process a file (`only_process.py`), one thread that writes (`writer.py`): so memory answers for what is due (`agenda.py`).
Rule 2: `append` returns after the commit that holds it is on the disk.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, nullcontext
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Final, Self

from kuaihui.integrations.sqlite.agenda import Agenda, Entry
from kuaihui.integrations.sqlite.commit import Commit
from kuaihui.integrations.sqlite.connections import writing
from kuaihui.integrations.sqlite.notes import NOT_OVER, NOTES, ending, note_of, standing
from kuaihui.integrations.sqlite.only_process import OnlyProcess
from kuaihui.integrations.sqlite.reader import Reader
from kuaihui.integrations.sqlite.tables import bring_up_to_date
from kuaihui.integrations.sqlite.traces import HEARD, TRACES, TRACES_OF, trace_of, writing_traces
from kuaihui.integrations.sqlite.words import Index
from kuaihui.integrations.sqlite.writer import Writer
from kuaihui.journal.admission import prepared
from kuaihui.journal.chain import START, Record
from kuaihui.journal.changes import Changes, followed
from kuaihui.journal.journal import Append, Claim, Summary, Trace
from kuaihui.journal.notes import Note
from kuaihui.journal.rows import COLUMNS, microseconds, optional_instant, optional_microseconds, summary_of_row
from kuaihui.journal.words import Hit, Worded

# A read of this many rows at most is short: well under a millisecond.
SHORT: Final = 200
# Records fetched at a time by those who follow; traces written at a time.
PAGE: Final = 1000

_RECORDS: Final = "SELECT incident, number, body, hash, position FROM records"
_SUMMARIES: Final = f"SELECT {', '.join(COLUMNS)} FROM incidents"  # noqa: S608 - names from this package
_AGENDA: Final = (
    "SELECT incident, length, head, generation, CASE WHEN closed IS NULL THEN key END, due, due FROM incidents "
    "WHERE due IS NOT NULL OR closed IS NULL"
)


class Sqlite:
    """A journal in a file. Make it with `open`."""

    exclusive = True

    def __init__(self, writer: Writer, reader: Reader, agenda: Agenda, index: Index) -> None:
        self._index = index
        self._writer = writer
        self._reader = reader
        self._agenda = agenda
        self._changes = Changes()

    @classmethod
    @asynccontextmanager
    async def open(cls, file: Path | str) -> AsyncGenerator[Self]:
        """
        The journal in this file, made or brought up to date where need be.

        Raises BadSettings when another process has it open, or a newer version of Kuaihui wrote it.
        """
        file = Path(file)
        async with AsyncExitStack() as opened:
            opened.enter_context(OnlyProcess(file))
            bring_up_to_date(file)
            agenda = Agenda()
            writer = Writer(writing(file), agenda)
            opened.push_async_callback(writer.close)
            reader = Reader(file)
            opened.push_async_callback(reader.close)
            agenda.load((row[0], Entry(*row[1:])) for row in await reader.long(_AGENDA))
            index = Index(file)
            opened.push_async_callback(index.close)
            yield cls(writer, reader, agenda, index)

    # -- facts -------------------------------------------------------------------------------------------------------------------------

    async def append(self, appends: Sequence[Append]) -> list[bool]:
        if not appends:
            return []
        ready = prepared(appends, lambda one: optional_microseconds(one.due))
        kept = await self._writer.write(lambda commit: commit.append(ready), sum(len(one.facts) + 1 for one in appends))
        if any(kept):
            self._changes.tell()
        return kept

    def alone(self) -> AbstractAsyncContextManager[None]:
        return nullcontext()

    async def read(self, incident: str, after: int = 0) -> list[Record]:
        statement, values = f"{_RECORDS} WHERE incident = ? AND number >= ? ORDER BY number", (incident, after)
        length = self._agenda.length(incident)
        few = length is not None and length - after <= SHORT
        return [Record(*row) for row in (self._reader.short(statement, values) if few else await self._reader.long(statement, values))]

    async def read_each(self, after: Mapping[str, int]) -> dict[str, list[Record]]:
        return {incident: await self.read(incident, first) for incident, first in after.items()}

    def follow(self, position: int) -> AsyncIterator[Record]:
        return followed(self.after, self._changes, position, None)

    async def after(self, position: int, limit: int = PAGE) -> list[Record]:
        rows = await self._reader.long(f"{_RECORDS} WHERE position > ? ORDER BY position LIMIT ?", (position, limit))
        return [Record(*row) for row in rows]

    async def mentions(self, words: bytes, limit: int = PAGE, since: datetime | None = None) -> list[Record]:
        changed = "incident IN (SELECT incident FROM incidents WHERE changed >= ?)"
        statement = f"{_RECORDS} WHERE {changed} AND instr(body, ?) > 0 ORDER BY position DESC LIMIT ?"
        rows = await self._reader.long(statement, (microseconds(since) if since else 0, words, limit))
        return [Record(*row) for row in rows]

    async def changed(self, timeout: float) -> None:
        await self._changes.wait(timeout)

    # -- incidents ---------------------------------------------------------------------------------------------------------------------

    async def summaries(self, *, open_only: bool = False, before: datetime | None = None, limit: int = 1000) -> list[Summary]:
        wanted = ["closed IS NULL"] if open_only else []
        wanted += ["opened < ?"] if before else []
        where = f" WHERE {' AND '.join(wanted)}" if wanted else ""
        values = [microseconds(before)] if before else []
        statement = f"{_SUMMARIES}{where} ORDER BY opened DESC, incident DESC LIMIT ?"
        return [summary_of_row(row) for row in await self._reader.long(statement, (*values, limit))]

    async def summary(self, incident: str) -> Summary | None:
        rows = self._reader.short(f"{_SUMMARIES} WHERE incident = ?", (incident,))
        return summary_of_row(rows[0]) if rows else None

    async def head(self, incident: str) -> tuple[int, str]:
        rows = self._reader.short("SELECT length, head FROM incidents WHERE incident = ?", (incident,))
        return (rows[0][0], rows[0][1]) if rows else (0, START)

    async def find(self, keys: Sequence[str]) -> dict[str, Summary]:
        statement = f"{_SUMMARIES} WHERE key = ? ORDER BY closed IS NULL DESC, opened DESC, incident DESC LIMIT 1"
        return {key: summary_of_row(row) for key in keys for row in self._reader.short(statement, (key,))}

    # -- what is due -------------------------------------------------------------------------------------------------------------------

    async def claim(self, worker: str, now: datetime, limit: int = 1000) -> list[Claim]:
        self._changes.look()
        return self._agenda.claim(worker, microseconds(now), limit)

    async def schedule(self, claim: Claim, expected: int, due: datetime | None) -> bool:
        kept, at_once = self._agenda.schedule(claim, expected, optional_microseconds(due))
        if at_once:
            await self._writer.write(Commit.write_schedule)
        return kept

    async def next_due(self) -> datetime | None:
        return optional_instant(self._agenda.next_due())

    # -- beside the facts --------------------------------------------------------------------------------------------------------------

    async def note(self, traces: Sequence[Trace]) -> None:
        for start in range(0, len(traces), PAGE):
            page = traces[start : start + PAGE]
            await self._writer.write(writing_traces(page), len(page))

    async def traces(self, key: str) -> list[Trace]:
        return [trace_of(row) for row in await self._reader.long(TRACES, (key,))]

    async def traces_of(self, rule: str, limit: int = 1000) -> list[Trace]:
        return [trace_of(row) for row in await self._reader.long(TRACES_OF, (rule, limit))]

    async def heard(self, since: datetime, limit: int = 10_000) -> list[Trace]:
        return [trace_of(row) for row in await self._reader.long(HEARD, (microseconds(since), limit))]

    async def lead(self, office: str) -> bool:
        return True  # there is no other process

    async def keep(self, artifact: bytes, media: str) -> str:
        name = sha256(artifact).hexdigest()
        await self._writer.write(lambda commit: commit.keep(name, artifact, media))
        return name

    async def artifact(self, hash: str) -> tuple[bytes, str] | None:
        rows = await self._reader.long("SELECT body, media FROM artifacts WHERE hash = ?", (hash,))
        return (rows[0][0], rows[0][1]) if rows else None

    # -- notes and words ---------------------------------------------------------------------------------------------------------------

    async def stand(self, note: Note) -> None:
        await self._writer.write(standing(note))

    async def end(self, id: str, at: datetime, by: str) -> bool:
        return await self._writer.write(ending(id, at, by))

    async def standing(self, kind: str, at: datetime | None = None) -> list[Note]:
        if at is None:
            return [note_of(row) for row in await self._reader.long(NOTES, (kind,))]
        moment = microseconds(at)
        return [note_of(row) for row in await self._reader.long(NOT_OVER, (kind, moment, moment))]

    async def indexed(self) -> int:
        return await self._index.indexed()

    async def index(self, words: Sequence[Worded], *, anew: bool = False) -> None:
        await self._index.index(words, anew=anew)

    async def search(self, wanted: str, limit: int = 50) -> list[Hit]:
        return await self._index.search(wanted, limit)
