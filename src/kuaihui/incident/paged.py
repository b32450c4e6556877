"""Who was paged: every page that was ordered, and the round of paging that is under way."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import msgspec

from kuaihui.incident.alerts import Reopened, Worsened
from kuaihui.incident.fact import Fact
from kuaihui.incident.pages import Acknowledged, Escalated, FellSilent, Ordered
from kuaihui.incident.timeline import Timeline, remembered
from kuaihui.orders import Page

# A page, with the number of the fact that ordered it and its instant.
Given = tuple[int, datetime, Page]
_TURNS: Final = (Reopened, FellSilent, Worsened, Escalated, Acknowledged)


class Round(msgspec.Struct):
    """
    A round of paging: the fact that began it, its first level, who had taken on the round before, and who has taken on this one.

    `paged` are the pages since it began, those for a worsening among them.
    """

    number: int
    at: datetime
    cause: Fact
    first: int = 1
    before: tuple[str, ...] = ()
    acknowledged: tuple[str, ...] = ()
    paged: tuple[Given, ...] = ()

    @property
    def reached(self) -> int:
        """The highest level that was paged; 0 before any was."""
        return max((page.level for _, _, page in self.paged), default=0)


@remembered
def pages(timeline: Timeline) -> tuple[Given, ...]:
    """Every page, in the order they were ordered."""
    return tuple([(number, fact.at, fact.order) for number, fact in timeline.numbered(Ordered) if isinstance(fact.order, Page)])


@remembered
def this_round(timeline: Timeline) -> Round:
    """The round of paging that is under way, or was the last."""
    current = Round(0, timeline.opened.at, timeline.opened)
    for number, fact in timeline.of(_TURNS):
        match fact:
            case Reopened() | FellSilent():
                current = Round(number, fact.at, fact, before=current.acknowledged)
            case Worsened() if current.acknowledged:
                current = Round(number, fact.at, fact, before=current.acknowledged)
            case Escalated() if current.acknowledged:
                current.paged = _pages(timeline, current.number, number)
                current = Round(number, fact.at, fact, first=current.reached + 1)
            case Acknowledged():
                current.acknowledged = (*current.acknowledged, fact.by)
            case _:
                continue
    current.paged = _pages(timeline, current.number, len(timeline))
    return current


def _pages(timeline: Timeline, since: int, until: int) -> tuple[Given, ...]:
    return tuple([given for given in pages(timeline) if since <= given[0] < until])
