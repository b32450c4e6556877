"""
Checking that what was written is what is there.

Rule 1: it only reads, so that it can be done beside a running Kuaihui.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Final, Protocol

from kuaihui.journal.chain import Record, broken
from kuaihui.journal.journal import Summary
from kuaihui.language import Text, text

PAGE: Final = 1000


class Readable(Protocol):
    """As much of a journal as is looked at here."""

    async def head(self, incident: str) -> tuple[int, str]:
        """How many facts an incident has, and the newest one's hash."""
        ...

    async def read(self, incident: str, after: int = 0) -> list[Record]:
        """Its records from number `after` on."""
        ...

    async def summaries(self, *, open_only: bool = False, before: datetime | None = None, limit: int = 1000) -> list[Summary]:
        """Incidents, the newest opening first."""
        ...


async def verify(journal: Readable, incident: str | None = None) -> list[Text]:
    """
    What is wrong with an incident, or with any of them: facts that are missing, changed, swapped or cut off; empty when all is whole.

    An incident is read at one moment and its head at another: one that grew in between is looked at again.
    """
    if incident is not None:
        fault = await _fault(journal, incident)
        return [fault] if fault else []
    return [fault async for known in every(journal) if (fault := await _fault(journal, known.incident))]


async def _fault(journal: Readable, incident: str) -> Text | None:
    length, head = await journal.head(incident)
    records = await journal.read(incident)
    if not length and not records:
        return text("{incident}: there is no such incident", incident=incident)
    if len(records) > length and (await journal.head(incident))[0] != length:
        return await _fault(journal, incident)
    if len(records) > length:
        return text("{incident}: {more} facts are there that nobody has counted", incident=incident, more=len(records) - length)
    return broken(incident, records, length, head)


async def every(journal: Readable) -> AsyncIterator[Summary]:
    """Every incident, newest opening first, in pages."""
    seen: set[str] = set()
    before: datetime | None = None
    limit = PAGE
    while page := await journal.summaries(before=before, limit=limit):
        fresh = [summary for summary in page if summary.incident not in seen]
        for summary in fresh:
            yield summary
        if len(page) < limit:
            return
        # The page may have ended among incidents of one instant: that instant is asked for again, in a longer page where it fills one.
        limit = limit if fresh else limit * 2
        seen = {summary.incident for summary in page}
        before = page[-1].opened + timedelta(microseconds=1)
