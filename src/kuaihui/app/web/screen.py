"""What the incident's page shows, worked out of the timeline once for each language and length."""

from __future__ import annotations

from collections import OrderedDict
from datetime import datetime
from typing import Final

import msgspec

from kuaihui.app.web.drawing import part
from kuaihui.app.web.topic import messages
from kuaihui.app.web.views import ComingShown, Reader, RoleShown, StampShown, coming_shown, fact_shown, roles_shown, stamp_shown
from kuaihui.app.wiring import House
from kuaihui.briefing.chart import draw
from kuaihui.briefing.clocks import broke_at, stamps
from kuaihui.briefing.receipts import Receipt, receipts
from kuaihui.briefing.waiting import Wait, waits
from kuaihui.catalog.services import Service, Signal
from kuaihui.incident.alerts import AlertFired, measured
from kuaihui.incident.fact import HOUSE, Fact
from kuaihui.incident.holders import holders, in_meeting
from kuaihui.incident.pages import Answered, Delivered, Ordered, Read, Sent
from kuaihui.incident.phases import Phase
from kuaihui.incident.recovery import Closed
from kuaihui.incident.room import DocumentCreated, MeetingOpened, MessagePosted, Reacted, Visited
from kuaihui.incident.timeline import Timeline
from kuaihui.journal.journal import summary_of
from kuaihui.language import Text, plain
from kuaihui.orders import Page

# The parts of the page that are put in anew when they change.
PARTS: Final = ("head", "now", "people", "room", "actions")
# Facts and messages that a page brings along; the older ones are asked for.
FACTS_AT_ONCE: Final = 60
MESSAGES_AT_ONCE: Final = 40
# What a reader folds away: how the house went about it.
QUIET: Final = (Ordered, Answered, Sent, Delivered, Read, Visited, Reacted)
KEPT: Final = 512


class Asked(msgspec.Struct):
    """One person who was asked for, and how far the newest page (or else the newest word) to them got."""

    person: str
    newest: Receipt
    count: int
    roles: list[str]
    inside: bool


class Screen(msgspec.Struct):
    """Everything on the page but the topic and the list of facts."""

    incident: str
    length: int
    title: str
    service: Service
    severity: int
    phase: str
    phase_said: Text
    broke: datetime
    closed: datetime | None
    value: str
    trend: list[str]
    usual: str
    signal: Signal | None
    drill: bool
    stamps: list[StampShown]
    waits: list[Wait]
    coming: list[ComingShown]
    next_called: list[str]
    asked: list[Asked]
    roles: list[RoleShown]
    meeting: MeetingOpened | None
    inside: list[str]
    document: DocumentCreated | None
    alert_link: str
    now: datetime


async def screen(house: House, timeline: Timeline, reader: Reader) -> Screen:
    """The page of an incident as it stands."""
    service, summary = house.catalog.services[timeline.service], summary_of(timeline)
    signal, closed = service.signal, timeline.last(Closed, timeline.occasion)
    coming = await house.loop.coming(timeline.incident)
    return Screen(
        incident=timeline.incident,
        length=len(timeline),
        title=summary.title,
        service=service,
        severity=summary.severity,
        phase=summary.phase,
        phase_said=timeline.phase.said,
        broke=broke_at(timeline),
        closed=closed.at if closed and timeline.phase is Phase.CLOSED else None,
        value=_value(timeline.value, signal),
        trend=_trend(timeline, signal),
        usual=measured(signal.usual_high, signal.unit) if signal else "",
        signal=signal,
        drill=summary.drill,
        stamps=[stamp_shown(stamp, reader) for stamp in stamps(timeline, service.budgets)],
        waits=waits(timeline),
        coming=[coming_shown(one, reader) for one in coming[:8]],
        next_called=[one.order.person for one in coming if isinstance(one.order, Page)][:1],
        asked=asked(timeline),
        roles=roles_shown(house, timeline, reader),
        meeting=timeline.last(MeetingOpened),
        inside=sorted(in_meeting(timeline)),
        document=timeline.last(DocumentCreated),
        alert_link=_alert_link(timeline),
        now=reader.now,
    )


def _value(value: float | None, signal: Signal | None) -> str:
    return "" if value is None else measured(value, signal.unit if signal else "")


