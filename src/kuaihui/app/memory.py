"""Looking back: the earlier incidents of the journal that an incident looks like."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Final

from kuaihui.diagnosis.similar_incidents import similar
from kuaihui.incident.learning import Similar
from kuaihui.incident.timeline import Timeline
from kuaihui.journal.journal import Journal, timeline_of

# Of the last years' incidents, those of the same service first: more are read in seconds, not in a moment.
MOST_LISTED: Final = 1_000
MOST_READ: Final = 150


def rememberer(journal: Journal) -> Callable[[Timeline, datetime], Awaitable[list[Similar]]]:
    """What finds similar incidents in this journal."""

    async def remember(timeline: Timeline, now: datetime) -> list[Similar]:
        listed = await journal.summaries(limit=MOST_LISTED)
        wanted = [one for one in listed if one.incident != timeline.incident and one.drill == timeline.opened.drill]
        wanted.sort(key=lambda one: one.service != timeline.service)  # stable: of each, the newest first
        others = [timeline_of(one.incident, await journal.read(one.incident)) for one in wanted[:MOST_READ]]
        return await asyncio.to_thread(similar, timeline, others, now)

    return remember
