"""
Open the room: the topic and the document at once, the meeting as soon as somebody is there to meet.

Rule 1: there is one topic, one meeting and one document an incident; a re-opening finds them where they were.
Rule 2: whoever is paged, asked or pulled in is invited to the meeting, once.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from kuaihui.catalog.catalog import Catalog
from kuaihui.catalog.services import Service
from kuaihui.duties.due import Due
from kuaihui.incident.holders import parts
from kuaihui.incident.paged import pages
from kuaihui.incident.pages import Acknowledged
from kuaihui.incident.phases import Phase
from kuaihui.incident.room import DocumentCreated, MeetingOpened, PulledIn, TopicOpened
from kuaihui.incident.timeline import Timeline
from kuaihui.language import Text, say, text
from kuaihui.orders import CreateDocument, InviteToMeeting, OpenMeeting, OpenTopic, PinDocument, Post, PullIn

# A meeting costs people's attention: from this severity on it is opened without anybody asking for it.
MEETING_FROM: Final = 2
FIRST: Final = 0  # the room belongs to the opening, whatever re-opens later


def due(timeline: Timeline, catalog: Catalog, now: datetime) -> Iterator[Due]:
    """The topic, the document and its pin, the meeting and its invitations."""
    if timeline.phase is Phase.CLOSED:
        return
    opened, service = timeline.opened, catalog.service(timeline.service)
    yield Due(opened.at, OpenTopic(occasion=FIRST, title=opened.title))
    topic, created = timeline.last(TopicOpened), timeline.last(DocumentCreated)
    if created is None:
        title = document_title(timeline, catalog)
        yield Due(opened.at, CreateDocument(occasion=FIRST, title=title, template=service.document_template))
    if topic and created:  # what is said in a topic waits for it, and is not said beside it
        yield Due(max(topic.at, created.at), PinDocument(occasion=FIRST))
        yield Due(max(topic.at, created.at), _document_there(created))
    for number, pulled in timeline.numbered(PulledIn):
        yield Due(pulled.at, PullIn(occasion=number, person=pulled.person, reason=pulled.said))
    yield from _meeting(timeline, service)


def _meeting(timeline: Timeline, service: Service) -> Iterator[Due]:
    somebody = timeline.last(Acknowledged)
    if timeline.severity <= MEETING_FROM and somebody:
        yield Due(somebody.at, OpenMeeting(occasion=FIRST, title=timeline.opened.title, link=service.meeting_link))
    meeting = timeline.last(MeetingOpened)
    if meeting is None:
        return
    if topic := timeline.last(TopicOpened):
        words = text("Meeting: {link} — muted, speak up if needed, every finding goes into the topic", link=meeting.link)
        yield Due(max(topic.at, meeting.at), Post(occasion=FIRST, about="meeting", words=words))
    for person in invited(timeline):
        yield Due(meeting.at, InviteToMeeting(occasion=FIRST, person=person))


def invited(timeline: Timeline) -> tuple[str, ...]:
    """Everybody the incident has asked for: paged, asked to take a role, pulled in."""
    paged = [page.person for _, _, page in pages(timeline)]
    asked = [who for part in parts(timeline).values() for who in (part.holder, part.asked, part.second) if who]
    pulled = [fact.person for fact in timeline.all(PulledIn)]
    return tuple(dict.fromkeys((*paged, *asked, *pulled)))


def document_title(timeline: Timeline, catalog: Catalog) -> str:
    """The document's name by the rule of the service's template: IR-{date}-{service}{alert}, in the team's language and time zone."""
    title = catalog.document_title(timeline.service, timeline.opened.at, _short(timeline))
    return say(text("[Drill] {title}", title=title), catalog.language) if timeline.opened.drill else title


def _short(timeline: Timeline) -> str:
    """A word for what is wrong: the alert's own `short` label, or its name."""
    for alert in timeline.alerts.values():
        return alert.labels.get("short", alert.name)
    return timeline.opened.title


def _link(words: Text, link: str) -> Text:
    return text("{words} {link}", words=words, link=link) if link else words


def _document_there(created: DocumentCreated) -> Post:
    words = _link(text("Document: 《{title}》", title=created.title), created.link)
    return Post(occasion=FIRST, about="document", words=words)
