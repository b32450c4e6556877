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
from itertools import chain
from typing import Final

from kuaihui.catalog.catalog import Catalog
from kuaihui.catalog.targets import resolve
from kuaihui.duties.due import Conclude, Due
from kuaihui.incident.alerts import QuotedLevel, Reopened, Worsened
from kuaihui.incident.fact import Fact
from kuaihui.incident.holders import holders, last_seen
from kuaihui.incident.paged import Round, this_round
from kuaihui.incident.pages import Escalated, FellSilent, Read
from kuaihui.incident.phases import Phase
from kuaihui.incident.timeline import Timeline
from kuaihui.language import Text, text
from kuaihui.language.durations import in_words
from kuaihui.orders import Page

# What wakes somebody: never used for what is only acted out.
TELEPHONES: Final = frozenset({"phone", "call", "voice", "sms", "feishu-urgent-phone", "feishu-urgent-sms"})


def due(timeline: Timeline, catalog: Catalog, now: datetime) -> Iterator[Due | Conclude]:
    """Pages of the present round that are due, the next that will be, and the silence that begins a new round."""
    if timeline.phase in (Phase.OBSERVING, Phase.CLOSED):
        return
    current = this_round(timeline)
    paging = Paging(timeline, catalog, current, now)
    if paging.taken_on:
        yield from _silence(timeline, catalog, current)
    elif timeline.phase is not Phase.MITIGATED:
        yield from paging.again()
        yield from paging.climb()


