"""What stays, in our own pages: tasks in the owner's list, similar incidents from the journal, suggestions for the rota, the review."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime

from kuaihui.errors import GiveUp
from kuaihui.incident.fact import Fact
from kuaihui.incident.learning import ReviewDrafted, Similar, SimilarFound
from kuaihui.incident.tasks import WeekListed
from kuaihui.incident.timeline import Timeline
from kuaihui.integrations.builtin.people import in_the_inbox
from kuaihui.language import text
from kuaihui.orders import DraftReview, EndTask, FindSimilar, ListTheWeek, MakeTask, PassTask, ResumeTask, Suggest

NAME = "builtin"
# What looks like this incident among those before it; the likest first.
Remember = Callable[[Timeline, datetime], Awaitable[Sequence[Similar]]]
# Keeps a suggestion where the on-call pages find it: the order, the incident, and when.
Keep = Callable[[Suggest, str, datetime], Awaitable[None]]
# What a person has open over all incidents, for the incident that asks; None where another has asked before it in this week.
Week = Callable[[ListTheWeek, str, datetime], Awaitable[WeekListed | None]]


class Learner:
    """
    Carries what is learned. `address` is where our pages are; `remember` looks back, `keep` keeps suggestions, `week` lists what somebody
    has open (None: it cannot).
    """

    def __init__(self, address: str, remember: Remember | None = None, keep: Keep | None = None, week: Week | None = None) -> None:
        self.address = address.rstrip("/")
        self._remember = remember
        self._keep = keep
        self._week = week

    def review(self, order: DraftReview, timeline: Timeline, now: datetime) -> list[Fact]:
        """The review, rendered from the timeline by our own page."""
        link = f"{self.address}/incidents/{timeline.incident}/review"
        return [ReviewDrafted(at=now, by=NAME, title=order.title, template=order.template, link=link)]

    async def similar(self, order: FindSimilar, timeline: Timeline, now: datetime) -> list[Fact]:
        """Earlier incidents of the same journal."""
        if self._remember is None:
            raise GiveUp(text("there is no journal to look back in"))
        found = await self._remember(timeline, now)
        known = {_told(one) for fact in timeline.all(SimilarFound) for one in fact.similar}
        news = any(_told(one) not in known for one in found)
        return [SimilarFound(at=now, by=NAME, similar=tuple(found))] if news else []

    async def suggest(self, order: Suggest, timeline: Timeline, now: datetime) -> list[Fact]:
        """A note that stands until the rota has dealt with it."""
        if self._keep is None:
            raise GiveUp(text("there is no journal to keep it in"))
        await self._keep(order, timeline.incident, now)
        return []

    async def week(self, order: ListTheWeek, timeline: Timeline, now: datetime) -> list[Fact]:
        """What somebody has open in the same journal; once a week, whichever incident asks first."""
        if self._week is None:
            raise GiveUp(text("there is no journal to look back in"))
        listed = await self._week(order, timeline.incident, now)
        return [listed] if listed and listed.tasks else []


def _told(one: Similar) -> tuple[str, str, bool]:
    """What makes a similar incident worth telling again."""
    return one.incident, one.open_task, one.still_open


def make_task(order: MakeTask, timeline: Timeline, now: datetime) -> list[Fact]:
    """The task is in the timeline already; its owner finds a word in the inbox."""
    return in_the_inbox(order.identity, order.person, now)


def pass_task(order: PassTask, timeline: Timeline, now: datetime) -> list[Fact]:
    """The new owner finds a word in the inbox."""
    return in_the_inbox(order.identity, order.person, now)


def end_task(order: EndTask, timeline: Timeline, now: datetime) -> list[Fact]:
    """It is ticked off by its fact."""
    return []


def resume_task(order: ResumeTask, timeline: Timeline, now: datetime) -> list[Fact]:
    """It is open again by its fact."""
    return []
