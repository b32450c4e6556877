"""What the incident's page shows, worked out of the timeline once for each language and length."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

import msgspec

from kuaihui.app.web.drawing import part
from kuaihui.app.web.learned import Learned, by_need, learned
from kuaihui.app.web.repairing import Repairs, repairs
from kuaihui.app.web.topic import messages
from kuaihui.app.web.views import ComingShown, Reader, RoleShown, StampShown, coming_shown, fact_shown, roles_shown, stamp_shown
from kuaihui.app.wiring import House
from kuaihui.briefing.chart import draw, seen
from kuaihui.briefing.clocks import broke_at, stamps
from kuaihui.briefing.findings import Findings, findings
from kuaihui.briefing.receipts import Receipt, receipts
from kuaihui.briefing.waiting import Wait, waits
from kuaihui.catalog.services import Service, Signal
from kuaihui.incident.alerts import AlertFired, measured
from kuaihui.incident.holders import holders, in_meeting
from kuaihui.incident.open_tasks import Task, tasks
from kuaihui.incident.phases import Phase
from kuaihui.incident.recovery import Closed
from kuaihui.incident.room import DocumentCreated, MeetingOpened
from kuaihui.incident.timeline import Timeline
from kuaihui.journal.journal import summary_of
from kuaihui.language import Text
from kuaihui.loop import Coming
from kuaihui.orders import Page, Post

# The parts of the page that are put in anew when they change.
PARTS: Final = ("head", "now", "findings", "repair", "people", "room", "tasks", "learned", "actions")
# Facts and messages that a page brings along; the older ones are asked for.
FACTS_AT_ONCE: Final = 60
MESSAGES_AT_ONCE: Final = 40
KEPT: Final = 512
# A page that nobody changed is worked out anew after this: its words tell the time.
FRESH: Final = timedelta(seconds=5)


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
    above: bool  # worse than it usually is, as far as that is known
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
    findings: Findings
    repairs: Repairs
    tasks: list[Task]
    learned: Learned
    people: list[str]
    guides: dict[str, str]
    alert_link: str
    now: datetime


async def screen(house: House, timeline: Timeline, reader: Reader) -> Screen:
    """The page of an incident as it stands."""
    service, summary = house.catalog.service(timeline.service), summary_of(timeline)
    signal, closed = service.signal, timeline.last(Closed, timeline.occasion)
    coming = await house.loop.coming(timeline.incident)
    value = next((known for _, known in reversed(seen(timeline))), None)
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
        value=_value(value, signal),
        above=value is not None and value > (signal.usual_high if signal else 0.0),
        trend=_trend(timeline, signal),
        usual=measured(signal.usual_high, signal.unit) if signal else "",
        signal=signal,
        drill=summary.drill,
        stamps=[stamp_shown(stamp, reader) for stamp in stamps(timeline, service.budgets)],
        waits=waits(timeline, house.catalog, reader.now),
        coming=[coming_shown(one, reader) for one in _worth_telling(coming)[:8]],
        next_called=[one.order.person for one in coming if isinstance(one.order, Page)][:1],
        asked=asked(timeline),
        roles=roles_shown(house, timeline, reader),
        meeting=timeline.last(MeetingOpened),
        inside=sorted(in_meeting(timeline)),
        document=timeline.last(DocumentCreated),
        findings=findings(timeline),
        repairs=repairs(house, timeline, reader),
        tasks=by_need(tasks(timeline).values()),
        learned=learned(timeline),
        people=[person.id for person in house.catalog.people.values() if person.joined],
        guides={guide.id: guide.name.told(reader.language) for guide in house.catalog.guides.values()},
        alert_link=_alert_link(timeline),
        now=reader.now,
    )


def _worth_telling(coming: list[Coming]) -> list[Coming]:
    """What comes next, without what will only be said in the topic of what is told at the same instant to somebody."""
    told = {one.at for one in coming if not isinstance(one.order, Post)}
    return [one for one in coming if not (isinstance(one.order, Post) and one.at in told)]


def _value(value: float | None, signal: Signal | None) -> str:
    return "" if value is None else measured(value, signal.unit if signal else "")


def _trend(timeline: Timeline, signal: Signal | None) -> list[str]:
    """The last few different values, oldest first: 10 % → 15 %."""
    told: list[str] = []
    for _, value in seen(timeline)[-50:]:
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


# -- the parts, rendered --------------------------------------------------------------------------------------------------------------


class Shown:
    """
    One incident at one length in one language: each piece of its page is worked out once, however many look at it.

    What depends on who looks is asked for by person; everything else is the same for all, and the page marks by itself what is theirs.
    """

    def __init__(self, house: House, timeline: Timeline, reader: Reader, shown: Screen) -> None:
        self.timeline, self.screen = timeline, shown
        self._house, self._reader = house, reader
        self._made: dict[tuple[str, int, int] | str, str] = {}
        self._receipts = receipts(timeline)
        chart = draw(timeline, shown.signal, reader.now)
        self.parts = {name: part(f"incident/{name}.html", reader, s=shown, chart=chart) for name in PARTS}

    def facts(self, after: int, before: int) -> str:
        """The facts from number `after` on and before number `before`, the newest first."""
        return self._once(("facts", after, before), lambda: facts_html(self.timeline, self._reader, after, before))

    def topic(self, after: int) -> str:
        """The topic's messages from fact number `after` on."""
        return self._once(("topic", after, 0), lambda: topic_html(self._house, self.timeline, self._reader, after))

    def topic_news(self, after: int) -> str:
        """The messages from fact number `after` on, and those before that were reacted to since, to be put in their places."""
        return self._once(("topic", after, 1), lambda: topic_html(self._house, self.timeline, self._reader, after, changed=True))

    def mine(self, person: str) -> str:
        """What wants this person now."""
        return self._once(person, lambda: self._mine(person)) if person else ""

    def _once(self, key: tuple[str, int, int] | str, make: Callable[[], str]) -> str:
        if key not in self._made:
            self._made[key] = make()
        return self._made[key]

    def _mine(self, person: str) -> str:
        sent = [one for one in self._receipts if one.person == person and one.sent]
        pages = [one for one in sent if one.kind == "Page" and one.number >= self.timeline.occasion]
        return part(
            "incident/mine.html",
            self._reader,
            incident=self.timeline.incident,
            unread=sum(not one.read for one in sent),
            wanted=[role for role in self.screen.roles if role.asked == person],
            paged=bool(pages) and not pages[-1].acknowledged and self.timeline.phase is Phase.OPEN,
        )


