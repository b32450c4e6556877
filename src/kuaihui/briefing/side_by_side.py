"""
Two courses of one incident side by side: who was paged when, what waited for whom, what differs.

Rule 1: times are counted from the opening of each, so that the same outage on two days can be compared too.
Rule 2: what is not in one of them is said to be missing there, never left out.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

import msgspec

from kuaihui.briefing.clocks import stamps
from kuaihui.briefing.spent import UNREAD, spent_on
from kuaihui.catalog.catalog import Catalog
from kuaihui.incident.alerts import Reopened, SeverityChanged, Worsened
from kuaihui.incident.fact import Fact
from kuaihui.incident.holders import last_seen
from kuaihui.incident.pages import Acknowledged, FellSilent, Ordered
from kuaihui.incident.recovery import Closed, ObservationStarted
from kuaihui.incident.roles import RoleGiven, RoleTaken
from kuaihui.incident.timeline import Timeline
from kuaihui.language import Text, text
from kuaihui.language.durations import in_words
from kuaihui.orders import InviteToMeeting, OpenMeeting, Page, ProposeRole, PullIn, Tell

# Two instants this close are the same moment: it takes a settling to write one down.
SAME: Final = timedelta(seconds=1)
# Orders that concern people; what is only written, shown or looked at follows from them.
_TOLD: Final = (InviteToMeeting, OpenMeeting, ProposeRole, PullIn, Tell)
_MILESTONES: Final = (Acknowledged, SeverityChanged, Worsened, Reopened, FellSilent, RoleTaken, RoleGiven, ObservationStarted, Closed)


class Paging(msgspec.Struct, frozen=True):
    """One page: after how long (from the opening), whom, at which level, why; `answered` whether they showed that they were there later."""

    after: timedelta
    person: str
    level: int
    channel: str
    reason: Text
    answered: bool


class Moment(msgspec.Struct, frozen=True):
    """Something to be compared: what it is (`key` tells it apart), and after how long it was so; None where it never was."""

    key: str
    says: Text
    before: timedelta | None
    after: timedelta | None

    @property
    def differs(self) -> bool:
        """Whether the two sides differ by more than a moment."""
        if self.before is None or self.after is None:
            return self.before is not self.after
        return abs(self.before - self.after) > SAME


class Absence(msgspec.Struct, frozen=True):
    """Time that went by because somebody did not read: on one side, and on the other."""

    person: str
    before: timedelta
    after: timedelta


class SideBySide(msgspec.Struct, frozen=True):
    """The comparison: pages of both sides, absences and what they cost, moments and clocks."""

    pages_before: tuple[Paging, ...]
    pages_after: tuple[Paging, ...]
    absences: tuple[Absence, ...]
    moments: tuple[Moment, ...]
    clocks: tuple[Moment, ...]

    @property
    def different(self) -> tuple[Moment, ...]:
        """The moments that differ, in the order of the left side, what is only on the right last."""
        return tuple(moment for moment in self.moments if moment.differs)


def side_by_side(before: Timeline, after: Timeline, catalog: Catalog, other: Catalog | None = None) -> SideBySide:
    """Compare two courses; `catalog` is that of the left one, `other` that of the right one where it differs."""
    return SideBySide(
        pages(before),
        pages(after),
        tuple(_absences(before, after)),
        tuple(_moments(before, after)),
        tuple(_clocks(before, after, catalog, other or catalog)),
    )


def pages(timeline: Timeline) -> tuple[Paging, ...]:
    """Every page of a course in order."""
    began, seen = timeline.opened.at, last_seen(timeline)
    return tuple(
        Paging(
            fact.at - began,
            fact.order.person,
            fact.order.level,
            fact.order.channel,
            fact.order.reason,
            fact.order.person in seen and seen[fact.order.person] >= fact.at,
        )
        for fact in timeline.all(Ordered)
        if isinstance(fact.order, Page)
    )


def _absences(before: Timeline, after: Timeline) -> list[Absence]:
    left, right = _unread(before), _unread(after)
    return [Absence(person, left.get(person, timedelta()), right.get(person, timedelta())) for person in {**left, **right}]


def _unread(timeline: Timeline) -> dict[str, timedelta]:
    """How long it waited for whoever was asked last and did not read."""
    return {one.person: one.time for one in spent_on(timeline, timeline.facts[-1].at) if one.cause == UNREAD}


def _moments(before: Timeline, after: Timeline) -> list[Moment]:
    left, right = _by_key(before), _by_key(after)
    return [
        Moment(key, (left.get(key) or right[key])[1], left[key][0] if key in left else None, right[key][0] if key in right else None)
        for key in {**left, **right}
    ]


def _by_key(timeline: Timeline) -> dict[str, tuple[timedelta, Text]]:
    """Every order to people and every milestone by what tells it apart: the second page to a person is another one than the first."""
    found: dict[str, tuple[timedelta, Text]] = {}
    counted: dict[str, int] = {}
    for fact in timeline.facts:
        if (key := _key(fact)) is None:
            continue
        counted[key] = counted.get(key, 0) + 1
        says = fact.order.said if isinstance(fact, Ordered) else fact.said
        found[f"{key}/{counted[key]}"] = (fact.at - timeline.opened.at, says)
    return found


def _key(fact: Fact) -> str | None:
    match fact:
        case Ordered(order=Page(person=person)):
            return f"page/{person}"
        case Ordered(order=order) if isinstance(order, _TOLD):
            return "/".join(map(str, (type(order).__name__, *order.key)))
        case RoleGiven() | RoleTaken():
            return f"{type(fact).__name__}/{fact.role}"
        case _ if isinstance(fact, _MILESTONES):
            return type(fact).__name__
        case _:
            return None


def _clocks(before: Timeline, after: Timeline, catalog: Catalog, other: Catalog) -> list[Moment]:
    right = {stamp.name: stamp for stamp in stamps(after, other.service(after.service).budgets)}
    return [
        Moment(stamp.name, stamp.said, _spent(stamp.began, stamp.stopped), _spent(right[stamp.name].began, right[stamp.name].stopped))
        for stamp in stamps(before, catalog.service(before.service).budgets)
    ]


def _spent(began: datetime, stopped: datetime | None) -> timedelta | None:
    return stopped - began if stopped else None


def verdict(compared: SideBySide) -> list[Text]:
    """The comparison in a sentence each: first what an absence costs, then who else would be paged."""
    never_there = _who(compared.pages_before) - _who(compared.pages_before, answered=True)
    absent = [one for one in compared.absences if one.person in never_there]
    said = [
        text(
            "{person}'s absence costs {after} instead of {before}",
            person=f"@{one.person}",
            after=in_words(one.after),
            before=in_words(one.before),
        )
        for one in absent
        if abs(one.after - one.before) > SAME
    ]
    left, right = _who(compared.pages_before), _who(compared.pages_after)
    said += [text("{person} would be paged, who was not", person=f"@{person}") for person in sorted(right - left)]
    said += [text("{person} would not be paged, who was", person=f"@{person}") for person in sorted(left - right)]
    if not said and any(moment.differs for moment in compared.moments if moment.key.startswith("page/")):
        return [text("the same people would be paged, at other times or not as often")]
    return said or [text("nobody would be paged otherwise")]


def _who(pages: tuple[Paging, ...], *, answered: bool = False) -> set[str]:
    return {page.person for page in pages if page.answered or not answered}
