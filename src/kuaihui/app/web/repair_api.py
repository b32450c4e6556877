"""The repair, for programs and the command line: proposals, hotfixes at their gates, the draft of the situation report."""

from __future__ import annotations

from datetime import datetime

from fastapi import APIRouter
from pydantic import BaseModel

from kuaihui.app.web.asking import Anybody, Here, InHouse, Reads
from kuaihui.app.web.problems import ANSWERS
from kuaihui.app.web.views import Reader
from kuaihui.app.wiring import House
from kuaihui.briefing.situation_report import owner_of, report_of, superiors
from kuaihui.incident.phases import Phase
from kuaihui.incident.proposals import decision
from kuaihui.incident.repair import ProposalChosen, ProposalMade, Reported
from kuaihui.incident.timeline import Timeline
from kuaihui.incident.trains import Gate, Train, trains

repair_api = APIRouter(prefix="/api/v1", responses=ANSWERS)


class ProposalShown(BaseModel):
    """A proposal; `decision` is "chosen", "dropped" or empty, by whom and why in `decided`."""

    proposal: str
    by: str
    what: str
    effect: str
    risk: str
    way_back: str
    source: str
    decision: str
    decided: str


class Proposals(BaseModel):
    """An incident's proposals in their order."""

    proposals: list[ProposalShown]


@repair_api.get("/incidents/{incident}/proposals")
async def proposals(reader: Reads, _: Anybody, timeline: Here) -> Proposals:
    """What could be done, and what was decided."""
    return Proposals(proposals=[_proposal(made, timeline, reader) for made in timeline.all(ProposalMade)])


def _proposal(made: ProposalMade, timeline: Timeline, reader: Reader) -> ProposalShown:
    word = decision(timeline, made.proposal)
    return ProposalShown(
        proposal=made.proposal,
        by=made.by,
        what=reader.said(made.what),
        effect=reader.said(made.effect),
        risk=reader.said(made.risk),
        way_back=reader.said(made.way_back),
        source=made.source,
        decision="" if word is None else "chosen" if isinstance(word, ProposalChosen) else "dropped",
        decided=reader.said(word.said) if word else "",
    )


class MeasuredShown(BaseModel):
    """A measurement at a gate; `verdict` is "recovered", "better", "same", "worse" or "silent"."""

    at: datetime
    value: float | None
    baseline: float | None
    verdict: str
    said: str


class GateShown(BaseModel):
    """One gate; `state` is "waiting", "reached", "failed", "passed" or "skipped"; `word` is the last word on it."""

    gate: str
    name: str
    owner: str
    state: str
    since: datetime | None
    within: float  # seconds
    word: str
    link: str
    measured: list[MeasuredShown]


class HotfixShown(BaseModel):
    """One hotfix or rollback; `state` is "running", "stopped" or "finished", `at` the gate it waits at (empty: none)."""

    hotfix: str
    kind: str
    title: str
    state: str
    at: str
    branch: str
    link: str
    proposal: str
    back_of: str
    gates: list[GateShown]


class Hotfixes(BaseModel):
    """An incident's hotfixes and rollbacks in the order they began."""

    hotfixes: list[HotfixShown]


@repair_api.get("/incidents/{incident}/hotfixes")
async def hotfixes(house: InHouse, reader: Reads, _: Anybody, timeline: Here) -> Hotfixes:
    """Every hotfix and rollback with its gates."""
    return Hotfixes(hotfixes=[_hotfix(train, timeline, house, reader) for train in trains(timeline).values()])


def _hotfix(train: Train, timeline: Timeline, house: House, reader: Reader) -> HotfixShown:
    started, current = train.started, train.current
    return HotfixShown(
        hotfix=train.hotfix,
        kind=started.kind,
        title=started.title,
        state="stopped" if train.stopped else "finished" if train.finished else "running",
        at=current.stage.id if current and train.running else "",
        branch=started.branch,
        link=started.link,
        proposal=started.proposal,
        back_of=started.back_of,
        gates=[_gate(gate, timeline, house, reader) for gate in train.gates],
    )


def _gate(gate: Gate, timeline: Timeline, house: House, reader: Reader) -> GateShown:
    told = [(fact.at, fact.value, fact.baseline, fact.verdict, fact.said) for _, fact in gate.measured]
    return GateShown(
        gate=gate.stage.id,
        name=reader.said(gate.stage.name),
        owner=owner_of(gate.stage.owner, timeline, house.catalog, house.clock.now()),
        state=gate.state,
        since=gate.since,
        within=gate.stage.within.total_seconds(),
        word=reader.said(gate.word.said) if gate.word else "",
        link=gate.word.link if gate.word else "",
        measured=[
            MeasuredShown(at=at, value=value, baseline=base, verdict=verdict, said=reader.said(said))
            for at, value, base, verdict, said in told
        ],
    )


class Draft(BaseModel):
    """The situation report as it would be given now; `to` are the ids of the superiors, `given` the reports there were."""

    to: list[str]
    words: str
    next_at: datetime | None
    given: list[str]


@repair_api.get("/incidents/{incident}/report")
async def report(house: InHouse, reader: Reads, _: Anybody, timeline: Here) -> Draft:
    """The draft of the situation report, in the reader's language."""
    now, catalog = house.clock.now(), house.catalog
    next_at = None if timeline.phase is Phase.CLOSED else now + catalog.service(timeline.service).superior.every
    words = reader.said(report_of(timeline, catalog, now, next_at))
    given = [f"{reader.local(fact.at)} {reader.said(fact.said)}" for fact in timeline.all(Reported)]
    return Draft(to=list(superiors(timeline, catalog, now)), words=words, next_at=next_at, given=given)
