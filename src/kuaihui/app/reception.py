"""
The reception: hears alerts from every door, hands facts to the loop, lets go what nothing hides any more, keeps a trace of everything.

Rule 1: `hear` returns after everything it led to is kept; when it raises, the sender must tell us again.
Rule 2: hearings that wait while a commit is under way share the next one, so that a thousand senders cost no more than one.
Rule 3: an unchanged repeat touches neither the journal nor a timeline.
Rule 4: in real time an incident's first pages are ordered in the commit that opens it, and are on their way before its sender is answered.
Rule 5: traces of what stands in a timeline are written behind the answer; those of what was refused or hidden are written before it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import msgspec

from kuaihui.app.expiry import Expiry
from kuaihui.app.planning import Group, Heard, Hearing, Plan, Planner
from kuaihui.app.watching import Watching
from kuaihui.catalog.catalog import Catalog
from kuaihui.diagnosis.scrubbing import DEFAULT
from kuaihui.errors import Refused
from kuaihui.incident.alerts import AlertCleared, AlertFired
from kuaihui.incident.phases import Phase
from kuaihui.incident.timeline import Timeline
from kuaihui.intake.alerts import FOLDED, REFUSED
from kuaihui.intake.hush import Hush
from kuaihui.intake.inhibition import Inhibitions
from kuaihui.intake.opening import declaration, incident_id
from kuaihui.intake.places import Places
from kuaihui.intake.register import Again, Register
from kuaihui.intake.ringing import Misheard, Ringing
from kuaihui.intake.silences import INHIBITED, KINDS, SILENCED, Hidden, Silences, quiet_of, reason_of
from kuaihui.intake.traces import Tracing, refusal
from kuaihui.intake.watchdogs import ALIVE
from kuaihui.intake.why import why
from kuaihui.journal.journal import Trace
from kuaihui.language import Text, plain, text
from kuaihui.listening import NOW, Addition
from kuaihui.loop import Clock, Loop

log = logging.getLogger(__name__)

# One commit takes at most this many alerts, so that a storm delays nobody's answer by more than some ten milliseconds.
MOST_AT_ONCE: Final = 4_000
# Who loses this many races against others is not racing: what it knows is wrong, and its sender must tell the alerts again.
MOST_RACES: Final = 100
# How often traces are written when nothing else calls for it.
TRACE_EVERY: Final = timedelta(seconds=1)
# Where another process may make a silence, how soon it is known here.
READ_SILENCES_EVERY: Final = timedelta(seconds=2)
# In a storm an incident that has paged is thought about anew this often, not for each of a hundred alerts. Its clocks run in minutes.
SETTLE_WITHIN: Final = timedelta(seconds=1)
# One alert more among those that fire, and without a value: it changes nothing that anybody is told at once.
SETTLE_MORE_WITHIN: Final = timedelta(seconds=5)
# Written at once; a bigger write would hold up the commits behind it, smaller ones touch the same pages of the journal again and again.
TRACES_AT_ONCE: Final = 2_000
# Summaries read at the start; with more incidents than this, a group that was not heard lately is looked up when it is.
MOST_SUMMARIES: Final = 10_000


class Reception:
    """Where alerts are heard."""

    def __init__(self, loop: Loop, catalog: Callable[[], Catalog], clock: Clock, resolve_timeout: timedelta = timedelta(minutes=5)) -> None:
        self.loop = loop
        self.catalog = catalog
        self.clock = clock
        self.resolve_timeout = resolve_timeout
        self.began = clock.now()
        self.settle_within = self.settle_more_within = NOW  # in acted time nothing waits
        self.scrub = DEFAULT  # what is taken out of the words that alerts bring
        self.register = Register()
        self.tracing = Tracing()
        self.planner = Planner(loop, self.register)
        self._expiry = Expiry(loop, self.register, self.tracing, resolve_timeout)
        self._places = Places(catalog())
        self.hush = Hush()
        self.watching = Watching(loop.journal, self.register, self.hear)
        self._silences_read: datetime | None = None
        self._waiting: list[Hearing] = []
        self._worker: asyncio.Task[None] | None = None

    # -- beginning and end ---------------------------------------------------------------------------------------------------------------

    async def begin(self) -> None:
        """Know again what was ringing, and what was hidden, when the house last stopped."""
        now, journal = self.clock.now(), self.loop.journal
        newest = await journal.summaries(limit=MOST_SUMMARIES)
        for summary in reversed(newest):
            self.register.groups[summary.key] = summary.incident
        for summary in await journal.summaries(open_only=True, limit=MOST_SUMMARIES):
            self.register.groups[summary.key] = summary.incident
            timeline = await self.loop.timeline(summary.incident)
            self.register.restored(timeline.firing.values(), summary.key, summary.incident, now, self.resolve_timeout)
        self.planner.knows_all = journal.exclusive and len(newest) < MOST_SUMMARIES
        self._inhibit(self.catalog())
        self.watching.keep(self.catalog(), now)
        await self.read_silences()
        await self._hold_again(now)

    async def run(self) -> None:
        """Notice expiry, and write traces, for ever."""
        self.settle_within, self.settle_more_within = SETTLE_WITHIN, SETTLE_MORE_WITHIN
        while True:
            try:
                await self.turn()
            except Exception:
                self.loop.faults["reception"] += 1
                log.exception("the reception stumbled and goes on")
            await self._sleep()

    async def _sleep(self) -> None:
        due, wait = self.next_expiry(), TRACE_EVERY.total_seconds()
        if due is not None:
            wait = min(wait, max(0.05, (due - self.clock.now()).total_seconds() / self.clock.pace))
        await asyncio.sleep(wait)

    async def end(self) -> None:
        """Finish what is being heard and write the last traces."""
        while self._worker is not None and not self._worker.done():
            await asyncio.wait([self._worker])
        self.tracing.repeats(self.register.alerts.values(), self.clock.now())
        await self.loop.journal.note(self.hush.traces(repeats=True))
        await self.write_traces()

    # -- hearing -------------------------------------------------------------------------------------------------------------------------

    async def hear(self, ringings: Sequence[Ringing], again: Sequence[Again] = (), refused: Sequence[Misheard] = ()) -> Heard:
        """
        Take alerts in; what they led to is kept when this returns.

        `again` are ringings that a door has seen before exactly so, each with its new end; `refused` leave a trace. Raises what the journal
        raises when it cannot keep them: then the sender must tell them again.
        """
        heard = Heard()
        if again:
            ringings = [*ringings, *self._again(again, heard)]
        if refused:
            await self._refuse(refused, heard)
        if ringings:
            hearing = Hearing(ringings, asyncio.get_running_loop().create_future(), heard)
            self._waiting.append(hearing)
            if self._worker is None or self._worker.done():
                self._worker = asyncio.create_task(self._work(), name="hearing")
            await hearing.done
        return heard

    def _again(self, again: Sequence[Again], heard: Heard) -> list[Ringing]:
        """Those of the seen ones that are more than a repeat after all."""
        news = self.register.repeats(again)
        if len(news) < len(again):
            heard.counts[FOLDED] += len(again) - len(news)
        return [Ringing(msgspec.structs.replace(one.alert, ends=ends), one.firing, one.dated, one) for one, ends in news]

    async def _refuse(self, refused: Sequence[Misheard], heard: Heard) -> None:
        heard.counts[REFUSED] += len(refused)
        now = self.clock.now()
        await self.loop.journal.note([refusal(one, now) for one in refused])

    async def _work(self) -> None:
        """Take in whoever waits until nobody does."""
        while self._waiting:
            batch = self._next_batch()
            try:
                await self._take_in(batch)
            except Exception as failed:
                for hearing in batch:
                    if not hearing.done.done():
                        hearing.done.set_exception(failed)
            else:
                for hearing in batch:
                    if not hearing.done.done():
                        hearing.done.set_result(None)

    def _next_batch(self) -> list[Hearing]:
        size, count = 0, 0
        for hearing in self._waiting:
            if count and size + len(hearing.ringings) > MOST_AT_ONCE:
                break
            size, count = size + len(hearing.ringings), count + 1
        batch, self._waiting = self._waiting[:count], self._waiting[count:]
        return batch

    async def _take_in(self, batch: Sequence[Hearing]) -> None:
        """Fold a batch into its incidents, in one commit; once more for those incidents where somebody else was faster."""
        catalog, now = self.catalog(), self.clock.now()
        self._scrub(batch)
        groups = self._grouped(batch, catalog, now)
        if hidden := self.hush.traces():
            await self.loop.journal.note(hidden)
        overtaken = False
        while groups:
            async with self.loop.writing(overtaken=overtaken):
                groups, overtaken = await self._write(groups, catalog, now), True

    async def _write(self, groups: dict[str, Group], catalog: Catalog, now: datetime) -> dict[str, Group]:
        """Keep what these alerts mean to their incidents; those for which somebody else was faster."""
        plans = await self.planner.plans(groups, catalog, now)
        writes = [plan for plan in plans if plan.facts]
        additions = [Addition(plan.before, plan.facts, self._within(plan)) for plan in writes]
        kept = await self.loop.append(additions) if additions else []
        overtaken = {plan.key: plan.group for plan, whole in zip(writes, kept, strict=True) if not whole}
        for plan in plans:
            if plan.key not in overtaken:
                self._remember(plan, now)
        if overtaken:
            await self._overtaken(overtaken)
        return overtaken

    async def _overtaken(self, groups: dict[str, Group]) -> None:
        """Look anew at what somebody else was faster with; raises RuntimeError where that never ends."""
        for key, group in groups.items():
            group.attempt += 1
            if group.attempt > MOST_RACES:
                raise RuntimeError(f"{key}: {MOST_RACES} times somebody else was faster")
        await self.planner.find(list(groups))

    def _scrub(self, batch: Sequence[Hearing]) -> None:
        """Take out of the alerts' summaries what is not for people to see; their labels, by which they are known, stay as they are."""
        told = list({ringing.alert.summary: None for hearing in batch for ringing in hearing.ringings})
        clean = self.scrub.each(told)
        if clean != told:
            said = dict(zip(told, clean, strict=True))
            for hearing in batch:
                hearing.ringings = [_with_summary(ringing, said[ringing.alert.summary]) for ringing in hearing.ringings]

    def _within(self, plan: Plan) -> timedelta:
        """Alerts that only join or clear may wait for more of them; what opens, re-opens or measures may not."""
        if not all(isinstance(fact, AlertFired | AlertCleared) for fact in plan.facts):
            return NOW
        more = plan.before.firing and all(isinstance(fact, AlertFired) and not fact.measured for fact in plan.facts)
        return self.settle_more_within if more else self.settle_within

    def _grouped(self, batch: Sequence[Hearing], catalog: Catalog, now: datetime) -> dict[str, Group]:
        """The batch's alerts by the incident they share, in the order they were told; without those that are to wake nobody."""
        if self._places.catalog is not catalog:
            self._places = Places(catalog)
            self._inhibit(catalog)
            self.watching.keep(catalog, now)
        groups: dict[str, Group] = {}
        hush, watched = self.hush, bool(self.hush)
        told = self._told(batch) if watched else set[str]()
        dogs = self.watching.watchdogs or None
        of = self._places.of
        for hearing in batch:
            for ringing in hearing.ringings:
                if dogs is not None and dogs.hear(ringing, now):
                    hearing.heard.counts[ALIVE] += 1
                    continue
                key, place = of(ringing.alert.labels)
                if watched and (verdict := hush.take(ringing, place.service, self.register, told, now)):
                    hearing.heard.counts[verdict] += 1
                    continue
                group = groups.get(key)
                if group is None:
                    group = groups[key] = Group(place)
                group.take(ringing, hearing)
        return groups

    def _told(self, batch: Sequence[Hearing]) -> set[str]:
        """The keys of all alerts that are told to fire; what hides others is known before anything is hidden."""
        alerts = [ringing.alert for hearing in batch for ringing in hearing.ringings if ringing.firing]
        self.hush.sound(alerts)
        return {alert.key for alert in alerts}

    def _remember(self, plan: Plan, now: datetime) -> None:
        """What was kept, into the register, the traces, and the answer."""
        key, incident = plan.key, plan.before.incident
        if incident:
            self.register.groups[key] = incident
        self.register.took(plan.fold.verdicts, key, incident, now)
        plan.group.count(plan.fold.verdicts, incident)
        self.tracing.took(plan.fold.verdicts, incident, now)

    # -- what wakes nobody -----------------------------------------------------------------------------------------------------------------

    def _inhibit(self, catalog: Catalog) -> None:
        self.hush.inhibit(Inhibitions(catalog.inhibitions.values(), catalog.places), self.register)

    async def read_silences(self) -> None:
        """Take over the silences and windows as the journal has them now: after one was made or ended."""
        now = self._silences_read = self.clock.now()
        notes = [note for kind in KINDS for note in await self.loop.journal.standing(kind, now)]
        self.hush.silences = Silences([quiet_of(note) for note in notes])

    async def _hold_again(self, now: datetime) -> None:
        """Know again what silences and inhibitions held back when the house last stopped."""
        rules = [Hidden(SILENCED, quiet.id, reason_of(quiet)) for quiet in self.hush.silences.all]
        rules += [Hidden(INHIBITED, rule, plain(rule)) for rule in self.hush.inhibitions.ids]
        for hidden in rules:
            by_alert: dict[str, list[Trace]] = {}
            for trace in await self.loop.journal.traces_of(hidden.rule):
                by_alert.setdefault(trace.key, []).append(trace)
            for traces in by_alert.values():
                _, place = self._places.of(traces[0].labels)
                self.hush.restored(traces, place.service, hidden, now, self.resolve_timeout)

    async def _let_go(self, now: datetime) -> None:
        """Hear what nothing hides any more."""
        if not self.loop.journal.exclusive and (self._silences_read is None or now - self._silences_read >= READ_SILENCES_EVERY):
            await self.read_silences()
        if not self.hush.held:
            return
        free = self.hush.freed(self.register, now)
        if traces := self.hush.traces():
            await self.loop.journal.note(traces)
        if free:
            await self.hear(free)

    # -- people ----------------------------------------------------------------------------------------------------------------------------

    async def declare(self, service: str, title: str, severity: int | None, person: str, attempt: int = 0) -> str:
        """
        Open an incident by hand; alerts of its service join it. Returns its id. `attempt`: how often somebody else was faster.

        Raises Refused where the service is unknown, or has an incident open already: the text names it.
        """
        catalog, now = self.catalog(), self.clock.now()
        if service not in catalog.services:
            raise Refused(text("there is no service {service}; there are: {known}", service=service, known=tuple(catalog.services)))
        opened = self.planner.acted(declaration(service, title, severity, person, catalog, now), catalog)
        async with self.loop.writing(overtaken=attempt > 0):
            before = (await self.planner.newest([opened.key]))[opened.key]
            if len(before) and before.phase is not Phase.CLOSED:
                said = f"@service:{service}"
                raise Refused(text("{service} has an open incident already: {incident}", service=said, incident=before.incident))
            incident = incident_id(opened.key, now, catalog.time_zone, attempt)
            [kept] = await self.loop.append([Addition(Timeline(incident), [opened])])
            if not kept:
                await self.planner.find([opened.key])
        if not kept:
            return await self.declare(service, title, severity, person, attempt + 1)
        self.register.groups[opened.key] = incident
        return incident

    async def why(self, fingerprint: str) -> list[Text]:
        """What became of the alert with this fingerprint (ours or Alertmanager's), line by line; nothing where it was never heard."""
        await self.write_traces()
        return await why(self.loop.journal, self.register, fingerprint, ZoneInfo(self.catalog().time_zone))

    # -- expiry --------------------------------------------------------------------------------------------------------------------------

    def next_expiry(self) -> datetime | None:
        """When to turn next because an alert may have fallen silent."""
        instants = (self.register.next_deadline(), self.hush.next_look(), self.watching.next_look())
        return min((instant for instant in instants if instant is not None), default=None)

    async def turn(self) -> int:
        """Write down whose source has fallen silent by now, and the traces that wait; how many alerts expired."""
        now = self.clock.now()
        self._expiry.note_repeats(now)
        await self._let_go(now)
        await self.watching.turn(self.catalog(), now)
        count = await self._expiry.turn(now)
        await self.write_traces()
        return count

    # -- traces --------------------------------------------------------------------------------------------------------------------------

    async def write_traces(self) -> None:
        """Write the traces that wait, a few at a time, so that nobody who rings meanwhile waits for them."""
        while traces := self.tracing.next(TRACES_AT_ONCE):
            await self.loop.journal.note(traces)


def _with_summary(ringing: Ringing, summary: str) -> Ringing:
    if ringing.alert.summary == summary:
        return ringing
    alert = msgspec.structs.replace(ringing.alert, summary=summary)
    return Ringing(alert, ringing.firing, ringing.dated, ringing.seen or ringing)
