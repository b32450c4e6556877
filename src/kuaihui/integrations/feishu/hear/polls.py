"""
What Feishu tells only those who ask: bots' messages in a group, who has read a group's message, who opened, wrote in or likes a document.

Rule 1: an incident that people are at work on is looked at every few seconds, a closed one every few minutes, as long as Feishu tells.
Rule 2: somebody is said to have read once, not each time we look: their reading is older than the visit that stands in the timeline.
Rule 3: what cannot be asked just now is asked at the next look; one refusal hides nothing else.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final

from kuaihui.briefing.review_template import REVIEW
from kuaihui.errors import CarryError
from kuaihui.incident.fact import HOUSE
from kuaihui.incident.learning import ReviewDrafted
from kuaihui.incident.phases import Phase
from kuaihui.incident.room import DocumentCreated, MessagePosted, TopicOpened, Visited
from kuaihui.incident.timeline import Timeline
from kuaihui.intake import signals
from kuaihui.integrations.feishu.client.documents import Viewed
from kuaihui.integrations.feishu.client.messages import Message
from kuaihui.integrations.feishu.client.times import from_seconds
from kuaihui.integrations.feishu.desk import NAME, Desk
from kuaihui.integrations.feishu.hear.chat_alerts import Told
from kuaihui.integrations.feishu.hear.ears import Ears
from kuaihui.integrations.feishu.hear.emoji import sign
from kuaihui.integrations.feishu.hear.words import Did, Word
from kuaihui.integrations.feishu.keep_document import DocumentKeeper

log = logging.getLogger(__name__)

# Feishu's history is by whole seconds and may lag: each look goes back this far. Read receipts end after seven days.
LOOK_BACK: Final = timedelta(minutes=2)
FIRST_LOOK_BACK: Final = timedelta(minutes=10)
RECEIPTS_LAST: Final = timedelta(days=7)
# An incident's first quarter of an hour is looked at each time; then a basic plan's monthly quota of calls is to be thought of.
FRESH: Final = timedelta(minutes=15)
LATER_EVERY: Final = timedelta(minutes=1)
CLOSED_EVERY: Final = timedelta(minutes=10)
MOST_MESSAGES: Final = 4


class Polls:
    """Looks at what no event tells."""

    def __init__(
        self, desk: Desk, ears: Ears, us: str, every: timedelta = timedelta(seconds=15), papers: DocumentKeeper | None = None
    ) -> None:
        """`us` is our app's id: what we said ourselves is no alert. `papers` reads what people write in documents."""
        self._desk = desk
        self._papers = papers
        self._ears = ears
        self._us = us
        self._every = every
        self._since: dict[str, datetime] = {}
        self._next: dict[str, datetime] = {}
        self._next_alerts: datetime | None = None

    async def alerts(self, now: datetime) -> list[Word]:
        """What bots have told in the watched groups since the last look, where it is time to look."""
        if self._next_alerts is not None and now < self._next_alerts:
            return []
        self._next_alerts = now + self._every
        words: list[Word] = []
        for chat in self._ears.watched:
            try:
                words += await self._told_in(chat, now)
            except CarryError as fault:
                log.warning("the history of %s cannot be read: %s", chat, fault)
        return words

    async def _told_in(self, chat: str, now: datetime) -> list[Word]:
        words: list[Word] = []
        since = self._since.get(chat, now - FIRST_LOOK_BACK)
        async for message in self._desk.feishu.messages.history(chat, since):
            if self._is_a_bots(message):
                told = Told(message.message_id, chat, message.sender.id, message.words, message.at)
                words += await self._ears.alert(told, now)
        self._since[chat] = now - LOOK_BACK
        return words

    def _is_a_bots(self, message: Message) -> bool:
        return not message.sender.is_person and message.sender.id != self._us and not message.deleted and message.msg_type != "system"

    # -- incidents -------------------------------------------------------------------------------------------------------------------------

    def is_due(self, incident: str, now: datetime) -> bool:
        """Whether it is time to look at this incident."""
        return now >= self._next.get(incident, now)

    async def incident(self, timeline: Timeline, now: datetime) -> list[Word]:
        """Who has read the incident's topic and document, and who likes the document."""
        self._next[timeline.incident] = now + self._pause(timeline, now)
        words: list[Word] = []
        topic, document, review = timeline.last(TopicOpened), timeline.last(DocumentCreated), timeline.last(ReviewDrafted)
        looks: list[Callable[[], Awaitable[list[Word]]]] = []
        if topic and topic.by == NAME:
            looks.append(partial(self._readers, timeline, topic, now))
        if document and document.by == NAME:
            looks += [partial(self._viewers, timeline, document.reference, now), partial(self._likes, timeline, document.reference, now)]
        if review and review.by == NAME:
            looks.append(partial(self._written_by_last, timeline, review.reference, now))
        for look in looks:
            try:
                words += await look()
            except CarryError as fault:
                log.warning("who has read %s cannot be asked: %s", timeline.incident, fault)
        return words

    def _pause(self, timeline: Timeline, now: datetime) -> timedelta:
        if timeline.phase is Phase.CLOSED:
            return CLOSED_EVERY
        began = timeline.facts[timeline.occasion].at
        return self._every if now - began < FRESH else max(self._every, LATER_EVERY)

    async def _readers(self, timeline: Timeline, topic: TopicOpened, now: datetime) -> list[Word]:
        """Our own messages only: of others' Feishu tells nothing."""
        called = [fact.message for fact in timeline.all(MessagePosted) if fact.by == HOUSE and fact.mentions][-MOST_MESSAGES:]
        seen: dict[str, datetime] = {}
        for message in dict.fromkeys([topic.card, *called]):
            if message.startswith("om_"):
                for reader in await self._desk.feishu.messages.readers(message):
                    seen[reader.user_id] = max(reader.at, seen.get(reader.user_id, reader.at))
        return await self._visits(timeline, "topic", seen, now)

    async def _viewers(self, timeline: Timeline, document: str, now: datetime) -> list[Word]:
        views = await self._desk.feishu.documents.views(document)
        visits = await self._visits(timeline, "document", {one.viewer_id: from_seconds(one.last_view_time) for one in views}, now)
        return [*visits, *(await self._written(timeline, views, now))]

    async def _written_by_last(self, timeline: Timeline, review: str, now: datetime) -> list[Word]:
        return await self._written(timeline, await self._desk.feishu.documents.views(review), now, REVIEW)

    async def _written(self, timeline: Timeline, views: Sequence[Viewed], now: datetime, document: str = "") -> list[Word]:
        """What was written in a document; Feishu does not say by whom, so it is told as whoever had it open last."""
        last = max(views, key=lambda one: one.last_view_time, default=None)
        person = await self._ears.person(last.viewer_id, now) if last else ""
        if not self._papers or not person:
            return []
        edits = await self._papers.read_back(timeline, now, person, document)
        of = REVIEW if document else ""
        deeds = [signals.EditDocument(person=one.by, section=one.section, words=one.words, base=one.base, document=of) for one in edits]
        return [Did(incident=timeline.incident, deed=deed) for deed in deeds]

    async def _likes(self, timeline: Timeline, document: str, now: datetime) -> list[Word]:
        people = [await self._ears.person(one.user_id, now) for one in await self._desk.feishu.documents.likes(document)]
        reactions = [signals.React(person=person, message="document", emoji=sign("THUMBSUP")) for person in people if person]
        return [Did(incident=timeline.incident, deed=react) for react in reactions]

    async def _visits(self, timeline: Timeline, place: str, seen: Mapping[str, datetime], now: datetime) -> list[Word]:
        words: list[Word] = []
        known = {fact.by: fact.at for fact in timeline.all(Visited) if fact.place == place}
        for open_id, at in seen.items():
            person = await self._ears.person(open_id, now)
            # Whole seconds: a reading in the second of the visit that stands is that visit.
            if person and at > known.get(person, datetime.min.replace(tzinfo=UTC)):
                words.append(Did(incident=timeline.incident, deed=signals.Visit(person=person, place=place)))
        return words
