"""Post: a message in the incident's topic, at whose mention people's phones ring."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import msgspec

from kuaihui.incident.fact import HOUSE, Fact
from kuaihui.incident.room import MessagePosted, TopicOpened
from kuaihui.incident.timeline import Timeline
from kuaihui.integrations.feishu.client import content
from kuaihui.integrations.feishu.client.content import Content
from kuaihui.integrations.feishu.client.failures import FeishuRefused
from kuaihui.integrations.feishu.client.messages import Message
from kuaihui.integrations.feishu.desk import Desk, key
from kuaihui.integrations.feishu.members import Members
from kuaihui.orders import Post

NO_TOPICS: Final = frozenset({230071, 230072})


class Poster:
    """Speaks in topics."""

    def __init__(self, desk: Desk, members: Members) -> None:
        self._desk = desk
        self._members = members

    async def post(self, order: Post, timeline: Timeline, now: datetime) -> list[Fact]:
        """One message, with those it is for named in it."""
        topic = self._desk.topic(timeline)
        ids = await self._desk.directory.open_ids(order.mentions, now)
        if ids:
            await self._members.try_to_let_in(topic.chat, ids.values())
        words = await self._desk.naming(order.words, order.mentions, now)
        said = await speak(self._desk, topic, content.saying(words), key(timeline, order))
        posted = MessagePosted(at=now, by=HOUSE, message=said.message_id, words=order.words, mentions=order.mentions)
        return [msgspec.structs.replace(posted, identity=order.identity)]


async def speak(desk: Desk, topic: TopicOpened, said: Content, once: str) -> Message:
    """Say something in a topic; where the group has no topics, as a plain reply."""
    messages = desk.feishu.messages
    try:
        return await messages.reply(topic.reference, said, in_thread=True, key=once, chat_id=topic.chat)
    except FeishuRefused as refused:
        if refused.code not in NO_TOPICS:
            raise
        return await messages.reply(topic.reference, said, key=once, chat_id=topic.chat)
