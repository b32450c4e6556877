"""
Page the on-call, then the next level and the next, until somebody takes it on.

Rule 1: a level has two clocks, counted from when it was really paged (so a long stop of the house pages one level, not all of them):
        nobody has read for `unread_after`, or nobody has acknowledged for `unacknowledged_after`. The earlier one calls the next level.
Rule 2: a worsening pages everybody again who was paged in this round; it never sets a clock back.
Rule 3: an acknowledged round pages nobody. A new round begins when the incident is re-opened, when those who acknowledged fall silent, or
        when it worsens, or somebody escalates, after the acknowledgement.
Rule 4: a channel that fails calls the next channel of the same person at once; a level that reaches nobody calls the next level at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Final

import msgspec

from kuaihui.catalog.catalog import Catalog
from kuaihui.catalog.targets import resolve
from kuaihui.duties.due import Conclude, Due
from kuaihui.incident.alerts import Opened, QuotedLevel, Reopened, Worsened
from kuaihui.incident.fact import Fact
from kuaihui.incident.holders import holders, last_seen
from kuaihui.incident.pages import Acknowledged, Escalated, FellSilent, Ordered, Read
from kuaihui.incident.phases import Phase
from kuaihui.incident.timeline import Timeline, remembered
from kuaihui.language import Text, text
from kuaihui.language.durations import in_words
from kuaihui.orders import Page

_TURNS: Final = (Opened, Reopened, FellSilent, Worsened, Escalated, Acknowledged)

# What wakes somebody: never used for what is only acted out.
TELEPHONES: Final = frozenset({"phone", "call", "voice", "sms", "feishu-urgent-phone", "feishu-urgent-sms"})


class Round(msgspec.Struct):
    """A round of paging: the fact that began it, its first level, and who had taken on the round before."""

    number: int
    at: datetime
    cause: Fact
    first: int = 1
    before: tuple[str, ...] = ()
    acknowledged: tuple[str, ...] = ()


def due(timeline: Timeline, catalog: Catalog, now: datetime) -> Iterator[Due | Conclude]:
    """Pages of the present round that are due, the next that will be, and the silence that begins a new round."""
    if timeline.phase in (Phase.OBSERVING, Phase.CLOSED):
        return
    current = this_round(timeline)
    if taken_on(current, timeline, catalog, now):
        yield from _silence(timeline, catalog, current)
    elif timeline.phase is not Phase.MITIGATED:
        yield from _climb(timeline, catalog, current, now)


@remembered
def this_round(timeline: Timeline) -> Round:
    """The round of paging that is under way, or was the last."""
    current = Round(0, timeline.opened.at, timeline.opened)
    for number, fact in timeline.of(_TURNS):
        match fact:
            case Opened() | Reopened() | FellSilent():
                current = Round(number, fact.at, fact, before=current.acknowledged)
            case Worsened() if current.acknowledged:
                current = Round(number, fact.at, fact, before=current.acknowledged)
            case Escalated() if current.acknowledged:
                reached = max((page.level for page in _pages(timeline, current.number, number)), default=0)
                current = Round(number, fact.at, fact, first=reached + 1)
            case Acknowledged():
                current.acknowledged = (*current.acknowledged, fact.by)
            case _:
                continue
    return current


def taken_on(current: Round, timeline: Timeline, catalog: Catalog, now: datetime) -> bool:
    """Whether somebody (or, where the level says so, everybody of it) has acknowledged this round."""
    if not current.acknowledged:
        return False
    reached = max((page.level for page in _pages(timeline, current.number)), default=current.first)
    level = level_of(timeline, reached)
    return level.answer != "all" or set(_people(level, timeline, catalog, now)) <= set(current.acknowledged)


def level_of(timeline: Timeline, number: int) -> QuotedLevel:
    """The policy's level of this number; numbers count on when the policy is repeated."""
    levels = timeline.opened.policy.levels
    return levels[(number - 1) % len(levels)]


