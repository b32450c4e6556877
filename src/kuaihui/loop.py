"""
The loop: settle an incident, sleep until the next order is due.

Rule 1: `Ordered` is kept before an order is carried out, `Answered` after; what is nothing but facts is kept with it. An order without
        an answer past its patience is due again: for a page, twice is better than never.
Rule 2: an order's identity holds its occasion. Same occasion: carried out once.
Rule 3: each order is carried in its own task with its own time-out, so a slow log store never delays a page.
Rule 4: what an integration gives up on is handed to the next one that carries its kind; both answers stand in the timeline.
Rule 5: a duty that breaks is written to the log and counted, and hinders no other: the loop does not die.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter, OrderedDict
from collections.abc import AsyncGenerator, Callable, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from itertools import dropwhile, islice
from typing import Final, Protocol

import msgspec

from kuaihui.carrying import NOBODY, Integration, answer, is_for, written
from kuaihui.catalog.catalog import Catalog
from kuaihui.duties import URGENT
from kuaihui.duties.due import Conclude, Due, Duty
from kuaihui.incident.fact import Fact
from kuaihui.incident.pages import Ordered
from kuaihui.incident.timeline import Timeline
from kuaihui.journal.chain import Record
from kuaihui.journal.journal import Append, Claim, Journal, summary_of, timeline_of
from kuaihui.listening import NOW, Addition, Listener, Meaning
from kuaihui.orders import AnyOrder, Order, Page

log = logging.getLogger(__name__)

# More conclusions than this in one settling means that two duties contradict each other.
MOST_CONCLUSIONS: Final = 50
# Incidents settled in one go: a few tens of milliseconds of thinking, so that alerts and answers are heard in between.
MOST_SETTLED: Final = 25
# In real time an incident waits this long after an order was carried out well, so that the answers to its other orders are settled with it.
SETTLE_ANSWERS_WITHIN: Final = timedelta(milliseconds=50)
# In real time all but a new incident's first pages may wait this long: of two hundred that open at once, all page before any does more.
SETTLE_REST_WITHIN: Final = timedelta(milliseconds=250)
# How long an incident that cannot be read is left alone.
LOOK_AGAIN_AT_BROKEN: Final = timedelta(minutes=1)
# Timelines kept in memory, so that a busy incident is not read again for every signal; and the facts in all of them, up to 5 KB each.
KEPT_TIMELINES: Final = 4096
KEPT_FACTS: Final = 100_000


class Clock(Protocol):
    """The time, real or acted; `pace` is how many of its seconds pass in one real second."""

    @property
    def pace(self) -> float: ...

    def now(self) -> datetime:
        """The instant, in UTC."""
        ...


class Coming(msgspec.Struct, frozen=True):
    """An order that will be due, and when: what the page counts down to."""

    at: datetime
    order: AnyOrder


class Decision(msgspec.Struct):
    """What the duties say of one timeline at one instant."""

    timeline: Timeline
    facts: list[Fact]
    orders: list[tuple[AnyOrder, Integration]]
    coming: list[Coming]
    due: datetime | None


class Loop:
    """Settles incidents whenever something is due."""

    def __init__(
        self,
        journal: Journal,
        catalog: Callable[[], Catalog],
        duties: Sequence[Duty],
        integrations: Sequence[Integration],
        clock: Clock,
        worker: str,
    ) -> None:
        self.journal = journal
        self.catalog = catalog
        self.duties = duties
        self.integrations = integrations
        self.clock = clock
        self.worker = worker
        self.faults: Counter[str] = Counter()
        self.answers_wait = NOW  # in acted time nothing waits
        self.urgent: Sequence[Duty] = ()
        # Whoever decides on timelines holds the pen until that is kept, so that nobody here is overtaken by somebody else here.
        self.pen = asyncio.Lock()
        self._overtaken = False  # whether the last turn was
        self.listener = Listener(self)
        self._behind_since: datetime | None = None  # since when no turn has come to its end, while one should
        self._known: OrderedDict[str, Timeline] = OrderedDict()
        self._known_facts = 0
        self._carrying: set[asyncio.Task[None]] = set()
        self._wanted: dict[str, datetime | None] = {}  # when each incident is to be settled, as we last wrote it

    # -- reading -----------------------------------------------------------------------------------------------------------------------

    async def timeline(self, incident: str) -> Timeline:
        """The incident's timeline as it is now; empty when there is none."""
        known = self._known.get(incident)
        if known is not None and self.journal.exclusive:
            return known
        return self._read(incident, known, await self.journal.read(incident, len(known) if known else 0))

    async def timelines(self, incidents: Iterable[str]) -> list[Timeline]:
        """The timelines of these incidents, each named once, in their order; read in one go where they must be read."""
        if self.journal.exclusive:
            return [await self.timeline(incident) for incident in incidents]
        known = {incident: self._known.get(incident) for incident in incidents}
        if not known:
            return []
        records = await self.journal.read_each({incident: len(before) if before else 0 for incident, before in known.items()})
        return [self._read(incident, before, records.get(incident, ())) for incident, before in known.items()]

    def _read(self, incident: str, known: Timeline | None, records: Sequence[Record]) -> Timeline:
        """The timeline that was known, or that begins with these records, with what they tell."""
        fresh = timeline_of(incident, records)
        return self._remember(known.extended(fresh.facts) if known and records else known or fresh)

    def _remember(self, timeline: Timeline) -> Timeline:
        self._known_facts += len(timeline) - len(self._known.get(timeline.incident, ()))
        self._known[timeline.incident] = timeline
        self._known.move_to_end(timeline.incident)
        while len(self._known) > KEPT_TIMELINES or (self._known_facts > KEPT_FACTS and len(self._known) > 1):
            self.forget(next(iter(self._known)))
        return timeline

    def forget(self, incident: str) -> None:
        """Read this incident anew when it is next wanted."""
        self._known_facts -= len(self._known.pop(incident, ()))
        self._wanted.pop(incident, None)

    # -- hearing -----------------------------------------------------------------------------------------------------------------------

    async def hear(self, incident: str, meaning: Meaning, within: timedelta = NOW) -> list[Fact]:
        """
        Add the facts that `meaning` makes of the timeline, and settle the incident soon: at once, or `within` the span that they can wait.

        When somebody else was faster, the timeline is read again and `meaning` asked again. Raises what `meaning` raises; then nothing is
        kept. Words that come while others are being written are taken together, in the order they came.
        """
        return await self.listener.hear(incident, meaning, within)

    @asynccontextmanager
    async def writing(self, *, overtaken: bool) -> AsyncGenerator[None]:
        """
        Hold the pen. Who was `overtaken` by another process looks and writes alone this time: it would lose again to one that is faster.
        """
        async with self.pen:
            if overtaken:
                async with self.journal.alone():
                    yield
            else:
                yield

    async def append(self, additions: Sequence[Addition]) -> list[bool]:
        """
        Add facts to several incidents in one commit; each is settled as soon as they want it. False where somebody else was faster.

        Who looked at a timeline to find them has held the `pen` since then. In real time an incident's first pages are ordered in the
        commit that opens it.
        """
        now = self.clock.now()
        first = [self._first(one, now) for one in additions]
        grown = [one.before.extended((*one.facts, *decision.facts)) for one, decision in zip(additions, first, strict=True)]
        appends = [
            Append(longer.incident, len(one.before), longer.facts[len(one.before) :], summary_of(longer), decision.due)
            for longer, one, decision in zip(grown, additions, first, strict=True)
        ]
        kept = self._settled(await self.journal.append(appends), grown, appends)
        for whole, timeline, decision in zip(kept, grown, first, strict=True):
            if whole and decision.orders:
                self._carry_all(timeline, decision, now)
        return kept

    def _first(self, one: Addition, now: datetime) -> Decision:
        """What cannot wait of an incident that these facts open, all the rest a moment after it; of any other, when it is to be settled."""
        if self.urgent and not len(one.before):
            decision = self.decide(one.before.extended(one.facts), now, self.urgent)
            if any(isinstance(fact, Ordered) for fact in decision.facts):
                decision.due = now + SETTLE_REST_WITHIN
                return decision
        return Decision(one.before, [], [], [], self._due(one.before.incident, now, one.within))

    def _due(self, incident: str, now: datetime, within: timedelta) -> datetime:
        """When to settle an incident that may wait for `within`: sooner where it was to be settled sooner, or where we do not know."""
        if not within or not self.journal.exclusive:
            return now
        wanted = self._wanted.get(incident, now)
        return min(wanted, now + within) if wanted else now + within

    def _settled(self, kept: list[bool], grown: Sequence[Timeline], appends: Sequence[Append]) -> list[bool]:
        for whole, timeline, one in zip(kept, grown, appends, strict=True):
            if whole:
                self._remember(timeline)
                self._wanted[one.incident] = one.due
            elif len(self._known.get(one.incident, ())) <= one.expected:  # else whoever was faster has told us already
                self.forget(one.incident)
        return kept

    # -- deciding ----------------------------------------------------------------------------------------------------------------------

    def decide(self, timeline: Timeline, now: datetime, duties: Sequence[Duty] | None = None) -> Decision:
        """What is due at this instant, and what will be, by all duties or these: pure but for what it counts."""
        facts: list[Fact] = []
        duties = self.duties if duties is None else duties
        wants = self._ask(timeline, now, duties)
        while (concluded := next((want for want in wants if isinstance(want, Conclude) and want.at <= now), None)) and len(
            facts
        ) < MOST_CONCLUSIONS:
            fact = msgspec.structs.replace(concluded.fact, at=now)
            facts.append(fact)
            timeline = timeline.extended((fact,))
            wants = self._ask(timeline, now, duties)
        ready, coming, waits = self._sort(timeline, wants, now)
        given, orders = _given(timeline, ready, now)
        facts += given
        instants = [*waits, *(later.at for later in coming), *(want.at for want in wants if isinstance(want, Conclude) and want.at > now)]
        instants += [now + order.patience for order, _ in orders]
        instants += [now + self.answers_wait] if len(orders) < len(ready) else []
        return Decision(timeline, facts, orders, coming, min(instants, default=None))

    def _ask(self, timeline: Timeline, now: datetime, duties: Sequence[Duty]) -> list[Due | Conclude]:
        wants: list[Due | Conclude] = []
        for duty in duties:
            try:
                wants += duty(timeline, self.catalog(), now)
            except Exception:
                self.faults[duty.__module__] += 1
                log.exception("duty %s broke on %s", duty.__module__, timeline.incident)
        return wants

    def _sort(
        self, timeline: Timeline, wants: Iterable[Due | Conclude], now: datetime
    ) -> tuple[list[tuple[AnyOrder, Integration]], list[Coming], list[datetime]]:
        """Orders that are due now, those that will be, and the instants at which unanswered ones are due again."""
        ready: dict[str, tuple[AnyOrder, Integration]] = {}
        coming: dict[str, Coming] = {}
        waits: list[datetime] = []
        for want in wants:
            if isinstance(want, Conclude):
                continue
            identity = want.order.identity
            at = due_again(timeline, want.order, want.at)
            if at is None or identity in ready:
                continue
            if at <= now:
                ready[identity] = (want.order, self.carrier(want.order))
            elif identity in timeline.orders:
                waits.append(at)
            else:
                coming[identity] = Coming(at, want.order)
        return list(ready.values()), sorted(coming.values(), key=lambda later: later.at), waits

    def carrier(self, order: Order) -> Integration:
        """The integration that carries an order: the one a page's channel or a look's source names; otherwise the first that can."""
        return next(self._carriers(order), NOBODY)

    def _carriers(self, order: Order) -> Iterator[Integration]:
        return (one for one in self.integrations if type(order) in one.carries and is_for(order, one))

    def _behind(self, order: Order, carrier: Integration) -> Integration | None:
        """The integration that carries an order where this one gives up on it."""
        after = dropwhile(lambda one: one is not carrier, self._carriers(order))
        return next(islice(after, 1, None), None)

    # -- settling ----------------------------------------------------------------------------------------------------------------------

    async def turn(self) -> int:
        """Settle what is due now, the most overdue first and up to MOST_SETTLED; how many incidents that were."""
        async with self.writing(overtaken=self._overtaken):
            claimed, rest = await self._turn(self.clock.now())
        await self._schedule_all(rest)
        return claimed

    async def _turn(self, now: datetime) -> tuple[int, list[tuple[Claim, int, datetime | None]]]:
        """How many incidents were claimed; and those of which nothing was kept, with their lengths and when to settle them next."""
        claims = await self.journal.claim(self.worker, now, MOST_SETTLED)
        timelines = await self.timelines(claim.incident for claim in claims)
        decided = [(claim, before, self._decided(before, now)) for claim, before in zip(claims, timelines, strict=True)]
        busy = [one for one in decided if one[2].facts]
        grown = [before.extended(decision.facts) for _, before, decision in busy]
        appends = [_append(*one, longer) for one, longer in zip(busy, grown, strict=True)]
        kept = self._settled(await self.journal.append(appends), grown, appends)
        for whole, timeline, (_, _, decision) in zip(kept, grown, busy, strict=True):
            if whole:
                self._carry_all(timeline, decision, now)
        self._overtaken = not all(kept)
        rest = [(claim, len(before), decision.due) for claim, before, decision in decided if not decision.facts]
        rest += [(claim, len(before), now) for whole, (claim, before, _) in zip(kept, busy, strict=True) if not whole]
        return len(claims), rest

    def _decided(self, timeline: Timeline, now: datetime) -> Decision:
        """What is due; of an incident that cannot be read from its beginning nothing, for a while: it hinders no other."""
        try:
            _ = timeline.opened
            return self.decide(timeline, now)
        except Exception:
            self.faults["journal"] += 1
            log.exception("%s cannot be settled", timeline.incident)
            return Decision(timeline, [], [], [], now + LOOK_AGAIN_AT_BROKEN)

    async def _schedule_all(self, rest: Iterable[tuple[Claim, int, datetime | None]]) -> None:
        """Give claims back, side by side where each must wait for the journal; what was kept in the meantime is not changed by that."""
        if self.journal.exclusive:
            for one in rest:
                await self._schedule(*one)
        else:
            await asyncio.gather(*(self._schedule(*one) for one in rest))

    async def _schedule(self, claim: Claim, expected: int, due: datetime | None) -> None:
        await self.journal.schedule(claim, expected, due)
        known = self._known.get(claim.incident)
        if known is not None and len(known) == expected:
            self._wanted[claim.incident] = due

    def _carry_all(self, timeline: Timeline, decision: Decision, now: datetime) -> None:
        for order, carrier in decision.orders:
            task = asyncio.create_task(self._carry(timeline, order, carrier, now))
            self._carrying.add(task)
            task.add_done_callback(self._carrying.discard)

    async def _carry(self, timeline: Timeline, order: AnyOrder, carrier: Integration, now: datetime) -> None:
        """Carry one order out and write down how it went."""
        facts = await self._answered(timeline, order, carrier, now)
        if facts[0].outcome == "gave up" and (behind := self._behind(order, carrier)):  # type: ignore[attr-defined]  # as below
            facts += await self._answered(timeline, order, behind, now)
        done = facts[0].outcome == "done"  # type: ignore[attr-defined]  # as below
        await self.hear(timeline.incident, lambda _: facts, self._answer_waits(timeline) if done else NOW)

    def _answer_waits(self, timeline: Timeline) -> timedelta:
        """How long the answer to an order may wait to be settled: where only pages were ordered so far, as long as the rest does."""
        only_paged = self.urgent and all(isinstance(given.order, Page) for given in timeline.all(Ordered))
        return SETTLE_REST_WITHIN if only_paged else self.answers_wait

    async def _answered(self, timeline: Timeline, order: AnyOrder, carrier: Integration, now: datetime) -> list[Fact]:
        facts = await answer(timeline, order, carrier, now, self.clock.now)
        if facts[0].outcome != "done":  # type: ignore[attr-defined]  # the first fact is the Answered
            self.faults[f"{carrier.name} {type(order).__name__}"] += 1
        return facts

    async def still(self) -> None:
        """Wait until no order is being carried."""
        while self._carrying:
            await asyncio.gather(*self._carrying, return_exceptions=True)

    async def let_go(self, within: float) -> None:
        """
        Carry to its end what is being carried, for so many seconds, and leave the rest.

        An order that is left without an answer is given again after its patience, by whoever settles the incident then.
        """
        if not self._carrying:
            return
        _, left = await asyncio.wait(self._carrying, timeout=within)
        if left:
            log.warning("%d orders were still being carried at the end; they will be given again", len(left))
            for task in left:
                task.cancel()
            await asyncio.wait(left)

    async def coming(self, incident: str) -> list[Coming]:
        """The orders that will be due if nothing happens, the earliest first."""
        timeline = await self.timeline(incident)
        return self.decide(timeline, self.clock.now()).coming if len(timeline) else []

    async def run(self) -> None:
        """Settle for ever, sleeping until the next incident is due; signals wake it at once."""
        self.answers_wait, self.urgent = SETTLE_ANSWERS_WITHIN, [duty for duty in self.duties if duty in URGENT]
        stumbled = ""
        while True:
            try:
                self._behind_since = self._behind_since or self.clock.now()
                settled = await self.turn()
                self._behind_since, stumbled = None, ""
                if not settled:
                    await self._sleep()
                # Not every turn waits for anything: let what was heard meanwhile in, or it would be asked for anew for ever.
                await asyncio.sleep(0)
            except Exception as fault:
                self.faults["loop"] += 1
                # Of what is the same again and again, the log holds the whole once: a full disk is not to be filled with it.
                log.error("the loop stumbled and goes on: %s", fault, exc_info=repr(fault) != stumbled)  # noqa: TRY400  # as said above
                stumbled = repr(fault)
                await asyncio.sleep(1)

    async def lag(self, now: datetime) -> float:
        """How many seconds the most overdue incident is late, or how many no turn has come to its end while one should; 0 is well."""
        since = [instant for instant in (self._behind_since, await self.journal.next_due()) if instant is not None]
        return max(0.0, (now - min(since)).total_seconds()) if since else 0.0

    async def _sleep(self) -> None:
        due = await self.journal.next_due()
        wait = (due - self.clock.now()).total_seconds() / self.clock.pace if due else 60.0
        if wait > 0:
            await self.journal.changed(min(wait, 60.0))


def _given(
    timeline: Timeline, ready: Iterable[tuple[AnyOrder, Integration]], now: datetime
) -> tuple[list[Fact], list[tuple[AnyOrder, Integration]]]:
    """The facts that these orders are given, with the answers of those that are nothing but facts; the others are to be carried."""
    facts: list[Fact] = []
    orders: list[tuple[AnyOrder, Integration]] = []
    for order, carrier in ready:
        facts.append(Ordered(at=now, order=order, carrier=carrier.name))
        if done := written(timeline, order, carrier, now):
            facts += done
        else:
            orders.append((order, carrier))
    return facts, orders


def due_again(timeline: Timeline, order: AnyOrder, at: datetime) -> datetime | None:
    """When an order is due, given what became of it so far; None when it is done with."""
    identity = order.identity
    given, answered = timeline.orders.get(identity), timeline.answers.get(identity)
    if given is None:
        return at
    if answered is None or answered.at < given.at:
        return given.at + order.patience
    return answered.again if answered.outcome == "later" else None


def _append(claim: Claim, before: Timeline, decision: Decision, grown: Timeline) -> Append:
    return Append(claim.incident, len(before), tuple(decision.facts), summary_of(grown), decision.due, claim.generation)
