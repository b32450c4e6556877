"""
The journal in PostgreSQL: any number of workers, each incident settled by one at a time.

Rule 1: a claim is a lease of LEASE by the database's clock and a generation: what a dead worker held is taken over, what a frozen one still
        says is refused.
Rule 2: appends are committed one after the other (see `statements.py`, Rule 2), many at a time (see `appender.py`).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime
from hashlib import sha256
from typing import Any, Final, Self

import msgspec

from kuaihui.integrations.postgres import statements
from kuaihui.integrations.postgres.appender import Appender
from kuaihui.integrations.postgres.connections import Asked, pool
from kuaihui.integrations.postgres.leading import Leading
from kuaihui.integrations.postgres.listener import Listener
from kuaihui.integrations.postgres.tables import bring_up_to_date
from kuaihui.integrations.postgres.words import Index
from kuaihui.journal.admission import prepared
from kuaihui.journal.chain import START, Record
from kuaihui.journal.changes import Changes, followed
from kuaihui.journal.journal import Append, Claim, Summary, Trace
from kuaihui.journal.notes import Note
from kuaihui.journal.rows import instant, microseconds, optional_instant, optional_microseconds, summary_of_row
from kuaihui.journal.words import Hit, Worded

# Records fetched at a time by those who follow; traces written at a time.
PAGE: Final = 1000
# Whoever waits looks again this often (seconds), heard or not: another worker may have scheduled something and died.
LOOK_AGAIN: Final = 1.0
# How long a measured difference between two clocks is good for, in seconds.
CLOCK_KEPT: Final = 60.0
_FOREVER: Final = 2**63 - 1


class Postgres:
    """A journal in a database. Make it with `open`."""

    exclusive = False

    def __init__(self, asked: Asked, appender: Appender, changes: Changes, leading: Leading, *, database_time: bool) -> None:
        self._asked = asked
        self.lead = leading.lead
        self.alone = appender.alone
        self._index = Index(asked)
        self._appender = appender
        self._changes = changes
        self._database_time = database_time
        self._ahead = 0  # microseconds by which the database's clock is ahead of the caller's
        self._measured = float("-inf")

    @classmethod
    @asynccontextmanager
    async def open(cls, url: str, *, database_time: bool = True, connections: int = 8) -> AsyncGenerator[Self]:
        """
        The journal in the database of this URL, its tables made or brought up to date where need be.

        Leases run by the database's clock; without `database_time`, by the `now` that `claim` is given (as in a rehearsal). Raises
        BadSettings when a newer version of Kuaihui wrote it, and what asyncpg raises when the database cannot be reached.
        """
        await bring_up_to_date(url)
        async with AsyncExitStack() as opened:
            connected = await opened.enter_async_context(pool(url, connections))
            changes = Changes()
            listener = Listener(url, changes)
            opened.push_async_callback(listener.close)
            appender = Appender(connected)
            opened.push_async_callback(appender.close)
            leading = Leading(url)
            opened.push_async_callback(leading.close)
            yield cls(Asked(connected), appender, changes, leading, database_time=database_time)

    # -- facts -------------------------------------------------------------------------------------------------------------------------

    async def append(self, appends: Sequence[Append]) -> list[bool]:
        if not appends:
            return []
        kept = await self._appender.append(prepared(appends, lambda one: optional_microseconds(one.due)))
        if any(kept):
            self._changes.tell()
        return kept

    async def read(self, incident: str, after: int = 0) -> list[Record]:
        return [Record(*row) for row in await self._asked.rows(statements.READ, incident, after)]

    async def read_each(self, after: Mapping[str, int]) -> dict[str, list[Record]]:
        found: dict[str, list[Record]] = {}
        for row in await self._asked.rows(statements.READ_EACH, list(after), list(after.values())):
            record = Record(*row)
            found.setdefault(record.incident, []).append(record)
        return found

    def follow(self, position: int) -> AsyncIterator[Record]:
        return followed(self.after, self._changes, position, LOOK_AGAIN)

    async def after(self, position: int, limit: int = PAGE) -> list[Record]:
        return [Record(*row) for row in await self._asked.rows(statements.FOLLOW, position, limit)]

    async def mentions(self, words: bytes, limit: int = PAGE, since: datetime | None = None) -> list[Record]:
        changed = microseconds(since) if since else 0
        return [Record(*row) for row in await self._asked.rows(statements.MENTIONS, words, limit, changed)]

    async def changed(self, timeout: float) -> None:
        await self._changes.wait(min(timeout, LOOK_AGAIN))

    # -- incidents ---------------------------------------------------------------------------------------------------------------------

    async def summaries(self, *, open_only: bool = False, before: datetime | None = None, limit: int = 1000) -> list[Summary]:
        statement = statements.OPEN if open_only else statements.ALL
        rows = await self._asked.rows(statement, microseconds(before) if before else _FOREVER, limit)
        return [summary_of_row(tuple(row)) for row in rows]

    async def summary(self, incident: str) -> Summary | None:
        return _summary(await self._asked.row(statements.SUMMARY, incident))

    async def find(self, keys: Sequence[str]) -> dict[str, Summary]:
        found = [summary_of_row(tuple(row)) for row in await self._asked.rows(statements.FIND, list(keys))]
        return {summary.key: summary for summary in found}

    async def head(self, incident: str) -> tuple[int, str]:
        row = await self._asked.row(statements.HEAD, incident)
        return (row[0], row[1]) if row else (0, START)

    # -- what is due -------------------------------------------------------------------------------------------------------------------

    async def claim(self, worker: str, now: datetime, limit: int = 1000) -> list[Claim]:
        self._changes.look()
        moment = microseconds(now)
        await self._compare_clocks(moment)
        rows = await self._asked.rows(statements.CLAIM, moment, limit, worker, None if self._database_time else moment)
        return [Claim(incident, generation) for _, incident, generation in sorted(map(tuple, rows))]

    async def _compare_clocks(self, moment: int) -> None:
        """Learn now and then how far the database's clock is ahead, so that `next_due` speaks the caller's time."""
        clock = asyncio.get_running_loop().time()
        if self._database_time and clock - self._measured > CLOCK_KEPT:
            row = await self._asked.row(statements.CLOCK)
            assert row is not None, "a SELECT without FROM has one row"
            self._ahead, self._measured = row[0] - moment, clock

    async def schedule(self, claim: Claim, expected: int, due: datetime | None) -> bool:
        row = await self._asked.row(statements.SCHEDULE, claim.incident, claim.generation, expected, optional_microseconds(due))
        return row is not None

    async def next_due(self) -> datetime | None:
        row = await self._asked.row(statements.NEXT_DUE, self._ahead)
        return optional_instant(row[0]) if row else None

    # -- beside the facts --------------------------------------------------------------------------------------------------------------

    async def note(self, traces: Sequence[Trace]) -> None:
        # In one order for all workers, so that two of them never wait for each other.
        rows = sorted((_trace_row(trace) for trace in traces), key=lambda row: (row[0], row[2], row[5], row[8]))
        for start in range(0, len(rows), PAGE):
            await self._asked.many(statements.NOTE, rows[start : start + PAGE])

    async def traces(self, key: str) -> list[Trace]:
        return [_trace(tuple(row)) for row in await self._asked.rows(statements.TRACES, key)]

    async def traces_of(self, rule: str, limit: int = 1000) -> list[Trace]:
        return [_trace(tuple(row)) for row in await self._asked.rows(statements.TRACES_OF, rule, limit)]

    async def heard(self, since: datetime, limit: int = 10_000) -> list[Trace]:
        return [_trace(tuple(row)) for row in await self._asked.rows(statements.HEARD, microseconds(since), limit)]

    async def keep(self, artifact: bytes, media: str) -> str:
        name = sha256(artifact).hexdigest()
        await self._asked.rows(statements.KEEP, name, media, artifact)
        return name

    async def artifact(self, hash: str) -> tuple[bytes, str] | None:
        row = await self._asked.row(statements.ARTIFACT, hash)
        return (row[0], row[1]) if row else None

    # -- notes and words ---------------------------------------------------------------------------------------------------------------

    async def stand(self, note: Note) -> None:
        since, until, at = microseconds(note.since), microseconds(note.until), microseconds(note.at)
        ended = optional_microseconds(note.ended)
        await self._asked.rows(statements.STAND, note.id, note.kind, note.body, since, until, note.by, at, ended, note.ended_by)

    async def end(self, id: str, at: datetime, by: str) -> bool:
        return await self._asked.row(statements.END, id, microseconds(at), by) is not None

    async def standing(self, kind: str, at: datetime | None = None) -> list[Note]:
        if at is None:
            return [_note(tuple(row)) for row in await self._asked.rows(statements.NOTES, kind)]
        return [_note(tuple(row)) for row in await self._asked.rows(statements.NOT_OVER, kind, microseconds(at))]

    async def indexed(self) -> int:
        return await self._index.indexed()

    async def index(self, words: Sequence[Worded], *, anew: bool = False) -> None:
        await self._index.index(words, anew=anew)

    async def search(self, wanted: str, limit: int = 50) -> list[Hit]:
        return await self._index.search(wanted, limit)


def _summary(row: Any) -> Summary | None:  # Any: a database's row
    return summary_of_row(tuple(row)) if row else None


def _trace_row(trace: Trace) -> tuple[Any, ...]:
    labels, last = msgspec.json.encode(trace.labels), optional_microseconds(trace.last)
    return trace.key, microseconds(trace.at), trace.verdict, trace.reason, labels, trace.incident, trace.count, last, trace.rule


def _trace(row: tuple[Any, ...]) -> Trace:
    key, at, verdict, reason, labels, incident, count, last, rule = row
    said = msgspec.json.decode(labels, type=dict[str, str])
    return Trace(key, instant(at), verdict, reason, said, incident, count, optional_instant(last), rule)


def _note(row: tuple[Any, ...]) -> Note:
    name, kind, body, since, until, by, at, ended, ended_by = row
    return Note(name, kind, body, instant(since), instant(until), by, instant(at), optional_instant(ended), ended_by)
