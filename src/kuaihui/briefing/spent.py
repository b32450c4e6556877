"""
What an incident's time was spent on, and on whom it waited: from the break to the recovery, without holes.

Rule 1: at every instant the time goes to exactly one cause, so that the parts add up to the whole.
Rule 2: what nobody has seen waits for the person who was asked last: they are the one it was waiting for.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

import msgspec

from kuaihui.briefing.clocks import broke_at, stamps
from kuaihui.catalog.services import Budgets
from kuaihui.incident.alerts import Reopened
from kuaihui.incident.fact import Fact
from kuaihui.incident.pages import Acknowledged, Ordered, Read
from kuaihui.incident.phases import Phase, moved
from kuaihui.incident.timeline import Timeline
from kuaihui.language import Text, text
from kuaihui.orders import Page

UNHEARD: Final = "unheard"
NOBODY: Final = "nobody"
UNREAD: Final = "unread"
UNTAKEN: Final = "untaken"
WORK: Final = "work"
CLEARING: Final = "clearing"

CAUSES: Final[dict[str, Text]] = {
    UNHEARD: text("broken, but no alert told us yet"),
    NOBODY: text("nobody was asked yet"),
    UNREAD: text("asked, but the page was not read"),
    UNTAKEN: text("read, but not taken on"),
    WORK: text("being worked on"),
    CLEARING: text("mitigated; the signal was still coming down"),
}


class Spent(msgspec.Struct, frozen=True):
    """Time that went to one cause, and the person it was waiting for where there was one."""

    cause: str
    person: str
    time: timedelta


class _Watch(msgspec.Struct):
    """Where the incident stands as its facts are gone through."""

    phase: Phase = Phase.OPEN
    unread: dict[str, None] = {}
    untaken: dict[str, None] = {}

    @property
    def cause(self) -> tuple[str, str]:
        """What is being waited for, and whom."""
        match self.phase:
            case Phase.OPEN:
                if self.untaken:
                    return UNTAKEN, next(reversed(self.untaken))
                return (UNREAD, next(reversed(self.unread))) if self.unread else (NOBODY, "")
            case Phase.MITIGATED:
                return CLEARING, ""
            case _:
                return WORK, ""

    def take(self, fact: Fact) -> None:
        """What this fact changes."""
        self.phase = moved(self.phase, fact)
        match fact:
            case Ordered(order=Page(person=person)) if person not in self.untaken:
                self.unread.pop(person, None)
                self.unread[person] = None
            case Read() if fact.person in self.unread:
                del self.unread[fact.person]
                self.untaken[fact.person] = None
            case Acknowledged() | Reopened():
                self.unread, self.untaken = {}, {}
            case _:
                return


def spent_on(timeline: Timeline, now: datetime) -> list[Spent]:
    """The time of this occasion by cause and person, in the order they were first met; up to `now` where it goes on."""
    total: dict[tuple[str, str], timedelta] = {}
    for cause, since, until in _stretches(timeline, now):
        if until > since:
            total[cause] = total.get(cause, timedelta()) + (until - since)
    return [Spent(cause, person, time) for (cause, person), time in total.items()]


def _stretches(timeline: Timeline, now: datetime) -> Iterator[tuple[tuple[str, str], datetime, datetime]]:
    since, end = broke_at(timeline), _recovered(timeline, now)
    watch, cause = _Watch(), (UNHEARD, "")
    for fact in timeline.facts[timeline.occasion :]:
        at = min(max(fact.at, since), end)
        yield cause, since, at
        since = at
        watch.take(fact)
        cause = watch.cause
    yield cause, since, end


def _recovered(timeline: Timeline, now: datetime) -> datetime:
    """When this occasion was over."""
    clock = next(stamp for stamp in stamps(timeline, Budgets()) if stamp.name == "recover")
    return clock.stopped or now
