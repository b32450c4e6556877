"""
The catch-up: everything somebody who comes late wants to know, in one word instead of forty messages.

Rule 1: where we are, what is known, what is wanted of them, where to read on; nothing about their having been away but since when.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

import msgspec

from kuaihui.briefing.situation_report import situation
from kuaihui.catalog.catalog import Catalog
from kuaihui.catalog.wall_clock import zone
from kuaihui.incident.fact import Fact
from kuaihui.incident.holders import PRESENCE, parts
from kuaihui.incident.open_tasks import open_tasks
from kuaihui.incident.paged import Given, pages
from kuaihui.incident.pages import Acknowledged, Read
from kuaihui.incident.phases import Phase
from kuaihui.incident.recovery import Closed
from kuaihui.incident.room import DocumentCreated, DocumentEdited, MessagePosted, PulledIn, Reacted, TopicOpened
from kuaihui.incident.timeline import Timeline
from kuaihui.language import Text, text
from kuaihui.language.joining import lined
from kuaihui.orders import Page

USUAL_WAIT: Final = timedelta(minutes=1)  # where the policy in force cannot be told


class Late(msgspec.Struct, frozen=True):
    """
    Somebody who was paged and whom nobody could wait for: somebody else took it on, or it was over.

    `number` is that of their first page, `called` its instant, `level` the policy's; `back` when they first stirred afterwards and `how`
    ("read", "reacted", "wrote"); None while they have not.
    """

    person: str
    number: int
    called: datetime
    level: int
    channels: tuple[str, ...]
    needed: timedelta  # how long the page stood unread while nobody else had taken it on
    back: datetime | None = None
    how: str = "read"


def late_ones(timeline: Timeline) -> list[Late]:
    """Everybody who was paged and did not stir for as long as their level waits, in the order they were called."""
    if not (timeline.has(Acknowledged) or timeline.has(Closed)):
        return []
    first: dict[str, Given] = {}
    for given in pages(timeline):
        first.setdefault(given[2].person, given)
    stirred = timeline.of(PRESENCE)
    found = (_late(timeline, stirred, *given) for given in first.values())
    return [one for one in found if one]


def _late(timeline: Timeline, stirred: list[tuple[int, Fact]], number: int, at: datetime, page: Page) -> Late | None:
    person = page.person
    taken = next((one.at for one in timeline.all(Acknowledged, number) if one.by != person), None)
    closed = next((one.at for one in timeline.all(Closed, number)), None)
    over = min(filter(None, (taken, closed)), default=None)
    if over is None:
        return None
    back = next((one.at for place, one in stirred if place > number and _whose(one) == person), None)
    if back is not None and back <= over:
        return None
    if back is not None and back - at <= waited_for(timeline, page.level):
        return None
    channels = dict.fromkeys(one.channel for _, _, one in pages(timeline) if one.person == person)
    how = _how(timeline, person, back) if back else "read"
    return Late(person, number, at, page.level, tuple(channels), over - at, back, how)


def _whose(fact: Fact) -> str:
    return fact.person if isinstance(fact, Read) else fact.by


def _how(timeline: Timeline, person: str, back: datetime) -> str:
    """The most telling of what they did at that instant."""
    kinds = {type(fact) for fact in timeline.facts if fact.at == back and fact.by == person}
    if kinds & {MessagePosted, DocumentEdited}:
        return "wrote"
    return "reacted" if Reacted in kinds else "read"


def waited_for(timeline: Timeline, level: int) -> timedelta:
    """How long a page of this level may stand unread, by the policy that was quoted when it was opened."""
    levels = timeline.opened.policy.levels
    return levels[(level - 1) % len(levels)].unread_after if levels else USUAL_WAIT


def catch_up(timeline: Timeline, catalog: Catalog, person: str, now: datetime) -> Text:
    """What this person wants to know who comes to the incident now."""
    return lined(list(_lines(timeline, catalog, person, now)))


def _lines(timeline: Timeline, catalog: Catalog, person: str, now: datetime) -> Iterator[Text]:
    yield text("All you need to be up to date:")
    yield from situation(timeline, catalog, now)
    yield text("wanted of you: {wish}", wish=_wanted(timeline, catalog, person))
    created, topic = timeline.last(DocumentCreated), timeline.last(TopicOpened)
    if created and created.link:
        yield text("read on: 《{title}》 {link}", title=created.title, link=created.link)
    elif topic and topic.link:
        yield text("read on: {link}", link=topic.link)


def _wanted(timeline: Timeline, catalog: Catalog, person: str) -> Text:
    """What they are here for: a task, a role, what they were pulled in for; or nothing but to know."""
    for task in open_tasks(timeline):
        if task.owner == person:
            day = f"{task.due.astimezone(zone(catalog.time_zone)):%m-%d}" if task.due else "-"
            return text("{title} (by {day})", title=task.title, day=day)
    if timeline.phase is Phase.CLOSED:
        return text("nothing now: it has been taken care of")
    pulled = [fact for fact in timeline.all(PulledIn) if fact.person == person and fact.by in catalog.people]
    return pulled[-1].reason if pulled else _role(timeline, person)


def _role(timeline: Timeline, person: str) -> Text:
    for part in parts(timeline).values():
        if part.holder == person:
            return text("you are {role}", role=f"@role:{part.role}")
        if part.asked == person:
            return text("you are asked to be {role}", role=f"@role:{part.role}")
        if part.second == person:
            return text("you are the second of {role}: follow along", role=f"@role:{part.role}")
    return text("read in, and ask the incident lead what is needed")
