"""
Looking back: the earlier incidents of the journal that an incident looks like.

Rule 1: it holds up no page: reading is done in short pieces, thinking in a thread, and for one incident at a time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Final

from kuaihui.diagnosis.similar_incidents import similar
from kuaihui.incident.learning import Similar
from kuaihui.incident.timeline import Timeline
from kuaihui.journal.chain import Record
from kuaihui.journal.journal import Journal, Summary, timeline_of

# Of the last years' incidents, those of the same service first: more are read in seconds, not in a moment.
MOST_LISTED: Final = 1_000
MOST_READ: Final = 150


def rememberer(journal: Journal) -> Callable[[Timeline, datetime], Awaitable[list[Similar]]]:
    """What finds similar incidents in this journal."""

    one_at_a_time = asyncio.Lock()  # twenty that open at once would have half a million facts in memory

    async def remember(timeline: Timeline, now: datetime) -> list[Similar]:
        listed = await journal.summaries(limit=MOST_LISTED)
        wanted = [one for one in listed if one.incident != timeline.incident and one.drill == timeline.opened.drill]
        wanted.sort(key=lambda one: one.service != timeline.service)  # stable: of each, the newest first
        async with one_at_a_time:
            return await asyncio.to_thread(_similar, timeline, [await _read(journal, one) for one in wanted[:MOST_READ]], now)

    return remember


async def _read(journal: Journal, one: Summary) -> tuple[str, list[Record]]:
    await asyncio.sleep(0)  # a short read waits for nothing: let others do something in between
    return one.incident, await journal.read(one.incident)


def _similar(timeline: Timeline, read: list[tuple[str, list[Record]]], now: datetime) -> list[Similar]:
    return similar(timeline, (timeline_of(incident, records) for incident, records in read), now)
