"""
Runs a record again: what it heard is heard at its instants, everything else is decided anew.

Rule 1: the same record under the same catalog and duties gives the same replay, to the instant.
Rule 2: the incident keeps its name and its alerts; which alerts share an incident is not decided anew (`/grouping` shows that).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec

from kuaihui.app.acted import next_instant, settle
from kuaihui.app.clocks import ActedClock
from kuaihui.app.reception import Reception
from kuaihui.app.replay.heard import Heard, heard
from kuaihui.app.replay.recorded import sources_of_record
from kuaihui.catalog.catalog import Catalog
from kuaihui.duties import ROSTER
from kuaihui.duties.due import Duty
from kuaihui.errors import Refused
from kuaihui.incident.alerts import AlertCleared, AlertFired, AlertMeasured, Opened
from kuaihui.incident.fact import Fact
from kuaihui.incident.pages import Acknowledged, Ordered, Read
from kuaihui.incident.phases import Phase
from kuaihui.incident.room import Visited
from kuaihui.incident.timeline import Timeline
from kuaihui.intake.alerts import expired, fold
from kuaihui.intake.deeds import understand
from kuaihui.intake.opening import declaration, opening
from kuaihui.intake.places import Places
from kuaihui.intake.ringing import Ringing
from kuaihui.integrations.builtin import Builtin
from kuaihui.journal.memory import Memory
from kuaihui.language import Text, text
from kuaihui.listening import Addition
from kuaihui.loop import Loop
from kuaihui.orders import Page

# How long a replay goes on behind a closed record's last fact when it is not closed itself by then: an observation, and a bit.
AFTER: Final = timedelta(minutes=30)
_ANSWER: Final = (Read, Visited, Acknowledged)


class Impossible(msgspec.Struct, frozen=True):
    """Somebody did in the record what cannot be done in the replay, and why."""

    heard: Heard
    why: Text


class Replayed(msgspec.Struct, frozen=True):
    """The timeline that the record becomes, and what of it could not be played."""

    timeline: Timeline
    impossible: tuple[Impossible, ...] = ()


async def replay(record: Timeline, catalog: Catalog, duties: Sequence[Duty] = ROSTER, *, as_quick: bool = False) -> Replayed:
    """
    The record under this catalog and these duties.

    `as_quick`: who is paged earlier than in the record answers (reads, looks, takes it on) as much earlier. Raises Refused where the
    catalog knows no service for the record's alerts.
    """
    return await _Replay(record, catalog, duties, as_quick=as_quick).run()


class _Replay:
    def __init__(self, record: Timeline, catalog: Catalog, duties: Sequence[Duty], *, as_quick: bool) -> None:
        self.record, self.catalog, self.as_quick = record, catalog, as_quick
        self.clock = ActedClock(record.opened.at)
        carriers = (*sources_of_record(record, catalog), Builtin())
        self.loop = Loop(Memory(), lambda: catalog, duties, carriers, self.clock, "replay")
        self.reception = Reception(self.loop, lambda: catalog, self.clock)
        self.impossible: list[Impossible] = []
        self.waiting = list(heard(record))
        self.answering = _answers(record, self.waiting)

    async def run(self) -> Replayed:
        await self._open()
        while self.waiting:
            timeline = await self._timeline()
            following = min(self.waiting, key=lambda one: self._at(one, timeline))
            await self._pass_to(self._at(following, timeline), following)
        await self._go_on()
        return Replayed(await self._timeline(), tuple(self.impossible))

    async def _timeline(self) -> Timeline:
        return await self.loop.timeline(self.record.incident)

    async def _settle(self) -> None:
        await settle(self.loop, self.reception, self.clock)

    # -- opening -------------------------------------------------------------------------------------------------------------------------

    async def _open(self) -> None:
        old, now = self.record.opened, self.clock.now()
        facts: list[Fact] = [self._opened(old, now)]
        begun = Timeline(self.record.incident, facts)
        while self.waiting and self.waiting[0].at == now and isinstance(self.waiting[0].fact, AlertFired):
            facts += self._alert(begun, self.waiting.pop(0).fact, now)
        await self.loop.append([Addition(Timeline(self.record.incident), facts)])
        await self._settle()

    def _opened(self, old: Opened, now: datetime) -> Opened:
        first = next((one.fact for one in self.waiting if isinstance(one.fact, AlertFired)), None)
        by_alert = isinstance(first, AlertFired) and first.at == now
        place = Places(self.catalog).of(first.alerts[0].labels)[1] if by_alert and first else None
        service = place.service if place else old.service
        if service not in self.catalog.services:
            raise Refused(text("there is no service {service}; there are: {known}", service=service, known=tuple(self.catalog.services)))
        if place and first:
            fresh = opening(place, first.alerts, self.catalog, now)
        else:
            fresh = declaration(service, old.title, old.severity, old.by, self.catalog, now)
        return msgspec.structs.replace(fresh, title=old.title, drill=old.drill)

    # -- playing -------------------------------------------------------------------------------------------------------------------------

    async def _pass_to(self, instant: datetime, following: Heard) -> None:
        """Play what is next; or only let time pass to what falls due before it, which may change what is next."""
        due = await next_instant(self.loop, self.reception)
        if due is not None and due <= instant:
            self.clock.move_to(due)
            await self._settle()
            return
        self.clock.move_to(instant)
        self.waiting.remove(following)
        await self._play(following)
        await self._settle()

    async def _play(self, one: Heard) -> None:
        now = self.clock.now()
        try:
            await self.loop.hear(self.record.incident, lambda timeline: self._facts(timeline, one, now))
        except Refused as why:
            self.impossible.append(Impossible(one, why.text))

    def _facts(self, timeline: Timeline, one: Heard, now: datetime) -> list[Fact]:
        if one.deed is not None:
            return understand(one.deed, timeline, self.catalog, now)
        if isinstance(one.fact, AlertFired | AlertMeasured | AlertCleared):
            return self._alert(timeline, one.fact, now)
        return [msgspec.structs.replace(one.fact, at=now)]

    def _alert(self, timeline: Timeline, fact: Fact, now: datetime) -> list[Fact]:
        """What an alert that was heard then means to this timeline."""
        known = self.record.alerts
        match fact:
            case AlertFired(alerts=alerts):
                ringings = [Ringing(alert) for alert in alerts]
            case AlertMeasured(key=key, value=value):
                ringings = [Ringing(msgspec.structs.replace(timeline.alerts.get(key, known[key]), value=value))]
            case AlertCleared(keys=keys, how="expired"):
                return expired(timeline, keys, now)
            case AlertCleared(keys=keys):
                ringings = [Ringing(timeline.alerts.get(key, known[key]), firing=False) for key in keys]
            case _:
                return []
        signal = self.catalog.service(timeline.service).signal
        return fold(timeline, ringings, {}, signal.matters_by if signal else 0.1, now).facts

    # -- answering as quickly ------------------------------------------------------------------------------------------------------------

    def _at(self, one: Heard, timeline: Timeline) -> datetime:
        """When this is played: at its instant, or as much earlier as the page that it answers."""
        paged = self.answering.get(id(one)) if self.as_quick else None
        if paged is None:
            return one.at
        now = next((page.at for page in timeline.all(Ordered) if isinstance(page.order, Page) and page.order.person == one.fact.by), None)
        return max(min(one.at, now + (one.at - paged)), self.clock.now()) if now else one.at

    async def _go_on(self) -> None:
        """Until it is closed, or nothing more can come of it; a record that is still open is not gone beyond."""
        end = max(self.clock.now(), self.record.facts[-1].at) + (AFTER if self.record.phase is Phase.CLOSED else timedelta(0))
        while (await self._timeline()).phase is not Phase.CLOSED:
            due = await next_instant(self.loop, self.reception)
            if due is None or due > end:
                return
            self.clock.move_to(due)
            await self._settle()


def _answers(record: Timeline, told: Sequence[Heard]) -> dict[int, datetime]:
    """For each deed by which somebody answered their first page, when that page was ordered: up to their taking it on."""
    found: dict[int, datetime] = {}
    for person in {one.fact.by for one in told if one.deed}:
        paged = next((page.at for page in record.all(Ordered) if isinstance(page.order, Page) and page.order.person == person), None)
        mine = [one for one in told if one.deed and one.fact.by == person]
        if paged is None or not mine or mine[0].at < paged:
            continue
        for one in mine:
            if not isinstance(one.fact, _ANSWER):
                break
            found[id(one)] = paged
            if isinstance(one.fact, Acknowledged):
                break
    return found
