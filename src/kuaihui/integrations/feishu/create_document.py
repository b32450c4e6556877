"""
CreateDocument, PinDocument, DraftReview: document and review from the team's templates, shared with the group at once, the document on top.

Rule: a document made by an app belongs to the app, and nobody else sees it until it is shared.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from kuaihui.errors import GiveUp, TryLater
from kuaihui.incident.fact import Fact
from kuaihui.incident.learning import ReviewDrafted
from kuaihui.incident.pages import Ordered
from kuaihui.incident.room import DocumentCreated, DocumentPinned, MessagePosted, TopicOpened
from kuaihui.incident.timeline import Timeline
from kuaihui.integrations.feishu.client.access import LARK
from kuaihui.integrations.feishu.desk import NAME, Desk
from kuaihui.language import plain, text
from kuaihui.orders import CreateDocument, DraftReview, PinDocument, Post

# The message that tells of the document is on its way: a pin waits for it, twice as long each time, so longer than a lost order's patience.
SOON: Final = timedelta(seconds=2)


class DocumentMaker:
    """Makes documents."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def create(self, order: CreateDocument, timeline: Timeline, now: datetime) -> list[Fact]:
        """The copy of the template (or an empty one), which the group may edit."""
        places = self._desk.places
        token, link = await self._made(order.title, places.templates.get(order.template, places.template), timeline)
        return [DocumentCreated(at=now, by=NAME, title=order.title, template=order.template, link=link, reference=token)]

    async def review(self, order: DraftReview, timeline: Timeline, now: datetime) -> list[Fact]:
        """The copy of the review's own template (or an empty one: an incident's template is no review's), which the group may edit."""
        token, link = await self._made(order.title, self._desk.places.templates.get(order.template, ""), timeline)
        return [ReviewDrafted(at=now, by=NAME, title=order.title, template=order.template, link=link, reference=token)]

    async def _made(self, title: str, template: str, timeline: Timeline) -> tuple[str, str]:
        """A document's token and address; nobody sees it before it is shared, so one that was made in vain is in nobody's way."""
        documents, folder = self._desk.feishu.documents, self._desk.places.folder
        if template:
            copied = await documents.copy(template, title, folder)
            token, link = copied.token, copied.url or self._address(copied.token)
        else:
            token = (await documents.create(title, folder)).document_id
            link = self._address(token)
        if chat := self._chat(timeline):
            await documents.share(token, chat)
        return token, link

    def _address(self, token: str) -> str:
        cloud = "larksuite.com" if self._desk.feishu.access.base_url == LARK else "feishu.cn"
        return f"https://{cloud}/docx/{token}"

    def _chat(self, timeline: Timeline) -> str:
        topic = timeline.last(TopicOpened)
        return topic.chat if topic and topic.by == NAME else self._desk.places.chat_of(timeline.service)

    async def pin(self, order: PinDocument, timeline: Timeline, now: datetime) -> list[Fact]:
        """
        The message that tells of it, pinned and on top of the group; the document as one of the group's tabs.

        What the group forbids of this is left out, as long as it is pinned.
        """
        document, topic = self._desk.document(timeline), self._desk.topic(timeline)
        message = self._told_by(order, timeline)
        await self._desk.feishu.reactions.pin(message)
        try:
            await self._desk.feishu.chats.put_notice(topic.chat, message)
            await self._desk.feishu.chats.add_document_tab(topic.chat, document.title, document.link)
        except GiveUp:
            pass
        return [DocumentPinned(at=now, by=NAME)]

    def _told_by(self, order: PinDocument, timeline: Timeline) -> str:
        """The message that tells of the document. Raises TryLater while it is on its way, GiveUp where it will not come."""
        telling = Post(occasion=0, about="document", words=plain("")).identity
        said = next((fact.message for fact in timeline.all(MessagePosted) if fact.identity == telling), "")
        if said:
            return said
        if (answer := timeline.answers.get(telling)) and answer.outcome in ("gave up", "nobody"):
            raise GiveUp(text("the group was not told of the document"))
        tried = sum(given.order.identity == order.identity for given in timeline.all(Ordered))
        raise TryLater(text("the group is being told of the document"), SOON * 2**tried)