def _trend(timeline: Timeline, signal: Signal | None) -> list[str]:
    """The last few different values, oldest first: 10 % → 15 %."""
    told: list[str] = []
    for _, value in timeline.series[-50:]:
        words = _value(value, signal)
        if not told or told[-1] != words:
            told.append(words)
    return told[-4:]


def _alert_link(timeline: Timeline) -> str:
    links = [alert.link for fact in reversed(timeline.all(AlertFired)) for alert in fact.alerts]
    return next((link for link in links if link.startswith(("http://", "https://"))), "")


def asked(timeline: Timeline) -> list[Asked]:
    """Everybody who was ever asked, the first asked first; of each the newest page, or the newest word where they were not paged."""
    found: dict[str, Asked] = {}
    inside, held = in_meeting(timeline), holders(timeline)
    for receipt in receipts(timeline):
        known = found.get(receipt.person)
        if known is None:
            mine = [role for role, holder in held.items() if holder == receipt.person]
            found[receipt.person] = Asked(receipt.person, receipt, 1, mine, receipt.person in inside)
        else:
            known.count += 1
            if receipt.kind == "Page" or known.newest.kind != "Page":
                known.newest = receipt
    return list(found.values())


# -- the parts, rendered -----------------------------------------------------------------------------------------------------------------


class Parts(msgspec.Struct):
    """The rendered parts of one incident at one length in one language."""

    length: int
    html: dict[str, str]


class Screens:
    """
    The rendered parts, kept while they are the newest, so that two hundred who watch cost one rendering.

    What depends on who looks is not here: the page marks it by itself.
    """

    def __init__(self, house: House) -> None:
        self._house = house
        self._known: OrderedDict[tuple[str, str], Parts] = OrderedDict()

    async def parts(self, timeline: Timeline, reader: Reader) -> dict[str, str]:
        """Every part of the incident's page as it stands."""
        key = (timeline.incident, reader.language)
        known = self._known.get(key)
        if known is None or known.length != len(timeline):
            shown = await screen(self._house, timeline, reader)
            chart = draw(timeline, shown.signal, reader.now)
            known = Parts(len(timeline), {name: part(f"incident/{name}.html", reader, s=shown, chart=chart) for name in PARTS})
            self._known[key] = known
            if len(self._known) > KEPT:
                self._known.popitem(last=False)
        self._known.move_to_end(key)
        return known.html


def facts_html(timeline: Timeline, reader: Reader, after: int, before: int) -> str:
    """The facts from number `after` on and before number `before`, the newest first."""
    numbered = ((number, timeline.facts[number]) for number in range(after, before))
    shown = [(fact_shown(number, fact, reader), _quiet(fact)) for number, fact in numbered]
    return part("incident/facts.html", reader, facts=shown[::-1], incident=timeline.incident)


def _quiet(fact: Fact) -> bool:
    """Whether a reader folds it away: how the house went about it, and what it said in the topic of facts that stand here themselves."""
    return isinstance(fact, QUIET) or (isinstance(fact, MessagePosted) and fact.by == HOUSE)


def topic_html(house: House, timeline: Timeline, reader: Reader, after: int, before: int | None = None, *, changed: bool = False) -> str:
    """The topic's messages from fact number `after` on; with `changed` also older ones that were reacted to since, to be put in place."""
    shown = messages(timeline, reader, after, before, changed=changed)
    return part("incident/messages.html", reader, messages=shown, incident=timeline.incident, people=house.catalog.people)


def mine_html(house: House, timeline: Timeline, reader: Reader, person: str) -> str:
    """What wants this person now."""
    if not person:
        return ""
    unread = [one for one in receipts(timeline) if one.person == person and one.sent and not one.read]
    wanted = [role for role in roles_shown(house, timeline, reader) if role.asked == person]
    pages = [one for one in receipts(timeline) if one.person == person and one.kind == "Page" and one.number >= timeline.occasion]
    paged = bool(pages) and not pages[-1].acknowledged and timeline.phase is Phase.OPEN
    last = pages[-1].said if pages else plain("")
    return part("incident/mine.html", reader, unread=len(unread), wanted=wanted, paged=paged, last=last, incident=timeline.incident)
