"""
News of the issues that tasks are carried to: an issue that is closed finishes its task, one that is re-opened opens it again.

Rule 1: news is kept before it is looked at, as of hotfixes: what comes out of order is put in order by what is kept.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import msgspec

from kuaihui.catalog.catalog import Catalog
from kuaihui.incident.fact import Fact
from kuaihui.incident.timeline import Timeline
from kuaihui.intake.issues import IssueMoved, follow, newest
from kuaihui.journal.notes import Note
from kuaihui.loop import Clock, Loop

KIND: Final = "issue"


class Issues:
    """Keeps news of issues, and follows it in the tasks of incidents."""

    def __init__(self, loop: Loop, catalog: Callable[[], Catalog], clock: Clock) -> None:
        self.loop, self.catalog, self.clock = loop, catalog, clock

    async def hear(self, news: IssueMoved, by: str) -> dict[str, list[Fact]] | None:
        """Keep this news, and give the facts it became by incident; None for an issue that is no task's, whose news is not kept."""
        if not news.incident or not len(await self.loop.timeline(news.incident)):
            return None
        await self.loop.journal.stand(_note(news, by, self))
        later = [msgspec.json.decode(one.body, type=IssueMoved) for one in await self.loop.journal.standing(KIND, news.at)]
        last = newest([news, *later], news.issue) or news

        def meaning(timeline: Timeline) -> list[Fact]:
            return follow(timeline, self.catalog(), last, self.clock.now())

        facts = await self.loop.hear(news.incident, meaning)
        return {news.incident: facts} if facts else {}


def _note(news: IssueMoved, by: str, issues: Issues) -> Note:
    """A moment, found again by asking what was over later."""
    name = "/".join((KIND, *news.issue, news.outcome, news.at.isoformat()))
    return Note(name, KIND, msgspec.json.encode(news), news.at, news.at, by, issues.clock.now())
