"""
Say in the topic what changed, once each, in one line.

Rule 1: only what a person in the room would want to be told is said; receipts and orders are on the page, not in the topic.
Rule 2: each line belongs to the fact it tells of, so that it is said once however often the house restarts.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from kuaihui.catalog.catalog import Catalog
from kuaihui.duties.due import Due
from kuaihui.incident.alerts import Reopened, SeverityChanged, Worsened
from kuaihui.incident.fact import Fact
from kuaihui.incident.learning import ReviewDrafted, ReviewFinished, SimilarFound
from kuaihui.incident.paged import Given, pages
from kuaihui.incident.pages import Acknowledged, Escalated, FellSilent
from kuaihui.incident.recovery import Closed, Mitigated, ObservationStarted, RecoveryDoubted, RecoveryMeasured, Resolved
from kuaihui.incident.repair import (
    GateFailed,
    GatePassed,
    GateReached,
    GateSkipped,
    HotfixFinished,
    HotfixLinked,
    HotfixStarted,
    HotfixStopped,
    ProposalChosen,
    ProposalDropped,
    ProposalMade,
    Reported,
)
from kuaihui.incident.roles import RoleDeclined, RoleGiven, RoleTaken
from kuaihui.incident.room import AskedInDocument, PulledIn, TopicOpened
from kuaihui.incident.tasks import TaskDone, TaskGiven, TaskReopened
from kuaihui.incident.timeline import Timeline
from kuaihui.language import Text, text
from kuaihui.orders import Post

TOLD: Final[tuple[type[Fact], ...]] = (
    SeverityChanged,
    Worsened,
    Reopened,
    Acknowledged,
    Escalated,
    FellSilent,
    RoleTaken,
    RoleGiven,
    RoleDeclined,
    PulledIn,
    Mitigated,
    Resolved,
    ObservationStarted,
    RecoveryDoubted,
    RecoveryMeasured,
    Closed,
    TaskGiven,
    TaskDone,
    TaskReopened,
    SimilarFound,
    ReviewDrafted,
    ReviewFinished,
    AskedInDocument,
    ProposalMade,
    ProposalChosen,
    ProposalDropped,
    HotfixStarted,
    HotfixLinked,
    GateReached,
    GatePassed,
    GateFailed,
    GateSkipped,
    HotfixStopped,
    HotfixFinished,
    Reported,
)


def due(timeline: Timeline, catalog: Catalog, now: datetime) -> Iterator[Due]:
    """One line in the topic for each fact that people want to be told."""
    if not timeline.has(TopicOpened):
        return
    for number, fact in timeline.of(TOLD):
        yield Due(fact.at, Post(occasion=number, about="news", words=_words(fact), mentions=_mentioned(timeline, number, fact)))
    yield from _paged(timeline)


def _words(fact: Fact) -> Text:
    """A fact in one line, with the way to what it tells of."""
    if isinstance(fact, ReviewDrafted) and fact.link:
        return text("{said} {link}", said=fact.said, link=fact.link)
    return fact.said


def _mentioned(timeline: Timeline, number: int, fact: Fact) -> tuple[str, ...]:
    """Whom a piece of news is for: those it pages again, the one it makes, pulls in or asks."""
    match fact:
        case Worsened():
            return tuple(dict.fromkeys(page.person for _, _, page in pages(timeline) if page.occasion == number))
        case RoleGiven() | PulledIn() | AskedInDocument():
            return (fact.person,)
        case _:
            return ()


def _paged(timeline: Timeline) -> Iterator[Due]:
    """Whoever is paged at a level is mentioned in the topic as well, all of the level in one line with the reason."""
    levels: dict[tuple[int, int], list[Given]] = {}
    for given in pages(timeline):
        page = given[2]
        if not isinstance(timeline.facts[page.occasion], Worsened):
            levels.setdefault((page.occasion, page.level), []).append(given)
    for (occasion, level), paged in levels.items():
        people = tuple(dict.fromkeys(page.person for _, _, page in paged))
        _, at, first = paged[0]
        words = text("{people} paged: {reason}", people=_at(people), reason=first.reason)
        yield Due(at, Post(occasion=occasion, about=f"page {level}", words=words, mentions=people))


def _at(people: tuple[str, ...]) -> Text:
    """People as they are mentioned."""
    if len(people) == 1:
        return text("@{person}", person=f"@{people[0]}")
    return text("@{person} {others}", person=f"@{people[0]}", others=_at(people[1:]))