def _climb(timeline: Timeline, catalog: Catalog, current: Round, now: datetime) -> Iterator[Due]:
    yield from _again(timeline, catalog, current)
    policy = timeline.opened.policy
    at, why = current.at, cause(current.cause)
    last = current.first + len(policy.levels) * (1 + policy.repeat) - 1
    for number in range(current.first, last + 1):
        level = level_of(timeline, number)
        people = _new_people(timeline, catalog, current, number, now)
        for person in people:
            yield from _calls(timeline, catalog, Page(occasion=current.number, person=person, level=number, channel="", reason=why), at)
        paged = _first_page(timeline, current, number)
        if paged is None and people:
            return
        at, why = _next_level_at(timeline, current, people, level, paged or (current.number, at))
        if at > now:
            yield from _handed_over(timeline, catalog, current, number, now, at)
            yield from _announce(timeline, catalog, current, number + 1, at, why, last)
            return


def _handed_over(timeline: Timeline, catalog: Catalog, current: Round, reached: int, now: datetime, until: datetime) -> Iterator[Due]:
    """Whoever comes on call before the next level is due is paged at the hand-over, at each level reached so far."""
    own = catalog.service(timeline.service).rota
    for number in range(current.first, reached + 1):
        rotas = [
            own if target == "oncall" else target.removeprefix("rota:") for target in level_of(timeline, number).notify if _is_rota(target)
        ]
        for shift in (shift for rota in rotas for shift in catalog.shifts(rota, now, until) if shift.since > now):
            for person in shift.people:
                why = text("comes on call while nobody has taken it on")
                yield from _calls(
                    timeline, catalog, Page(occasion=current.number, person=person, level=number, channel="", reason=why), shift.since
                )


def _is_rota(target: str) -> bool:
    return target == "oncall" or target.startswith("rota:")


def _announce(timeline: Timeline, catalog: Catalog, current: Round, number: int, at: datetime, why: Text, last: int) -> Iterator[Due]:
    """The pages of the next level that has anybody, with the instant they will be due."""
    for following in range(number, last + 1):
        people = _new_people(timeline, catalog, current, following, at)
        for person in people:
            yield from _calls(timeline, catalog, Page(occasion=current.number, person=person, level=following, channel="", reason=why), at)
        if people:
            return


def _calls(timeline: Timeline, catalog: Catalog, page: Page, at: datetime) -> Iterator[Due]:
    """A page by the person's first channel, and by the next one when it fails."""
    for channel in channels_of(timeline, catalog, page.person):
        attempt = msgspec.structs.replace(page, channel=channel)
        yield Due(at, attempt)
        answer = timeline.answers.get(attempt.identity)
        if answer is None or answer.outcome not in ("gave up", "nobody"):
            return
        at = answer.at


def channels_of(timeline: Timeline, catalog: Catalog, person: str) -> tuple[str, ...]:
    """The channels a person is paged by, the best first. A drill rings no telephone unless that was asked for."""
    known, opened = catalog.people[person].channels, timeline.opened
    quiet = opened.drill and not opened.telephones
    return tuple(channel for channel in known if channel not in TELEPHONES) if quiet else known


def _again(timeline: Timeline, catalog: Catalog, current: Round) -> Iterator[Due]:
    """Everybody paged in this round once more for each worsening that came after their page."""
    paged: dict[str, tuple[datetime, int]] = {}
    for fact in timeline.all(Ordered, current.number):
        if isinstance(fact.order, Page) and fact.order.occasion == current.number:
            paged.setdefault(fact.order.person, (fact.at, fact.order.level))
    for number, worse in timeline.numbered(Worsened, current.number + 1):
        for person, (at, level) in paged.items():
            if worse.at >= at:
                page = Page(occasion=number, person=person, level=level, channel="", reason=cause(worse))
                yield from _calls(timeline, catalog, page, worse.at)


