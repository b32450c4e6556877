"""Getting a human: orders given and answered; sent, delivered, read and acknowledged, which are four different things."""

from __future__ import annotations

from datetime import datetime

from kuaihui.incident.fact import Fact
from kuaihui.language import Text, text
from kuaihui.orders import AnyOrder
from kuaihui.orders.page import channel_said


class Ordered(Fact, frozen=True, kw_only=True, tag=True):
    """An order is about to be carried out by `carrier`; written down before it is."""

    order: AnyOrder
    carrier: str

    @property
    def said(self) -> Text:
        return text("ordered: {order}", order=self.order.said)


class Answered(Fact, frozen=True, kw_only=True, tag=True):
    """
    How an order went: "done", "later" (due again at `again`), "gave up", or "nobody" (no integration carries it).
    """

    identity: str
    outcome: str
    reason: Text | None = None
    again: datetime | None = None

    @property
    def said(self) -> Text:
        if self.reason is None:
            return text("{order}: {outcome}", order=self.identity, outcome=outcome(self.outcome))
        return text("{order}: {outcome} {reason}", order=self.identity, outcome=outcome(self.outcome), reason=self.reason)


def outcome(word: str) -> Text:
    """An outcome in words."""
    match word:
        case "done":
            return text("done")
        case "later":
            return text("will be tried again")
        case "nobody":
            return text("nobody carries this")
        case _:
            return text("given up")


class Sent(Fact, frozen=True, kw_only=True, tag=True):
    """A word to somebody left the house: `identity` is the order it carries out."""

    identity: str
    person: str
    channel: str
    reference: str = ""  # what the outside product calls it

    @property
    def said(self) -> Text:
        return text("sent to {person} by {channel}", person=f"@{self.person}", channel=channel_said(self.channel))


class Delivered(Fact, frozen=True, kw_only=True, tag=True):
    """It reached the person's device or inbox."""

    identity: str
    person: str

    @property
    def said(self) -> Text:
        return text("delivered to {person}", person=f"@{self.person}")


class Read(Fact, frozen=True, kw_only=True, tag=True):
    """The person has seen it."""

    identity: str
    person: str

    @property
    def said(self) -> Text:
        return text("read by {person}", person=f"@{self.person}")


class Acknowledged(Fact, frozen=True, kw_only=True, tag=True):
    """`by` has taken it on."""

    @property
    def said(self) -> Text:
        return text("{by} acknowledged", by=f"@{self.by}")


class Escalated(Fact, frozen=True, kw_only=True, tag=True):
    """Somebody asked for the next level now."""

    reason: Text

    @property
    def said(self) -> Text:
        return text("{by} escalated: {reason}", by=f"@{self.by}", reason=self.reason)


class FellSilent(Fact, frozen=True, kw_only=True, tag=True):
    """It was acknowledged, then nobody did or said anything: a new occasion to page."""

    since: datetime

    @property
    def said(self) -> Text:
        return text("acknowledged, then silence: paged again")
