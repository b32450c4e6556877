"""What the API shows of an incident: pydantic models, made from a timeline for one reader's language and the team's zone."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cached_property
from typing import Final
from zoneinfo import ZoneInfo

from markupsafe import escape
from pydantic import BaseModel, Field

from kuaihui.app.wiring import House
from kuaihui.briefing.clocks import Stamp, stamps
from kuaihui.briefing.receipts import Receipt, receipts
from kuaihui.incident.fact import HOUSE, Fact
from kuaihui.incident.holders import Part, in_meeting, parts
from kuaihui.incident.pages import Answered, Delivered, Ordered, Read, Sent
from kuaihui.incident.phases import Phase
from kuaihui.incident.room import DocumentCreated, MeetingOpened, MessagePosted, Reacted, TopicOpened, Visited
from kuaihui.incident.timeline import Timeline
from kuaihui.journal.journal import Summary
from kuaihui.language import Text, named, say
from kuaihui.language.durations import say_duration
from kuaihui.loop import Coming

# How the house went about it.
QUIET: Final = (Ordered, Answered, Sent, Delivered, Read, Visited, Reacted)


class Reader:
    """Whoever reads: their language, the names in it, the team's zone."""

    def __init__(self, house: House, language: str, now: datetime) -> None:
        self.language = language
        self.now = now
        self.names = house.catalog.names(language)
        self.zone = ZoneInfo(house.catalog.time_zone)
        self.people = [*house.catalog.people, *(self.names.get(person, person) for person in house.catalog.people)]

    def said(self, words: Text | str | None) -> str:
        """Words in the reader's language."""
        return say(words, self.language, self.names) if words is not None else ""

    def local(self, at: datetime | None) -> str:
        """An instant on the team's wall clock: "2023-03-11 11:00:20"."""
        return f"{at.astimezone(self.zone):%Y-%m-%d %H:%M:%S}" if at else ""

    def hour(self, at: datetime | None) -> str:
        """The time of day on the team's wall clock: "11:00:20"."""
        return f"{at.astimezone(self.zone):%H:%M:%S}" if at else ""

    def name(self, who: str) -> str:
        """A person's name by their id; a service's, role's, rota's or guide's by its kind and id ("role:commander")."""
        return named(who, self.names)

    @cached_property
    def mentions(self) -> re.Pattern[str]:
        """Finds "@name" of anybody we know, in text that is escaped."""
        known = sorted({str(escape(name)) for name in self.people}, key=len, reverse=True)
        return re.compile("@(?:" + "|".join(map(re.escape, known)) + ")") if known else re.compile("(?!)")


class IncidentRow(BaseModel):
    """An incident in a list."""

    incident: str
    service: str
    title: str
    phase: str = Field(description="open, engaged, mitigated, observing or closed")
    phase_said: str
    severity: int = Field(description="1 is the worst")
    opened: datetime
    opened_local: str
    changed: datetime
    closed: datetime | None
    value: float | None
    drill: bool


class Incidents(BaseModel):
    """A list of incidents, the newest opening first."""

    incidents: list[IncidentRow]


class StampShown(BaseModel):
    """One of the 1-5-10 clocks."""

    name: str
    said: str
    began: datetime
    stopped: datetime | None
    spent: str
    spent_seconds: float
    budget: str
    budget_seconds: float
    kept: bool | None = Field(description="None while it may still be kept")


class ReceiptShown(BaseModel):
    """One word to one person, and how far it got."""

    identity: str
    person: str
    name: str
    kind: str
    said: str
    level: int
    channel: str
    reached: str = Field(description="ordered, failed, sent, delivered, read or acknowledged")
    ordered: datetime
    sent: datetime | None
    delivered: datetime | None
    read: datetime | None
    acknowledged: datetime | None
    failed: str


class RoleShown(BaseModel):
    """One role as it stands."""

    role: str
    name: str
    holder: str
    holder_name: str
    asked: str
    asked_name: str
    unanswered: str = Field(description="who was asked, and had not answered when the incident was closed")
    second: str
    second_name: str
    since: datetime | None


class ComingShown(BaseModel):
    """An order that will be due if nothing happens."""

    at: datetime
    local: str
    in_seconds: float
    said: str


class IncidentShown(IncidentRow):
    """One incident, whole but for its facts."""

    length: int = Field(description="how many facts it has")
    firing: int
    series: Sequence[tuple[datetime, float]]
    stamps: list[StampShown]
    roles: list[RoleShown]
    receipts: list[ReceiptShown]
    coming: list[ComingShown]
    topic: str
    meeting: str
    in_meeting: list[str]
    document: str
    document_title: str


