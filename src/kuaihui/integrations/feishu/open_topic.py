"""
OpenTopic: on the newest message that told the alert, else on a card of our own; a status card stands in it from the first moment.

Rule: the status card is ours, because Feishu tells who has read, and lets us change, our own messages only.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from kuaihui.errors import GiveUp
from kuaihui.incident.alerts import Alert, AlertFired
from kuaihui.incident.fact import Fact
from kuaihui.incident.room import TopicOpened
from kuaihui.incident.timeline import Timeline
from kuaihui.integrations.feishu.cards import Drawer
from kuaihui.integrations.feishu.client import content
from kuaihui.integrations.feishu.client.content import Content
from kuaihui.integrations.feishu.client.failures import FeishuRefused
from kuaihui.integrations.feishu.desk import NAME, Desk, key
from kuaihui.language import text
from kuaihui.orders import OpenTopic

# The alert's message was recalled, or topics cannot be had on it: a card of our own does.
NOT_ON_THAT_ONE: Final = frozenset({230011, 230110, 230071, 230072, 230001})
LONGEST_NAME: Final = 60


class TopicOpener:
    """Opens topics."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def open(self, order: OpenTopic, timeline: Timeline, now: datetime) -> list[Fact]:
        """The topic with its status card. Raises GiveUp where the app has no group to open it in."""
        desk = self._desk
        drawer = Drawer(timeline, desk.catalog(), desk.link(timeline), desk.catalog().language)
        card = content.card(drawer.status())
        own = timeline.severity <= desk.places.own_chat_from
        alert = newest_told(timeline)
        if alert and not own and (opened := await self._on(alert, card, order, timeline, now)):
            return [opened]
        chat = "" if own else desk.places.chat_of(timeline.service)
        chat = chat or await self._own_chat(order, timeline, now)
        sent = await desk.feishu.messages.send(chat, card, key=key(timeline, order))
        root = sent.message_id
        return [TopicOpened(at=now, by=NAME, title=order.title, link=desk.chat_link(chat), reference=root, chat=chat, card=root)]

    async def _on(self, alert: Alert, card: Content, order: OpenTopic, timeline: Timeline, now: datetime) -> TopicOpened | None:
        """The topic on an alert's own message; None where it cannot be had there."""
        messages = self._desk.feishu.messages
        try:
            said = await messages.reply(alert.message, card, in_thread=True, key=key(timeline, order, "on"), chat_id=alert.chat)
        except FeishuRefused as refused:
            if refused.code in NOT_ON_THAT_ONE:
                return None
            raise
        return TopicOpened(
            at=now,
            by=NAME,
            title=order.title,
            link=self._desk.chat_link(alert.chat or said.chat_id),
            reference=alert.message,
            chat=alert.chat or said.chat_id,
            thread=said.thread_id,
            card=said.message_id,
        )

    async def _own_chat(self, order: OpenTopic, timeline: Timeline, now: datetime) -> str:
        """A group for this incident, with those in it whom the catalog calls first."""
        desk, catalog = self._desk, self._desk.catalog()
        service = catalog.service(timeline.service)
        people = await desk.directory.open_ids((*catalog.on_call(service.rota, now), service.owner, catalog.leader_of(service)), now)
        if not people:
            raise GiveUp(text("there is no group for {service}: set feishu.chat", service=f"@service:{service.id}"))
        name = f"{timeline.incident} {timeline.opened.title}"[:LONGEST_NAME]
        once, link = key(timeline, order, "chat"), desk.link(timeline)
        return (await desk.feishu.chats.open(name, list(people.values()), description=link, key=once)).chat_id


def newest_told(timeline: Timeline) -> Alert | None:
    """The alert that was told last in a chat."""
    told = (alert for fact in reversed(timeline.all(AlertFired)) for alert in reversed(fact.alerts))
    return next((alert for alert in told if alert.message), None)
