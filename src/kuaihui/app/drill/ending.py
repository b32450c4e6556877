"""
How a drill ended, beside what its file expects.

Rule 1: a difference is no judgement of people: it says that it did not go as the drill was written.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from kuaihui.app.drill.script import Expected
from kuaihui.app.wiring import House
from kuaihui.briefing.grade import confirmed_cause, proved
from kuaihui.incident.alerts import Reopened
from kuaihui.incident.pages import Acknowledged, Ordered
from kuaihui.incident.phases import Phase
from kuaihui.incident.repair import HotfixFinished, HotfixStarted
from kuaihui.incident.timeline import Timeline
from kuaihui.language import Text, text
from kuaihui.orders import Page

RELEASED: Final = ("hotfix", "rollback")


async def pages_of(house: House) -> int:
    """How often people were paged, over all incidents of a drill's house."""
    timelines = [await house.loop.timeline(summary.incident) for summary in await house.journal.summaries()]
    return sum(isinstance(fact.order, Page) for timeline in timelines for fact in timeline.all(Ordered))


def differences(expected: Expected, timeline: Timeline, pages: int) -> Iterator[Text]:
    """What did not come as the drill's file expects; nothing where all of it came. `pages` are those of all its incidents."""
    if not timeline.has(Acknowledged):
        yield text("nobody took it on")
    if (found := confirmed_cause(timeline)) != expected.cause:
        unknown = text("unknown")
        yield text("the cause was to be: {expected}; it was: {found}", expected=expected.cause or unknown, found=found or unknown)
    yield from _mended(expected, timeline)
    if bool(timeline.all(Reopened)) is not expected.reopened:
        yield text("it was to break again, and did not") if expected.reopened else text("it broke again, which was not meant")
    if expected.cause and not proved(timeline):
        yield text("the recovery was not proved on the signal that broke")
    if timeline.phase is not Phase.CLOSED:
        yield text("it was not over when the drill ended")
    if expected.pages_at_most and pages > expected.pages_at_most:
        yield text("people were paged {pages} times, at most {most} were meant", pages=pages, most=expected.pages_at_most)


def _mended(expected: Expected, timeline: Timeline) -> Iterator[Text]:
    """Whether it was mended by the release that was meant, or by none."""
    wanted = [expected.mended] if expected.mended in RELEASED else []
    begun = [one.kind for one in timeline.all(HotfixStarted)]
    if begun != wanted:
        yield text("releases to mend it were to be: {expected}; they were: {found}", expected=_told(wanted), found=_told(begun))
    elif wanted and not timeline.has(HotfixFinished):
        yield text("the release that was to mend it was not finished")


def _told(kinds: list[str]) -> tuple[str, ...] | Text:
    return tuple(kinds) or text("none")
