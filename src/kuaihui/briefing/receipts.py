"""Who was asked what, and how far it got: sent, delivered, read, acknowledged are four different things."""

from __future__ import annotations

from datetime import datetime

import msgspec

from kuaihui.incident.alerts import Worsened
from kuaihui.incident.pages import Acknowledged, Answered, Delivered, Ordered, Read, Sent
from kuaihui.incident.timeline import Timeline
from kuaihui.language import Text, text
from kuaihui.orders import InviteToMeeting, Page, ProposeRole, PullIn, Tell

_TO_A_PERSON = (Page, Tell, ProposeRole, PullIn, InviteToMeeting)


class Receipt(msgspec.Struct):
    """
    One word to one person, with the instant of each step it has reached (UTC); `failed` says why it went no further.

    `said` is the order as others read it, `told` what it says to the person themselves.
    """

    identity: str
    person: str
    kind: str
    said: Text
    told: Text
    ordered: datetime
    number: int
    level: int = 0
    channel: str = ""
    sent: datetime | None = None
    delivered: datetime | None = None
    read: datetime | None = None
    acknowledged: datetime | None = None
    failed: Text | None = None

    @property
    def reached(self) -> str:
        """The furthest step: ordered, failed, sent, delivered, read, acknowledged."""
        for step in ("acknowledged", "read", "delivered", "sent", "failed"):
            if getattr(self, step):
                return step
        return "ordered"


def receipts(timeline: Timeline) -> list[Receipt]:
    """Every word to every person, in the order they were ordered."""
    found: dict[str, Receipt] = {}
    for number, fact in enumerate(timeline.facts):
        match fact:
            case Ordered(order=order) if isinstance(order, _TO_A_PERSON):
                found.setdefault(order.identity, _begun(number, fact))
            case Sent() | Delivered() | Read():
                if fact.identity in found:
                    _step(found[fact.identity], fact)
            case Answered(outcome="gave up" | "nobody"):
                if fact.identity in found:
                    found[fact.identity].failed = fact.reason
            case Acknowledged():
                _acknowledge(found, fact)
            case _:
                continue
    return list(found.values())


def _begun(number: int, fact: Ordered) -> Receipt:
    order = fact.order
    assert isinstance(order, _TO_A_PERSON)
    level, channel = (order.level, order.channel) if isinstance(order, Page) else (0, fact.carrier)
    return Receipt(order.identity, order.person, type(order).__name__, order.said, _told(order), fact.at, number, level, channel)


def _told(order: Page | Tell | ProposeRole | PullIn | InviteToMeeting) -> Text:
    """What it says to the person themselves."""
    match order:
        case Page():
            return text("you are paged: {reason}", reason=order.reason)
        case Tell():
            return order.words
        case ProposeRole():
            return text("please be {role}: {reason}", role=f"@role:{order.role}", reason=order.reason)
        case PullIn():
            return text("you are pulled in: {reason}", reason=order.reason)
        case InviteToMeeting():
            return text("please join the meeting")


def _step(receipt: Receipt, fact: Sent | Delivered | Read) -> None:
    match fact:
        case Sent():
            receipt.sent, receipt.channel = receipt.sent or fact.at, fact.channel
        case Delivered():
            receipt.delivered = receipt.delivered or fact.at
        case Read():
            receipt.read = receipt.read or fact.at


def _acknowledge(found: dict[str, Receipt], fact: Acknowledged) -> None:
    for receipt in found.values():
        if receipt.person == fact.by and receipt.kind == "Page" and not receipt.acknowledged:
            receipt.acknowledged = fact.at


def by_person(timeline: Timeline) -> dict[str, list[Receipt]]:
    """The receipts of each person who was ever asked anything, in the order they were first asked."""
    found: dict[str, list[Receipt]] = {}
    for receipt in receipts(timeline):
        found.setdefault(receipt.person, []).append(receipt)
    return found


def latest_pages(timeline: Timeline) -> list[Receipt]:
    """The newest page of each person: the table "who has been asked and how far it got"."""
    newest: dict[str, Receipt] = {}
    for receipt in receipts(timeline):
        if receipt.kind == "Page":
            newest[receipt.person] = receipt
    return list(newest.values())


def worsenings(timeline: Timeline) -> int:
    """How often it got so much worse that people were paged again."""
    return len(timeline.all(Worsened))