class FactShown(BaseModel):
    """
    One fact, with its line in the reader's language; `message` is a message's id, by which it is answered or reacted to.

    `quiet`: a reader folds it away: how the house went about it, or what it said in the topic of facts that stand here themselves.
    """

    number: int
    kind: str
    at: datetime
    local: str
    by: str
    said: str
    message: str = ""
    quiet: bool = False


def row(summary: Summary, reader: Reader) -> IncidentRow:
    """An incident's row."""
    return IncidentRow(
        incident=summary.incident,
        service=summary.service,
        title=summary.title,
        phase=summary.phase,
        phase_said=reader.said(Phase(summary.phase).said),
        severity=summary.severity,
        opened=summary.opened,
        opened_local=reader.local(summary.opened),
        changed=summary.changed,
        closed=summary.closed,
        value=summary.value,
        drill=summary.drill,
    )


def whole(house: House, timeline: Timeline, summary: Summary, coming: list[Coming], reader: Reader) -> IncidentShown:
    """An incident as its page needs it."""
    meeting, document, topic = timeline.last(MeetingOpened), timeline.last(DocumentCreated), timeline.last(TopicOpened)
    service = house.catalog.service(timeline.service)
    return IncidentShown(
        **row(summary, reader).model_dump(),
        length=len(timeline),
        firing=len(timeline.firing),
        series=timeline.series,
        stamps=[stamp_shown(stamp, reader) for stamp in stamps(timeline, service.budgets)],
        roles=roles_shown(house, timeline, reader),
        receipts=[receipt_shown(receipt, reader) for receipt in receipts(timeline)],
        coming=[coming_shown(one, reader) for one in coming],
        topic=topic.link if topic else "",
        meeting=meeting.link if meeting else "",
        in_meeting=sorted(in_meeting(timeline)),
        document=document.link if document else "",
        document_title=document.title if document else "",
    )


def stamp_shown(stamp: Stamp, reader: Reader) -> StampShown:
    """A clock as it stands now."""
    spent = stamp.spent(reader.now)
    return StampShown(
        name=stamp.name,
        said=reader.said(stamp.said),
        began=stamp.began,
        stopped=stamp.stopped,
        spent=reader.said(say_duration(spent)),
        spent_seconds=spent.total_seconds(),
        budget=reader.said(say_duration(stamp.budget)),
        budget_seconds=stamp.budget.total_seconds(),
        kept=stamp.kept(reader.now),
    )


def receipt_shown(receipt: Receipt, reader: Reader) -> ReceiptShown:
    """A word to somebody and how far it got."""
    return ReceiptShown(
        identity=receipt.identity,
        person=receipt.person,
        name=reader.name(receipt.person),
        kind=receipt.kind,
        said=reader.said(receipt.said),
        level=receipt.level,
        channel=receipt.channel,
        reached=receipt.reached,
        ordered=receipt.ordered,
        sent=receipt.sent,
        delivered=receipt.delivered,
        read=receipt.read,
        acknowledged=receipt.acknowledged,
        failed=reader.said(receipt.failed),
    )


def roles_shown(house: House, timeline: Timeline, reader: Reader) -> list[RoleShown]:
    """Every role of the catalog that this incident needs or has."""
    known = parts(timeline)
    shown: list[RoleShown] = []
    for role in house.catalog.roles.values():
        part = known.get(role.id)
        if part is None and timeline.severity > role.needed_from:
            continue
        part = part or Part(role.id)
        shown.append(
            RoleShown(
                role=role.id,
                name=reader.name(f"role:{role.id}"),
                holder=part.holder,
                holder_name=reader.name(part.holder),
                asked=part.asked,
                asked_name=reader.name(part.asked),
                unanswered=part.unanswered,
                second=part.second,
                second_name=reader.name(part.second),
                since=part.since,
            )
        )
    return shown


def coming_shown(one: Coming, reader: Reader) -> ComingShown:
    """What comes next, and in how many seconds."""
    return ComingShown(
        at=one.at, local=reader.local(one.at), in_seconds=(one.at - reader.now).total_seconds(), said=reader.said(one.order.said)
    )


def fact_shown(number: int, fact: Fact, reader: Reader) -> FactShown:
    """A fact in one line."""
    return FactShown(
        number=number,
        kind=type(fact).__name__,
        at=fact.at.astimezone(UTC),
        local=reader.local(fact.at),
        by=fact.by,
        said=reader.said(fact.said),
        message=fact.message if isinstance(fact, MessagePosted) else "",
        quiet=isinstance(fact, QUIET) or (isinstance(fact, MessagePosted) and fact.by == HOUSE),
    )
