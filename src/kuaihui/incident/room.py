"""The room: topic and messages, meeting, document, and who was pulled in."""

from __future__ import annotations

from kuaihui.incident.fact import Fact
from kuaihui.language import Text, plain, text


class TopicOpened(Fact, frozen=True, kw_only=True, tag=True):
    """
    The incident's topic stands; `link` leads to it.

    Where it stands in an outside product: `reference` is the message it hangs on, `chat` and `thread` where that is, `card` the message
    that is kept as the incident's status.
    """

    title: str
    link: str = ""
    reference: str = ""
    chat: str = ""
    thread: str = ""
    card: str = ""

    @property
    def said(self) -> Text:
        return text("topic opened: {title}", title=self.title)


class MessagePosted(Fact, frozen=True, kw_only=True, tag=True):
    """
    `by` said something in the topic. `message` is its id; `reply_to` the message it answers; `pictures` are artifacts' hashes.

    `identity` is the order it carries out, where it does.
    """

    message: str
    words: Text
    mentions: tuple[str, ...] = ()
    reply_to: str = ""
    pictures: tuple[str, ...] = ()
    identity: str = ""

    @property
    def said(self) -> Text:
        return text("{by}: {words}", by=f"@{self.by}", words=self.words)


class Reacted(Fact, frozen=True, kw_only=True, tag=True):
    """`by` reacted to a message, or took the reaction back."""

    message: str
    emoji: str
    taken_back: bool = False

    @property
    def said(self) -> Text:
        if self.taken_back:
            return text("{by} took back {emoji}", by=f"@{self.by}", emoji=self.emoji)
        return text("{by} reacted {emoji}", by=f"@{self.by}", emoji=self.emoji)


class Visited(Fact, frozen=True, kw_only=True, tag=True):
    """`by` read the topic (or the document) up to here."""

    place: str = "topic"

    @property
    def said(self) -> Text:
        return text("{by} read the {place}", by=f"@{self.by}", place=place(self.place))


def place(word: str) -> Text:
    """A place of the room in words."""
    return text("document") if word == "document" else text("topic")


class PulledIn(Fact, frozen=True, kw_only=True, tag=True):
    """Somebody was added to the incident."""

    person: str
    reason: Text

    @property
    def said(self) -> Text:
        return text("{by} pulled in {person}: {reason}", by=f"@{self.by}", person=f"@{self.person}", reason=self.reason)


class MeetingOpened(Fact, frozen=True, kw_only=True, tag=True):
    """The meeting can be joined at `link`; `reference` and `number` are what an outside product calls it."""

    title: str
    link: str
    reference: str = ""
    number: str = ""

    @property
    def said(self) -> Text:
        return text("meeting opened: {link}", link=self.link)


class MeetingJoined(Fact, frozen=True, kw_only=True, tag=True):
    """`by` is in the meeting."""

    @property
    def said(self) -> Text:
        return text("{by} joined the meeting", by=f"@{self.by}")


class MeetingLeft(Fact, frozen=True, kw_only=True, tag=True):
    """`by` left the meeting."""

    @property
    def said(self) -> Text:
        return text("{by} left the meeting", by=f"@{self.by}")


class DocumentCreated(Fact, frozen=True, kw_only=True, tag=True):
    """The incident's document stands, made from `template`."""

    title: str
    template: str
    link: str = ""
    reference: str = ""

    @property
    def said(self) -> Text:
        return text("document created: 《{title}》", title=self.title)


class DocumentKept(Fact, frozen=True, kw_only=True, tag=True):
    """The document outside shows the incident as its first `length` facts tell it; what people write there begins from that."""

    length: int
    reference: str = ""

    @property
    def said(self) -> Text:
        return text("document brought up to date")


class DocumentPinned(Fact, frozen=True, kw_only=True, tag=True):
    """The document is pinned where everybody sees it."""

    @property
    def said(self) -> Text:
        return text("document pinned")


class AskedInDocument(Fact, frozen=True, kw_only=True, tag=True):
    """
    `person` was asked, by a comment at a section of the document, for what only they know.

    `section` is its id, `name` its heading as it stood; `document` is "" for the incident's own, or "review". `reference` and `comment` are
    what an outside product calls document and comment.
    """

    section: str
    name: str
    person: str
    document: str = ""
    reference: str = ""
    comment: str = ""

    @property
    def said(self) -> Text:
        if self.document == "review":
            return text("{person} is asked in the review for “{section}”", person=f"@{self.person}", section=plain(self.name))
        return text("{person} is asked in the document for “{section}”", person=f"@{self.person}", section=plain(self.name))


class DocumentEdited(Fact, frozen=True, kw_only=True, tag=True):
    """
    `by` wrote a section of the document; `base` is the hash of the text they began from.

    `document` is "" for the incident's own, or "review".
    """

    section: str
    words: str
    base: str = ""
    document: str = ""

    @property
    def said(self) -> Text:
        if self.document == "review":
            return text("{by} edited the review: {section}", by=f"@{self.by}", section=plain(self.section))
        return text("{by} edited the document: {section}", by=f"@{self.by}", section=plain(self.section))