def _next_level_at(
    timeline: Timeline, current: Round, people: tuple[str, ...], level: QuotedLevel, paged: tuple[int, datetime]
) -> tuple[datetime, Text]:
    """When the level after this one, which was `paged` by that fact at that instant, is due, by which of its clocks."""
    number, began = paged
    if not people:
        return began, text("nobody is on call at this level")
    if failed := _unreachable(timeline, current, people):
        return failed, text("nobody of this level could be reached")
    asked = timeline.all(Escalated, number + 1)  # by its place, not its instant: one word calls one level
    if asked:
        return asked[0].at, text("escalated by hand")
    unread = began + level.unread_after
    readers = {fact.person: fact.at for fact in reversed(timeline.all(Read, current.number))}
    read = [person for person in people if person in readers and readers[person] <= unread]
    if len(read) < (len(people) if level.answer == "all" else 1):
        return unread, text("unread for {span}", span=in_words(level.unread_after))
    return began + level.unacknowledged_after, text("unacknowledged for {span}", span=in_words(level.unacknowledged_after))


def _silence(timeline: Timeline, catalog: Catalog, current: Round) -> Iterator[Conclude]:
    """Acknowledged, then nobody did or said anything: a new round."""
    if timeline.phase is not Phase.ENGAGED or not timeline.firing:
        return
    seen = [at for person, at in last_seen(timeline, current.number).items() if person in catalog.people]
    since = max(seen, default=current.at)
    yield Conclude(at := since + timeline.opened.policy.silent_after, FellSilent(at=at, since=since))


def cause(fact: Fact) -> Text:
    """Why a round or a repeated page was called for."""
    match fact:
        case Worsened():
            return fact.said
        case Reopened():
            return fact.reason
        case FellSilent():
            return text("acknowledged, then silence")
        case Escalated():
            return fact.said
        case _:
            return text("the incident was opened")


def _people(level: QuotedLevel, timeline: Timeline, catalog: Catalog, at: datetime) -> tuple[str, ...]:
    """The level's people at an instant, each once: after a hand-over that is the new on-call as well."""
    service = catalog.service(timeline.service)
    found = [person for target in level.notify for person in resolve(catalog, target, service, at, holders(timeline))]
    return tuple(dict.fromkeys(found))


def _new_people(timeline: Timeline, catalog: Catalog, current: Round, number: int, at: datetime) -> tuple[str, ...]:
    """The people of a level who are not of a lower one in the same run through the policy: one person is paged once a run."""
    length = len(timeline.opened.policy.levels)
    first = max(current.first, number - (number - current.first) % length)
    before = {page.person for page in _pages(timeline, current.number) if page.occasion == current.number and first <= page.level < number}
    people = _people(level_of(timeline, number), timeline, catalog, at)
    if number == current.first:
        people = tuple(dict.fromkeys((*(who for who in current.before if who in catalog.people), *people)))
    if isinstance(current.cause, Escalated) and number < current.first + length:
        before.add(current.cause.by)  # who asks for others is awake
    return tuple(person for person in people if person not in before)


def _pages(timeline: Timeline, since: int, until: int | None = None) -> list[Page]:
    return [
        fact.order
        for number, fact in timeline.numbered(Ordered, since)
        if isinstance(fact.order, Page) and (until is None or number < until)
    ]


def _first_page(timeline: Timeline, current: Round, level: int) -> tuple[int, datetime] | None:
    """By which fact, and when, this level was first paged in this round."""
    for number, fact in timeline.numbered(Ordered, current.number):
        if isinstance(fact.order, Page) and fact.order.occasion == current.number and fact.order.level == level:
            return number, fact.at
    return None


def _unreachable(timeline: Timeline, current: Round, people: tuple[str, ...]) -> datetime | None:
    """When the last channel of the last of these people failed; None while one of them may still be reached."""
    reached: dict[str, bool] = dict.fromkeys(people, False)
    failed: list[datetime] = []
    for fact in timeline.all(Ordered, current.number):
        if isinstance(fact.order, Page) and fact.order.person in reached:
            answer = timeline.answers.get(fact.order.identity)
            if answer is None or answer.outcome in ("done", "later") or fact.order.channel != "inbox":
                reached[fact.order.person] = reached[fact.order.person] or answer is None or answer.outcome in ("done", "later")
            else:
                failed.append(answer.at)
    return max(failed) if len(failed) >= len(people) and not any(reached.values()) else None