class Paging:
    """The pages of one round, as they stand at an instant."""

    def __init__(self, timeline: Timeline, catalog: Catalog, current: Round, now: datetime) -> None:
        self.timeline, self.catalog, self.round, self.now = timeline, catalog, current, now
        self.service, self.held = catalog.service(timeline.service), holders(timeline)
        self.policy = timeline.opened.policy
        self.run = len(self.policy.levels)
        self.last = current.first + self.run * (1 + self.policy.repeat) - 1
        # Those that the round itself called for, not a worsening in it.
        self.own = [given for given in current.paged if given[2].occasion == current.number]

    @property
    def taken_on(self) -> bool:
        """Whether somebody (or, where the level says so, everybody of it) has acknowledged this round."""
        if not self.round.acknowledged:
            return False
        level = self._level(self.round.reached or self.round.first)
        return level.answer != "all" or set(self._people(level, self.now)) <= set(self.round.acknowledged)

    def _level(self, number: int) -> QuotedLevel:
        """The policy's level of this number; numbers count on when the policy is repeated."""
        return self.policy.levels[(number - 1) % self.run]

    def climb(self) -> Iterator[Due]:
        """Each level that is due, and the next one that will be."""
        at, why = self.round.at, cause(self.round.cause)
        for number in range(self.round.first, self.last + 1):
            people = self._new_people(number, self.now)
            yield from self._level_called(people, number, why, at)
            paged = next(((given, instant) for given, instant, page in self.own if page.level == number), None)
            if paged is None and people:
                return
            at, why = self._next_level_at(people, self._level(number), paged or (self.round.number, at))
            if at > self.now:
                yield from self._handed_over(number, at)
                yield from self._announce(number + 1, at, why)
                return

    def _handed_over(self, reached: int, until: datetime) -> Iterator[Due]:
        """Whoever comes on call before the next level is due is paged at the hand-over, at each level reached so far."""
        for number in range(self.round.first, reached + 1):
            rotas = [
                self.service.rota if target == "oncall" else target.removeprefix("rota:")
                for target in self._level(number).notify
                if _is_rota(target)
            ]
            for shift in (shift for rota in rotas for shift in self.catalog.shifts(rota, self.now, until) if shift.since > self.now):
                yield from self._level_called(shift.people, number, text("comes on call while nobody has taken it on"), shift.since)

    def _announce(self, number: int, at: datetime, why: Text) -> Iterator[Due]:
        """The pages of the next level that has anybody, with the instant they will be due."""
        for following in range(number, self.last + 1):
            if people := self._new_people(following, at):
                yield from self._level_called(people, following, why, at)
                return

    def _level_called(self, people: tuple[str, ...], level: int, why: Text, at: datetime) -> Iterator[Due]:
        for person in people:
            yield from self._calls(self.round.number, person, level, why, at)

    def _calls(self, occasion: int, person: str, level: int, why: Text, at: datetime) -> Iterator[Due]:
        """A page by the person's first channel, and by the next one when it fails."""
        for channel in channels_of(self.timeline, self.catalog, person):
            page = Page(occasion=occasion, person=person, level=level, channel=channel, reason=why)
            yield Due(at, page)
            answer = self.timeline.answers.get(page.identity)
            if answer is None or answer.outcome not in ("gave up", "nobody"):
                return
            at = answer.at

    def again(self) -> Iterator[Due]:
        """Everybody paged in this round once more for each worsening that came after their page."""
        for number, worse in self.timeline.numbered(Worsened, self.round.number + 1):
            for person, (at, level) in self._first_pages().items():
                if worse.at >= at:
                    yield from self._calls(number, person, level, cause(worse), worse.at)

    def _first_pages(self) -> dict[str, tuple[datetime, int]]:
        """When, and at which level, each person of this round was first paged."""
        first: dict[str, tuple[datetime, int]] = {}
        for _, at, page in self.own:
            first.setdefault(page.person, (at, page.level))
        return first

    def _next_level_at(self, people: tuple[str, ...], level: QuotedLevel, paged: tuple[int, datetime]) -> tuple[datetime, Text]:
        """When the level after this one, which was `paged` by that fact at that instant, is due, by which of its clocks."""
        number, began = paged
        if not people:
            return began, text("nobody is on call at this level")
        if failed := self._unreachable(people):
            return failed, text("nobody of this level could be reached")
        asked = self.timeline.all(Escalated, number + 1)  # by its place, not its instant: one word calls one level
        if asked:
            return asked[0].at, text("escalated by hand")
        unread = began + level.unread_after
        readers = {fact.person: fact.at for fact in reversed(self.timeline.all(Read, self.round.number))}
        read = [person for person in people if person in readers and readers[person] <= unread]
        if len(read) < (len(people) if level.answer == "all" else 1):
            return unread, text("unread for {span}", span=in_words(level.unread_after))
        return began + level.unacknowledged_after, text("unacknowledged for {span}", span=in_words(level.unacknowledged_after))

    def _people(self, level: QuotedLevel, at: datetime) -> tuple[str, ...]:
        """The level's people at an instant, each once: after a hand-over that is the new on-call as well."""
        found = (resolve(self.catalog, target, self.service, at, self.held) for target in level.notify)
        return tuple(dict.fromkeys(chain.from_iterable(found)))

    def _new_people(self, number: int, at: datetime) -> tuple[str, ...]:
        """The people of a level who are not of a lower one in the same run through the policy: one person is paged once a run."""
        people, current = self._people(self._level(number), at), self.round
        if current.before and number == current.first:
            people = tuple(dict.fromkeys((*(who for who in current.before if who in self.catalog.people), *people)))
        begun = number - (number - current.first) % self.run
        before = {page.person for _, _, page in self.own if begun <= page.level < number}
        if isinstance(current.cause, Escalated) and number < current.first + self.run:
            before.add(current.cause.by)  # who asks for others is awake
        return tuple([person for person in people if person not in before])

    def _unreachable(self, people: tuple[str, ...]) -> datetime | None:
        """When the last channel of the last of these people failed; None while one of them may still be reached."""
        reached: dict[str, bool] = dict.fromkeys(people, False)
        failed: list[datetime] = []
        for _, _, page in self.round.paged:
            if page.person in reached:
                answer = self.timeline.answers.get(page.identity)
                if answer is None or answer.outcome in ("done", "later") or page.channel != "inbox":
                    reached[page.person] = reached[page.person] or answer is None or answer.outcome in ("done", "later")
                else:
                    failed.append(answer.at)
        return max(failed) if len(failed) >= len(people) and not any(reached.values()) else None


def _is_rota(target: str) -> bool:
    return target == "oncall" or target.startswith("rota:")


def channels_of(timeline: Timeline, catalog: Catalog, person: str) -> tuple[str, ...]:
    """The channels a person is paged by, the best first. A drill rings no telephone unless that was asked for."""
    known, opened = catalog.people[person].channels, timeline.opened
    quiet = opened.drill and not opened.telephones
    return tuple(channel for channel in known if channel not in TELEPHONES) if quiet else known


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
