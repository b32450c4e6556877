"""
One worker's appends: what comes in while a commit runs goes into the next one.

Rule 1: a caller is answered after the commit, never before.
Rule 2: a commit that was cut off is looked for before it is made again: its records' hashes tell it from anybody else's.
Rule 3: who was overtaken may begin a commit before it reads: where two processes hear of the same, one could lose every time.
Rule 4: an append that breaks hinders no other: each of the commit is tried again alone.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import msgspec

from kuaihui.integrations.postgres.connections import Connection, Pool, PooledConnection, gone, persist
from kuaihui.integrations.postgres.statements import LOCK, STANDING, WRITE
from kuaihui.journal.admission import Admission, Change, Prepared, Standing
from kuaihui.journal.chain import Record
from kuaihui.journal.rows import row_of

log = logging.getLogger(__name__)


class Locked(msgspec.Struct, frozen=True):
    """An incident's row, ours until the commit."""

    incident: str
    length: int
    head: str
    generation: int
    holds: str | None
    lease_until: int | None
    owner: str | None

    @property
    def standing(self) -> Standing:
        """How it stands, for those who judge appends."""
        return Standing(self.length, self.head, self.generation, self.holds)


class Waiting(msgspec.Struct, eq=False):
    """Appends of one caller, and who waits for them."""

    appends: list[Prepared]
    done: asyncio.Future[list[bool]]


class Tried(msgspec.Struct, frozen=True):
    """A commit that was sent: what it answers, and one of its records by which it is known again."""

    kept: list[list[bool]]
    sample: Record


class Appender:
    """Commits this worker's appends, one commit after the other."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._waiting: list[Waiting] = []
        self._some = asyncio.Event()
        self._begun: PooledConnection | None = None  # a commit that has begun, and awaits its appends
        self._task = asyncio.create_task(self._run(), name="journal appender")

    async def append(self, appends: list[Prepared]) -> list[bool]:
        """Append these with the next commit; returns once it is on the disk."""
        waiting = Waiting(appends, asyncio.get_running_loop().create_future())
        self._waiting.append(waiting)
        self._some.set()
        return await waiting.done

    @asynccontextmanager
    async def alone(self) -> AsyncGenerator[None]:
        """Begin the next commit now: whatever is read within stands until it is made. Without an append within, there is none."""
        begun = self._begun = await persist(self._begin)
        try:
            yield
        finally:
            self._begun = None
            await self._pool.release(begun)  # does nothing where the commit has released it

    async def close(self) -> None:
        """Stop, after the commit that runs."""
        await asyncio.gather(*(waiting.done for waiting in self._waiting), return_exceptions=True)
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        while True:
            await self._some.wait()
            self._some.clear()
            batch = list(self._waiting)
            await self._commit_or_each(batch)
            del self._waiting[: len(batch)]
            if self._waiting:
                self._some.set()

    async def _commit_or_each(self, batch: Sequence[Waiting]) -> None:
        try:
            answers = await self._commit(batch)
        except Exception as fault:
            if len(batch) == 1 or gone(fault):
                _fail(batch, fault)
                return
            log.warning("a commit of %d failed (%s): each is tried alone", len(batch), fault)
            for waiting in batch:
                await self._commit_or_each([waiting])
            return
        for waiting, kept in zip(batch, answers, strict=True):
            if not waiting.done.done():
                waiting.done.set_result(kept)

    async def _commit(self, batch: Sequence[Waiting]) -> list[list[bool]]:
        tried: list[Tried] = []
        return await persist(lambda: self._try(batch, tried))

    async def _try(self, batch: Sequence[Waiting], tried: list[Tried]) -> list[list[bool]]:
        """One attempt; `tried` remembers what was sent in case the answer is lost."""
        begun, self._begun = self._begun, None
        connection = begun or await self._begin()
        try:
            return await self._within(connection, batch, tried)
        finally:
            await self._pool.release(connection)

    async def _begin(self) -> PooledConnection:
        """A connection on which a commit has begun, and nobody else's may; to be released."""
        connection = await self._pool.acquire()
        try:
            await connection.execute(LOCK)
        except BaseException:
            await self._pool.release(connection)
            raise
        return connection

    async def _within(self, connection: Connection, batch: Sequence[Waiting], tried: list[Tried]) -> list[list[bool]]:
        sample = tried[-1].sample if tried else None
        locked, admission, found = await self._standing(connection, batch, sample)
        if sample is not None and found == sample.hash:
            await connection.execute("ROLLBACK")
            return tried[-1].kept
        kept = [[admission.admit(one) for one in waiting.appends] for waiting in batch]
        if not admission.changes:
            await connection.execute("ROLLBACK")
            return kept
        await connection.execute(WRITE, *_columns(list(map(_record, admission.records)), 5), *_columns(_incidents(admission, locked), 17))
        if admission.records:
            tried[:] = [Tried(kept, admission.records[0])]
        await connection.execute("COMMIT")
        return kept

    async def _standing(
        self, connection: Connection, batch: Sequence[Waiting], sample: Record | None
    ) -> tuple[dict[str, Locked], Admission, str | None]:
        """How everything stands that is to be judged; and the hash that the sample's record has."""
        appends = [one.append for waiting in batch for one in waiting.appends]
        names, keys = {one.incident for one in appends}, {one.summary.key for one in appends}
        row = await connection.fetchrow(STANDING, list(names), list(keys), sample and sample.incident, sample and sample.number)
        assert row is not None, "a SELECT without FROM has one row"
        locked = {known.incident: known for known in msgspec.json.decode(row[1], type=list[Locked])}
        holders = msgspec.json.decode(row[2], type=dict[str, str])
        standing = {incident: known.standing for incident, known in locked.items()}
        return locked, Admission(lambda incident: standing.get(incident, Standing()), holders.get, row[0]), row[3]


def _record(record: Record) -> tuple[int, str, int, bytes, str]:
    return record.position, record.incident, record.number, record.body, record.hash


def _incidents(admission: Admission, locked: dict[str, Locked]) -> list[tuple[Any, ...]]:
    # What closes goes first, so that a key is free before it is taken.
    changes = sorted(admission.changes.values(), key=lambda change: change.summary.closed is None)
    return [_incident(change, locked.get(change.summary.incident)) for change in changes]


def _incident(change: Change, locked: Locked | None) -> tuple[Any, ...]:
    leased = locked is not None and not change.released
    until, owner = (locked.lease_until, locked.owner) if locked is not None and leased else (None, None)
    stands = change.standing
    return (*row_of(change.summary), stands.length, stands.head, change.due, until, owner, stands.generation)


def _columns(rows: list[tuple[Any, ...]], width: int) -> list[list[Any]]:  # Any: a database's values
    """Rows turned on their side."""
    return [list(column) for column in zip(*rows, strict=True)] if rows else [[] for _ in range(width)]


def _fail(batch: Sequence[Waiting], fault: BaseException) -> None:
    for waiting in batch:
        if not waiting.done.done():
            waiting.done.set_exception(fault)
