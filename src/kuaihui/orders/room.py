"""The room people work in: topic, messages, meeting, document, and who is pulled in."""

from __future__ import annotations

from kuaihui.language import Text, text
from kuaihui.orders.order import Order


class OpenTopic(Order, frozen=True, kw_only=True, tag=True):
    """Open the incident's topic (thread) on its newest alert."""

    title: str

    @property
    def said(self) -> Text:
        return text("open the topic “{title}”", title=self.title)


class Post(Order, frozen=True, kw_only=True, tag=True):
    """Say something in the topic. `about` tells two messages of one occasion apart."""

    about: str
    words: Text
    mentions: tuple[str, ...] = ()

    @property
    def key(self) -> tuple[str | int, ...]:
        return (self.about,)

    @property
    def said(self) -> Text:
        return text("post in the topic: {words}", words=self.words)


class OpenMeeting(Order, frozen=True, kw_only=True, tag=True):
    """Open the incident's meeting; `link` is where the service's own meeting room is, if it has one."""

    title: str
    link: str = ""

    @property
    def said(self) -> Text:
        return text("open the meeting “{title}”", title=self.title)


class InviteToMeeting(Order, frozen=True, kw_only=True, tag=True):
    """Ask this person into the meeting."""

    person: str

    @property
    def key(self) -> tuple[str | int, ...]:
        return (self.person,)

    @property
    def said(self) -> Text:
        return text("invite {person} to the meeting", person=f"@{self.person}")


class CreateDocument(Order, frozen=True, kw_only=True, tag=True):
    """Make the incident's document from the team's template."""

    title: str
    template: str

    @property
    def said(self) -> Text:
        return text("create the document 《{title}》", title=self.title)


class PinDocument(Order, frozen=True, kw_only=True, tag=True):
    """Pin the document where everybody sees it."""

    @property
    def said(self) -> Text:
        return text("pin the document")


class AskInDocument(Order, frozen=True, kw_only=True, tag=True):
    """
    Ask this person, at a section of the document, for what only they know; the occasion is the mitigation, or the review's draft.

    `section` is its id, `heading` its name where the document stands; `document` is "" for the incident's own, or "review", and `reference`
    what its carrier calls it. Answered with AskedInDocument.
    """

    section: str
    heading: str
    person: str
    words: Text
    document: str = ""
    reference: str = ""

    @property
    def key(self) -> tuple[str | int, ...]:
        return (self.document or "document", self.section)

    @property
    def said(self) -> Text:
        return text("ask {person} in the document for “{section}”", person=f"@{self.person}", section=self.heading)


class PullIn(Order, frozen=True, kw_only=True, tag=True):
    """Add this person to the incident's chat and topic."""

    person: str
    reason: Text

    @property
    def key(self) -> tuple[str | int, ...]:
        return (self.person,)

    @property
    def said(self) -> Text:
        return text("pull in {person}: {reason}", person=f"@{self.person}", reason=self.reason)
