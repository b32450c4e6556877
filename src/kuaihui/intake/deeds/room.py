"""The room: topic, meeting, document."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from kuaihui.catalog.catalog import Catalog
from kuaihui.errors import Refused
from kuaihui.incident.fact import Fact
from kuaihui.incident.holders import in_meeting
from kuaihui.incident.learning import ReviewDrafted
from kuaihui.incident.pages import Read
from kuaihui.incident.room import (
    DocumentCreated,
    DocumentEdited,
    MeetingJoined,
    MeetingLeft,
    MeetingOpened,
    MessagePosted,
    Reacted,
    Visited,
)
from kuaihui.incident.timeline import Timeline
from kuaihui.intake import signals
from kuaihui.language import plain, text

LONGEST_MESSAGE: Final = 10_000  # characters; a longer text belongs in the document
# What can be reacted to besides messages: the topic as a whole (the message it hangs on, its card), and the document.
PLACES: Final = ("document", "topic")


def visit(deed: signals.Visit, timeline: Timeline, catalog: Catalog, now: datetime) -> list[Fact]:
    """Looked at the topic or the document; a look without news is no fact."""
    return [Visited(at=now, by=deed.person, place=deed.place)] if _news(timeline, deed.person, deed.place) else []


def join_meeting(deed: signals.JoinMeeting, timeline: Timeline, catalog: Catalog, now: datetime) -> list[Fact]:
    """Is in the meeting."""
    if not timeline.has(MeetingOpened):
        raise Refused(text("the meeting is not open yet"))
    return [] if deed.person in in_meeting(timeline) else [MeetingJoined(at=now, by=deed.person)]


def leave_meeting(deed: signals.LeaveMeeting, timeline: Timeline, catalog: Catalog, now: datetime) -> list[Fact]:
    """Left the meeting."""
    return [MeetingLeft(at=now, by=deed.person)] if deed.person in in_meeting(timeline) else []


def speak(deed: signals.Speak, timeline: Timeline, catalog: Catalog, now: datetime) -> list[Fact]:
    """A message, once for each message id."""
    if any(fact.message == deed.message for fact in timeline.all(MessagePosted)):
        return []
    if not deed.words.strip() and not deed.pictures:
        raise Refused(text("a message needs words or a picture"))
    if len(deed.words) > LONGEST_MESSAGE:
        raise Refused(
            text(
                "a message may have {most} characters, this one has {count}: put it into the document",
                most=LONGEST_MESSAGE,
                count=len(deed.words),
            )
        )
    unknown = [who for who in deed.mentions if who not in catalog.people]
    if unknown:
        raise Refused(text("{person} is not in the catalog's people", person=unknown[0]))
    posted = MessagePosted(
        at=now,
        by=deed.person,
        message=deed.message,
        words=plain(deed.words),
        mentions=deed.mentions,
        reply_to=deed.reply_to,
        pictures=deed.pictures,
    )
    return [posted]


def react(deed: signals.React, timeline: Timeline, catalog: Catalog, now: datetime) -> list[Fact]:
    """A reaction, or one taken back."""
    if deed.message not in PLACES and all(fact.message != deed.message for fact in timeline.all(MessagePosted)):
        raise Refused(text("there is no message {message}", message=deed.message))
    mine = [fact for fact in timeline.all(Reacted) if (fact.by, fact.message, fact.emoji) == (deed.person, deed.message, deed.emoji)]
    now_there = bool(mine) and not mine[-1].taken_back
    if now_there is not deed.taken_back:
        return []
    return [Reacted(at=now, by=deed.person, message=deed.message, emoji=deed.emoji, taken_back=deed.taken_back)]


def edit_document(deed: signals.EditDocument, timeline: Timeline, catalog: Catalog, now: datetime) -> list[Fact]:
    """A section of the document or the review as somebody wrote it."""
    if deed.document and not timeline.has(ReviewDrafted):
        raise Refused(text("the review is not there yet: it is drafted when the incident is closed"))
    if not deed.document and not timeline.has(DocumentCreated):
        raise Refused(text("the document is not there yet"))
    return [DocumentEdited(at=now, by=deed.person, section=deed.section, words=deed.words, base=deed.base, document=deed.document)]


def _news(timeline: Timeline, by: str, place: str) -> bool:
    """Whether anything was said or changed that this person has not seen there: a look without news is no fact."""
    visits = [number for number, fact in timeline.numbered(Visited) if fact.by == by and fact.place == place]
    return not visits or any(not isinstance(fact, Visited | Read) for fact in timeline.facts[visits[-1] + 1 :])
