"""Words to a person: they lie in the person's inbox the moment they are written down."""

from __future__ import annotations

from datetime import datetime

from kuaihui.incident.fact import Fact
from kuaihui.incident.pages import Delivered, Sent
from kuaihui.incident.roles import RoleProposed
from kuaihui.incident.room import AskedInDocument, PulledIn
from kuaihui.incident.timeline import Timeline
from kuaihui.orders import AskInDocument, InviteToMeeting, Page, ProposeRole, PullIn, Tell

NAME = "builtin"


def in_the_inbox(identity: str, person: str, now: datetime) -> list[Fact]:
    """A word to somebody has reached their inbox."""
    return [
        Sent(at=now, by=NAME, identity=identity, person=person, channel="inbox"),
        Delivered(at=now, by=NAME, identity=identity, person=person),
    ]


def page(order: Page, timeline: Timeline, now: datetime) -> list[Fact]:
    """A page in the inbox, with its button to acknowledge."""
    return in_the_inbox(order.identity, order.person, now)


def tell(order: Tell, timeline: Timeline, now: datetime) -> list[Fact]:
    """A word in the inbox."""
    return in_the_inbox(order.identity, order.person, now)


def invite(order: InviteToMeeting, timeline: Timeline, now: datetime) -> list[Fact]:
    """An invitation in the inbox, with the meeting's link."""
    return in_the_inbox(order.identity, order.person, now)


def propose(order: ProposeRole, timeline: Timeline, now: datetime) -> list[Fact]:
    """The question in the inbox, with its buttons to take or decline."""
    asked = RoleProposed(at=now, by=NAME, role=order.role, person=order.person, reason=order.reason)
    return [asked, *in_the_inbox(order.identity, order.person, now)]


def pull_in(order: PullIn, timeline: Timeline, now: datetime) -> list[Fact]:
    """The person is in, and finds a word in the inbox."""
    inside = {fact.person for fact in timeline.all(PulledIn)}
    added: list[Fact] = [] if order.person in inside else [PulledIn(at=now, by=NAME, person=order.person, reason=order.reason)]
    return [*added, *in_the_inbox(order.identity, order.person, now)]


def ask_in_document(order: AskInDocument, timeline: Timeline, now: datetime) -> list[Fact]:
    """The question at the section of our own page, and a word in the inbox."""
    if any((fact.document, fact.section) == (order.document, order.section) for fact in timeline.all(AskedInDocument)):
        return []
    asked = AskedInDocument(at=now, by=NAME, section=order.section, name=order.heading, person=order.person, document=order.document)
    return [asked, *in_the_inbox(order.identity, order.person, now)]
