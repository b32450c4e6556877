"""Words to one person: told, asked to take a role, invited to the meeting, pulled in."""

from __future__ import annotations

from datetime import datetime

from kuaihui.errors import GiveUp
from kuaihui.incident.fact import Fact
from kuaihui.incident.pages import Sent
from kuaihui.incident.roles import RoleProposed
from kuaihui.incident.room import MeetingOpened, PulledIn, TopicOpened
from kuaihui.incident.timeline import Timeline
from kuaihui.integrations.feishu.cards import Card, Drawer
from kuaihui.integrations.feishu.client import content
from kuaihui.integrations.feishu.desk import NAME, Desk, key
from kuaihui.integrations.feishu.members import Members
from kuaihui.language import text
from kuaihui.orders import InviteToMeeting, Order, ProposeRole, PullIn, Tell


class Teller:
    """Speaks to people one by one."""

    def __init__(self, desk: Desk, members: Members) -> None:
        self._desk = desk
        self._members = members

    async def tell(self, order: Tell, timeline: Timeline, now: datetime) -> list[Fact]:
        """A word."""
        return [await self._send(order, order.person, self._drawer(timeline, order.person).word(order.words), timeline, now)]

    async def propose(self, order: ProposeRole, timeline: Timeline, now: datetime) -> list[Fact]:
        """The question whether they take a role, with its buttons; who is to have a part in it is let into the topic's group."""
        card = self._drawer(timeline, order.person).role(order.role, order.reason, order.identity)
        sent = await self._send(order, order.person, card, timeline, now)
        await self._let_in(order.person, timeline, now)
        return [RoleProposed(at=now, by=NAME, role=order.role, person=order.person, reason=order.reason), sent]

    async def invite(self, order: InviteToMeeting, timeline: Timeline, now: datetime) -> list[Fact]:
        """The way into the meeting: an app cannot ring people into one, so they get its link. Raises GiveUp where there is no meeting."""
        meeting = timeline.last(MeetingOpened)
        if meeting is None:
            raise GiveUp(text("the meeting is not open yet"))
        words = text("you are asked into the meeting: muted, speak up if needed, every finding goes into the topic")
        card = self._drawer(timeline, order.person).word(words, link=meeting.link)
        sent = await self._send(order, order.person, card, timeline, now)
        await self._let_in(order.person, timeline, now)
        return [sent]

    async def pull_in(self, order: PullIn, timeline: Timeline, now: datetime) -> list[Fact]:
        """The person is let into the topic's group, and told why."""
        await self._let_in(order.person, timeline, now)
        topic = timeline.last(TopicOpened)
        link = topic.link if topic else ""
        card = self._drawer(timeline, order.person).word(order.reason, link=link)
        sent = await self._send(order, order.person, card, timeline, now)
        inside = {fact.person for fact in timeline.all(PulledIn)}
        added: list[Fact] = [] if order.person in inside else [PulledIn(at=now, by=NAME, person=order.person, reason=order.reason)]
        return [*added, sent]

    async def _let_in(self, person: str, timeline: Timeline, now: datetime) -> None:
        """Where the topic is in Feishu, they can read and write it from now on."""
        open_id = await self._desk.directory.open_id(person, now)
        topic = timeline.last(TopicOpened)
        if topic and topic.by == NAME:
            await self._members.try_to_let_in(topic.chat, [open_id])

    def _drawer(self, timeline: Timeline, person: str) -> Drawer:
        return Drawer(timeline, self._desk.catalog(), self._desk.link(timeline), self._desk.language_of(person))

    async def _send(self, order: Order, person: str, card: Card, timeline: Timeline, now: datetime) -> Sent:
        open_id = await self._desk.directory.open_id(person, now)
        sent = await self._desk.feishu.messages.send(open_id, content.card(card), key=key(timeline, order))
        return Sent(at=now, by=NAME, identity=order.identity, person=person, channel=NAME, reference=sent.message_id)
