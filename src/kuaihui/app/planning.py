"""
What alerts that were heard together mean: to the incident of their group that is there, or to one that they open.

Rule 1: nothing is kept here: a plan is facts to be put behind a timeline, and where somebody else was faster it is made anew.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final

import msgspec

from kuaihui.catalog.catalog import Catalog
from kuaihui.catalog.services import Signal
from kuaihui.incident.alerts import Opened
from kuaihui.incident.fact import Fact
from kuaihui.incident.phases import Phase
from kuaihui.incident.timeline import Timeline
from kuaihui.intake.alerts import Fold, Verdict, fold, over, resolved_until, starts_something
from kuaihui.intake.opening import acted_out, incident_id, opening
from kuaihui.intake.places import Place
from kuaihui.intake.register import Register
from kuaihui.intake.ringing import Ringing
from kuaihui.loop import Loop

_USUAL: Final = Signal.model_fields["matters_by"].default


class Heard(msgspec.Struct):
    """What became of one hearing's alerts: how many of each verdict, and the incidents they went to."""

    counts: Counter[str] = msgspec.field(default_factory=Counter[str])
    incidents: set[str] = msgspec.field(default_factory=set[str])


class Hearing(msgspec.Struct):
    """A hearing that waits for its commit."""

    ringings: Sequence[Ringing]
    done: asyncio.Future[None]
    heard: Heard


class Group(msgspec.Struct):
    """Alerts that go to one incident, the hearings they came in with the number of the first of each, and how often somebody was faster."""

    place: Place
    attempt: int = 0
    ringings: list[Ringing] = []
    hearings: list[tuple[int, Hearing]] = []

    def take(self, ringing: Ringing, hearing: Hearing) -> None:
        """One alert more; those of a hearing come one after the other."""
        if not self.hearings or self.hearings[-1][1] is not hearing:
            self.hearings.append((len(self.ringings), hearing))
        self.ringings.append(ringing)

    def count(self, verdicts: Sequence[Verdict], incident: str) -> None:
        """Tell each hearing what became of its alerts, which are these, in order."""
        ends = [*(first for first, _ in self.hearings[1:]), len(verdicts)]
        for (first, hearing), end in zip(self.hearings, ends, strict=True):
            hearing.heard.counts.update([one.verdict for one in verdicts[first:end]])
            if incident:
                hearing.heard.incidents.add(incident)


class Plan(msgspec.Struct):
    """What a group's alerts mean: the facts to be put behind `before`."""

    key: str
    group: Group
    before: Timeline
    facts: list[Fact]
    fold: Fold


class Planner:
    """Makes plans for groups of alerts, with what the register knows of their incidents."""

    def __init__(self, loop: Loop, register: Register) -> None:
        self.loop, self.register = loop, register
        self.drill = False  # whether everything that is heard is acted out
        self.knows_all = False  # whether a group that the register does not know has no incident at all

    async def plans(self, groups: Mapping[str, Group], catalog: Catalog, now: datetime) -> list[Plan]:
        """What each group's alerts mean: to the incident that is there, or to one that they open; in their order."""
        newest = await self.newest(groups)
        return [self._plan(key, group, newest[key], catalog, now) for key, group in groups.items()]

    def _plan(self, key: str, group: Group, before: Timeline, catalog: Catalog, now: datetime) -> Plan:
        resolved = self.register.resolved_starts(ringing.alert.key for ringing in group.ringings)
        if not len(before) or over(before, now):
            opened = self._opened(key, group, before, resolved, catalog, now)
            if opened is not None:
                return opened
        folded = fold(before, group.ringings, resolved, _matters_by(group, catalog), now)
        return Plan(key, group, before, folded.facts, folded)

    async def newest(self, keys: Iterable[str]) -> dict[str, Timeline]:
        """The newest incident of each of these groups; an empty timeline where there is none."""
        incidents = {key: self.register.groups.get(key) for key in keys}
        known = [(key, incident) for key, incident in incidents.items() if incident is not None]
        newest = {key: Timeline("") for key in incidents} if self.knows_all else {}
        for (key, _), timeline in zip(known, await self.loop.timelines([incident for _, incident in known]), strict=True):
            if self.loop.journal.exclusive or timeline.phase is not Phase.CLOSED:
                newest[key] = timeline
        asked = [key for key in incidents if key not in newest]
        return newest | await self.find(asked) if asked else newest

    async def find(self, keys: Sequence[str]) -> dict[str, Timeline]:
        """The newest incident of each of these groups as the journal has it, whoever opened it; an empty timeline where there is none."""
        found = await self.loop.journal.find(keys)
        for key in keys:
            if key in found:
                self.register.groups[key] = found[key].incident
            else:
                self.register.groups.pop(key, None)
        timelines = await self.loop.timelines([summary.incident for summary in found.values()])
        return {key: Timeline("") for key in keys} | dict(zip(found, timelines, strict=True))

    def _opened(self, key: str, group: Group, old: Timeline, resolved: dict[str, datetime], catalog: Catalog, now: datetime) -> Plan | None:
        """A new incident of this group; None where none of its alerts newly fires."""
        first = [ringing.alert for ringing in group.ringings if starts_something(old, ringing, resolved)]
        if not first:
            return None
        until = {alert.key: resolved_until(old, alert.key, resolved) for alert in first}
        opened = self.acted(opening(group.place, first, catalog, now), catalog)
        incident = incident_id(key, now, catalog.time_zone, group.attempt)
        known = resolved | {alert: start for alert, start in until.items() if start is not None}
        folded = fold(Timeline(incident, (opened,)), group.ringings, known, _matters_by(group, catalog), now)
        return Plan(key, group, Timeline(incident), [opened, *folded.facts], folded) if folded.facts else None

    def acted(self, opened: Opened, catalog: Catalog) -> Opened:
        """The opening, which says so where it is acted out."""
        return acted_out(opened, catalog.language) if self.drill else opened


def _matters_by(group: Group, catalog: Catalog) -> float:
    signal = catalog.services[group.place.service].signal
    return signal.matters_by if signal else _USUAL
