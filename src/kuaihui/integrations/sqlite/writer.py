"""
The one thread that writes: everything queued while a commit runs goes into the next one.

Rule 1: a caller is answered after the commit, never before.
Rule 2: work that breaks hinders no other: the commit is rolled back and each piece of work is done again, alone.
Rule 3: what may wait (see `agenda.py`) is written when nobody waits for anything else.
"""

from __future__ import annotations

import asyncio
import logging
import queue
import sqlite3
from collections.abc import Callable, Sequence
from threading import Thread
from typing import Any, Final, Generic, TypeVar, cast

from kuaihui.integrations.sqlite.agenda import Agenda
from kuaihui.integrations.sqlite.commit import Commit

log = logging.getLogger(__name__)

T = TypeVar("T")

# A commit takes no more than about this many rows, so that a page does not wait behind a storm's last trace: some ten milliseconds.
MOST_ROWS: Final = 4000
# How long nothing must have come in before what may wait is written; after it could not be, how long until that is tried again.
QUIET: Final = 0.05
TRY_AGAIN: Final = 1.0


class Job(Generic[T]):
    """Work to be done inside a commit, and who waits for it."""

    def __init__(self, work: Callable[[Commit], T], rows: int, loop: asyncio.AbstractEventLoop) -> None:
        self.work = work
        self.rows = rows
        self.done: asyncio.Future[T] = loop.create_future()
        self.result: T | None = None
        self.fault: BaseException | None = None

    def answer(self) -> None:
        """Tell who waits, on their event loop, unless they have gone."""
        if self.done.done():
            return
        if self.fault is not None:
            self.done.set_exception(self.fault)
        else:
            self.done.set_result(cast("T", self.result))


class Writer:
    """Writes to the journal's file from a thread of its own."""

    def __init__(self, connection: sqlite3.Connection, agenda: Agenda) -> None:
        self._connection = connection
        self._agenda = agenda
        self._position: int = connection.execute("SELECT coalesce(max(position), 0) FROM records").fetchone()[0]
        self._queue: queue.SimpleQueue[Job[Any] | None] = queue.SimpleQueue()
        self._loop = asyncio.get_running_loop()
        self._failing = False  # what may wait could not be written when it was last tried
        self._thread = Thread(target=self._run, name="journal writer", daemon=True)
        self._thread.start()

    @property
    def waiting(self) -> int:
        """How many pieces of work wait for the next commit."""
        return self._queue.qsize()

    async def write(self, work: Callable[[Commit], T], rows: int = 1) -> T:
        """Do this work inside the next commit; returns once it is on the disk. Raises sqlite3.Error when it could not be written."""
        job = Job(work, rows, self._loop)
        self._queue.put(job)
        return await job.done

    async def close(self) -> None:
        """Write everything that waits, and stop."""
        self._queue.put(None)
        await asyncio.to_thread(self._thread.join)
        self._connection.close()

    # -- in the thread -----------------------------------------------------------------------------------------------------------------

    def _run(self) -> None:
        quiet, open_ = True, True
        while open_:
            try:
                first = self._queue.get(timeout=None if quiet else TRY_AGAIN if self._failing else QUIET)
            except queue.Empty:
                quiet = self._write_schedule()
                continue
            jobs, open_ = self._gather(first)
            self._commit_or_each(jobs)
            self._answer(jobs)
            quiet = False
        self._write_schedule()

    def _gather(self, first: Job[Any] | None) -> tuple[list[Job[Any]], bool]:
        """All that waits now, up to MOST_ROWS; and whether there will be more."""
        jobs: list[Job[Any]] = []
        rows, job = 0, first
        while job is not None:
            jobs.append(job)
            rows += job.rows
            if rows >= MOST_ROWS or self._queue.empty():
                return jobs, True
            job = self._queue.get()
        return jobs, False

    def _commit_or_each(self, jobs: Sequence[Job[Any]]) -> None:
        try:
            self._commit(jobs)
        except Exception as fault:
            if len(jobs) == 1:
                jobs[0].fault = fault
                return
            log.warning("a commit of %d failed (%s): each is tried alone", len(jobs), fault)
            for job in jobs:
                self._commit_or_each([job])

    def _commit(self, jobs: Sequence[Job[Any]]) -> None:
        self._connection.execute("BEGIN IMMEDIATE")
        commit = Commit(self._connection, self._agenda, self._position)
        try:
            for job in jobs:
                job.result = job.work(commit)
            commit.write()
            self._connection.execute("COMMIT")
        except BaseException:
            commit.rolled_back()
            raise
        self._position = commit.committed()

    def _answer(self, jobs: Sequence[Job[Any]]) -> None:
        try:
            self._loop.call_soon_threadsafe(_answer_all, jobs)
        except RuntimeError:  # the event loop has closed: nobody waits any more
            return

    def _write_schedule(self) -> bool:
        """Write what may wait; whether it is done with."""
        if not self._agenda.behind:
            return True
        job = Job(Commit.write_schedule, 0, self._loop)
        self._commit_or_each([job])
        if job.fault is not None and not self._failing:
            log.error("the next due instants could not be written (%s); they will be", job.fault)
        self._failing = job.fault is not None
        return not self._failing


def _answer_all(jobs: Sequence[Job[Any]]) -> None:
    for job in jobs:
        job.answer()
