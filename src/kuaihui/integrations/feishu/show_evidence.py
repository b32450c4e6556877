"""ShowEvidence: what was looked at, in the topic: its words, its picture, and the way to the source."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from datetime import datetime

from kuaihui.briefing.clocks import broke_at
from kuaihui.briefing.pictures import Mark, picture
from kuaihui.errors import GiveUp
from kuaihui.incident.evidence import ChangesListed, Looked
from kuaihui.incident.fact import HOUSE, Fact
from kuaihui.incident.room import MessagePosted
from kuaihui.incident.timeline import Timeline
from kuaihui.integrations.feishu.client import content
from kuaihui.integrations.feishu.desk import Desk, key
from kuaihui.integrations.feishu.post import speak
from kuaihui.language import Text, text
from kuaihui.orders import ShowEvidence

Keep = Callable[[bytes, str], Awaitable[str]]


class Shower:
    """Shows evidence. `keep` keeps a picture for our own pages and returns its hash."""

    def __init__(self, desk: Desk, keep: Keep | None = None) -> None:
        self._desk = desk
        self._keep = keep

    async def show(self, order: ShowEvidence, timeline: Timeline, now: datetime) -> list[Fact]:
        """One message with its words and its picture."""
        topic = self._desk.topic(timeline)
        look = timeline.facts[order.occasion]
        if not isinstance(look, Looked):
            raise GiveUp(text("fact {number} is not something that was looked at", number=order.occasion))
        names = self._desk.catalog().names(order.language)
        drawn = await asyncio.to_thread(picture, look, order.language, order.time_zone, list(_marks(timeline)), names)
        lines: list[list[dict[str, object]]] = [[{"tag": "text", "text": self._desk.told(_words(look), order.language)}]]
        if look.link:
            lines[0].append({"tag": "a", "text": " " + self._desk.told(text("Open")), "href": look.link})
        if drawn:
            lines.append([{"tag": "img", "image_key": await self._desk.feishu.files.upload_image(drawn)}])
        said = await speak(self._desk, topic, content.post("", lines), key(timeline, order))
        kept = (await self._keep(drawn, "image/png"),) if drawn and self._keep else ()
        return [MessagePosted(at=now, by=HOUSE, message=said.message_id, words=_with_link(look), pictures=kept, identity=order.identity)]


def _words(look: Looked) -> Text:
    """What was seen, and what of it is missing."""
    return text("{said} (not all of it: {partial})", said=look.said, partial=look.partial) if look.partial else look.said


def _with_link(look: Looked) -> Text:
    return text("{said} — {link}", said=_words(look), link=look.link) if look.link else _words(look)


def _marks(timeline: Timeline) -> Iterator[Mark]:
    yield Mark(broke_at(timeline), text("it broke"))
    for listed in timeline.all(ChangesListed, timeline.occasion)[-1:]:
        for change in listed.changes:
            yield Mark(change.at, text("change: {title}", title=change.title or change.id))
