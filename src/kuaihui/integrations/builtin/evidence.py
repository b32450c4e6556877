"""Evidence in the topic: its picture kept as an artifact, its words, and the way to the source."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping
from datetime import datetime

from kuaihui.briefing.clocks import broke_at
from kuaihui.briefing.pictures import Mark, picture
from kuaihui.errors import GiveUp
from kuaihui.incident.evidence import ChangesListed, Looked
from kuaihui.incident.fact import HOUSE, Fact
from kuaihui.incident.room import MessagePosted
from kuaihui.incident.timeline import Timeline
from kuaihui.language import Text, text
from kuaihui.orders import ShowEvidence

Keep = Callable[[bytes, str], Awaitable[str]]
Names = Callable[[str], Mapping[str, str]]


class Shower:
    """
    Shows what was looked at. `keep` keeps a picture and returns its hash; without it the words are shown alone. `names` are those of the
    catalog in a language; without them a picture names a service by its id.
    """

    def __init__(self, keep: Keep | None = None, names: Names | None = None) -> None:
        self.keep, self.names = keep, names

    async def show(self, order: ShowEvidence, timeline: Timeline, now: datetime) -> list[Fact]:
        """One message with one picture, once for each look."""
        look = timeline.facts[order.occasion]
        if not isinstance(look, Looked):
            raise GiveUp(text("fact {number} is not something that was looked at", number=order.occasion))
        if any(fact.message == order.identity for fact in timeline.all(MessagePosted)):
            return []
        pictures = await self._pictures(look, order, timeline)
        return [MessagePosted(at=now, by=HOUSE, message=order.identity, words=_words(look), pictures=pictures)]

    async def _pictures(self, look: Looked, order: ShowEvidence, timeline: Timeline) -> tuple[str, ...]:
        if self.keep is None:
            return ()
        names = self.names(order.language) if self.names else None
        drawn = await asyncio.to_thread(picture, look, order.language, order.time_zone, list(_marks(timeline)), names)
        return (await self.keep(drawn, "image/png"),) if drawn else ()


def _words(look: Looked) -> Text:
    """What was seen, what of it is missing, and where the source itself shows it."""
    said = look.said
    if look.partial:
        said = text("{said} (not all of it: {partial})", said=said, partial=look.partial)
    return text("{said} — {link}", said=said, link=look.link) if look.link else said


def _marks(timeline: Timeline) -> Iterator[Mark]:
    yield Mark(broke_at(timeline), text("it broke"))
    for listed in timeline.all(ChangesListed, timeline.occasion)[-1:]:
        for change in listed.changes:
            yield Mark(change.at, text("change: {title}", title=change.title or change.id))