class Screens:
    """The newest `Shown` of each incident and language, so that two hundred who watch cost one rendering."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._known: OrderedDict[tuple[str, str], Shown] = OrderedDict()

    async def of(self, timeline: Timeline, reader: Reader) -> Shown:
        """The incident's page as it stands."""
        key = (timeline.incident, reader.language)
        known = self._known.get(key)
        if known is None or known.timeline is not timeline or self._stale(known, reader):
            known = self._known[key] = Shown(self._house, timeline, reader, await screen(self._house, timeline, reader))
            if len(self._known) > KEPT:
                self._known.popitem(last=False)
        self._known.move_to_end(key)
        return known

    def _stale(self, known: Shown, reader: Reader) -> bool:
        """Whether the clock has gone on by so much that what was said of the time is no longer so."""
        return abs(reader.now - known.screen.now) > FRESH


def facts_html(timeline: Timeline, reader: Reader, after: int, before: int) -> str:
    """The facts from number `after` on and before number `before`, the newest first."""
    numbered = ((number, timeline.facts[number]) for number in range(after, before))
    shown = [fact_shown(number, fact, reader) for number, fact in numbered]
    return part("incident/facts.html", reader, facts=shown[::-1], incident=timeline.incident)


def topic_html(house: House, timeline: Timeline, reader: Reader, after: int, before: int | None = None, *, changed: bool = False) -> str:
    """The topic's messages from fact number `after` on; with `changed` also older ones that were reacted to since, to be put in place."""
    shown = messages(timeline, reader, after, before, changed=changed)
    return part("incident/messages.html", reader, messages=shown, incident=timeline.incident, people=house.catalog.people)
