"""The room in our own pages: topic, meeting, document."""

from __future__ import annotations

from datetime import datetime

from kuaihui.errors import GiveUp
from kuaihui.incident.fact import HOUSE, Fact
from kuaihui.incident.room import DocumentCreated, DocumentPinned, MeetingOpened, MessagePosted, TopicOpened
from kuaihui.incident.timeline import Timeline
from kuaihui.language import text
from kuaihui.orders import CreateDocument, OpenMeeting, OpenTopic, PinDocument, Post

NAME = "builtin"


class Opener:
    """Opens the parts of the room at addresses of our own pages."""

    def __init__(self, address: str, meeting: str = "") -> None:
        self.address = address.rstrip("/")
        self.meeting_link = meeting

    def topic(self, order: OpenTopic, timeline: Timeline, now: datetime) -> list[Fact]:
        """The topic on the incident's page."""
        return [TopicOpened(at=now, by=NAME, title=order.title, link=f"{self.address}/incidents/{timeline.incident}")]

    def meeting(self, order: OpenMeeting, timeline: Timeline, now: datetime) -> list[Fact]:
        """The meeting: the service's own room, the team's link, or our own page that says who is in the call."""
        link = order.link or self.meeting_link or f"{self.address}/incidents/{{incident}}/meeting"
        return [MeetingOpened(at=now, by=NAME, title=order.title, link=link.replace("{incident}", timeline.incident))]

    def document(self, order: CreateDocument, timeline: Timeline, now: datetime) -> list[Fact]:
        """The document, rendered from the timeline by our own page."""
        link = f"{self.address}/incidents/{timeline.incident}/document"
        return [DocumentCreated(at=now, by=NAME, title=order.title, template=order.template, link=link)]


def pin(order: PinDocument, timeline: Timeline, now: datetime) -> list[Fact]:
    """The document pinned above the topic."""
    if not timeline.has(DocumentCreated):
        raise GiveUp(text("the document is not there yet"))
    return [DocumentPinned(at=now, by=NAME)]


def post(order: Post, timeline: Timeline, now: datetime) -> list[Fact]:
    """A message of the house in the topic; its id is the order's identity, so that it stands there once."""
    if any(fact.message == order.identity for fact in timeline.all(MessagePosted)):
        return []
    return [MessagePosted(at=now, by=HOUSE, message=order.identity, words=order.words, mentions=order.mentions)]
