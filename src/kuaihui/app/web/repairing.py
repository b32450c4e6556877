"""What is being done, as the page shows it: proposals and decisions, hotfixes at their gates, reports, recovery as it was measured."""

from __future__ import annotations

import msgspec

from kuaihui.app.web.views import Reader
from kuaihui.app.wiring import House
from kuaihui.briefing.situation_report import owner_of, report_of, superiors
from kuaihui.incident.proposals import decision
from kuaihui.incident.recovery import RecoveryMeasured
from kuaihui.incident.repair import GateMeasured, ProposalChosen, ProposalDropped, ProposalMade, Reported
from kuaihui.incident.timeline import Timeline
from kuaihui.incident.trains import Gate, Train, trains


class Proposed(msgspec.Struct):
    """A proposal with the last word on it, and whether a hotfix carries it out already."""

    made: ProposalMade
    decided: ProposalChosen | ProposalDropped | None
    begun: bool

    @property
    def chosen(self) -> bool:
        return isinstance(self.decided, ProposalChosen)

    @property
    def dropped(self) -> bool:
        return isinstance(self.decided, ProposalDropped)


class Stop(msgspec.Struct):
    """One gate of a hotfix as its track shows it: whose it is by name, and the newest measurement there."""

    gate: Gate
    owner: str
    waits: bool
    measured: GateMeasured | None


class Track(msgspec.Struct):
    """A hotfix or rollback with its gates in order."""

    train: Train
    stops: list[Stop]

    @property
    def done(self) -> int:
        """How many gates are behind it."""
        return sum(one.gate.done for one in self.stops)


class Repairs(msgspec.Struct):
    """Everything that is being done; `draft` is the situation report as it would read now, in the reader's language."""

    proposals: list[Proposed]
    tracks: list[Track]
    recovery: list[RecoveryMeasured]
    reports: list[Reported]
    superiors: list[str]
    draft: str


def repairs(house: House, timeline: Timeline, reader: Reader) -> Repairs:
    """What is being done about an incident, the newest hotfix first."""
    catalog, now = house.catalog, reader.now
    known = trains(timeline)
    carried_out = {train.started.proposal for train in known.values() if train.started.proposal}
    made = timeline.all(ProposalMade, timeline.occasion)
    service = catalog.service(timeline.service)
    told = superiors(timeline, catalog, now)
    return Repairs(
        proposals=sorted(
            (Proposed(one, decision(timeline, one.proposal), one.proposal in carried_out) for one in made),
            key=lambda one: (not one.chosen, one.dropped),
        ),
        tracks=[_track(house, timeline, train, reader) for train in reversed(known.values())],
        recovery=_recovery(timeline),
        reports=timeline.all(Reported, timeline.occasion)[::-1],
        superiors=list(told),
        draft=reader.said(report_of(timeline, catalog, now, now + service.superior.every)) if told else "",
    )


def _track(house: House, timeline: Timeline, train: Train, reader: Reader) -> Track:
    current = train.current if train.running else None
    stops = [
        Stop(
            gate,
            owner_of(gate.stage.owner, timeline, house.catalog, reader.now),
            gate is current,
            gate.measured[-1][1] if gate.measured else None,
        )
        for gate in train.gates
    ]
    return Track(train, stops)


def _recovery(timeline: Timeline) -> list[RecoveryMeasured]:
    """The newest measurement of each signal on this occasion, the one that broke first."""
    newest = {one.what: one for one in timeline.all(RecoveryMeasured, timeline.occasion)}
    return sorted(newest.values(), key=lambda one: one.supporting)
