"""The repair, as people drive it: proposals made and decided on, hotfixes begun, gates passed, failed and skipped."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from kuaihui.catalog.catalog import Catalog
from kuaihui.catalog.hotfixes import Stage
from kuaihui.errors import Refused
from kuaihui.incident.fact import Fact
from kuaihui.incident.repair import (
    HOTFIX,
    ROLLBACK,
    GateFailed,
    GatePassed,
    GateSkipped,
    HotfixStarted,
    HotfixStopped,
    ProposalChosen,
    ProposalDropped,
    ProposalMade,
    QuotedEvidence,
    QuotedStage,
)
from kuaihui.incident.timeline import Timeline
from kuaihui.incident.trains import SKIPPED, Gate, Train, running, trains
from kuaihui.intake import signals
from kuaihui.intake.deeds.refusing import reason, still_open
from kuaihui.intake.proving import must_be_back
from kuaihui.language import Text, both, plain, text

_LETTER: Final = {HOTFIX: "H", ROLLBACK: "R"}


# -- proposals ---------------------------------------------------------------------------------------------------------------------------


def propose(deed: signals.Propose, timeline: Timeline, catalog: Catalog, now: datetime) -> list[Fact]:
    """Something that could be done; the same words by the same person twice are one proposal."""
    still_open(timeline)
    if not deed.what.strip():
        raise Refused(text("a proposal needs words: what is to be done"))
    made = timeline.all(ProposalMade)
    if any(one.proposal == deed.proposal or (one.by, one.what) == (deed.person, plain(deed.what)) for one in made):
        return []
    return [
        ProposalMade(
            at=now,
            by=deed.person,
            proposal=deed.proposal or next_number(timeline),
            what=plain(deed.what),
            effect=_told(deed.effect),
            risk=_told(deed.risk),
            way_back=_told(deed.way_back),
        )
    ]


def next_number(timeline: Timeline) -> str:
    """The id of the next proposal: people say it, so it is a number."""
    taken = {one.proposal for one in timeline.all(ProposalMade)}
    return next(str(number) for number in range(1, len(taken) + 2) if str(number) not in taken)


def choose(deed: signals.ChooseProposal, timeline: Timeline, catalog: Catalog, now: datetime) -> list[Fact]:
    """Decided for, unless that is the last word already."""
    still_open(timeline)
    made = _proposal(timeline, deed.proposal)
    if isinstance(decision(timeline, made.proposal), ProposalChosen):
        return []
    return [ProposalChosen(at=now, by=deed.person, proposal=made.proposal, what=made.what, reason=reason(deed.reason))]


def drop(deed: signals.DropProposal, timeline: Timeline, catalog: Catalog, now: datetime) -> list[Fact]:
    """Decided against, unless that is the last word already."""
    made = _proposal(timeline, deed.proposal)
    if isinstance(decision(timeline, made.proposal), ProposalDropped):
        return []
    return [ProposalDropped(at=now, by=deed.person, proposal=made.proposal, what=made.what, reason=reason(deed.reason))]


def decision(timeline: Timeline, proposal: str) -> ProposalChosen | ProposalDropped | None:
    """The last word on a proposal."""
    said = [*timeline.numbered(ProposalChosen), *timeline.numbered(ProposalDropped)]
    return max(((number, fact) for number, fact in said if fact.proposal == proposal), key=lambda one: one[0], default=(0, None))[1]


def _proposal(timeline: Timeline, wanted: str) -> ProposalMade:
    made = timeline.all(ProposalMade)
    for one in made:
        if one.proposal == wanted.strip().lstrip("#"):
            return one
    known = ", ".join(one.proposal for one in made) or "-"
    raise Refused(text("there is no proposal {proposal}; there are: {known}", proposal=wanted[:40] or "-", known=known))


def _told(words: str) -> Text | None:
    return plain(words.strip()) if words.strip() else None


# -- hotfixes ----------------------------------------------------------------------------------------------------------------------------


def start(deed: signals.StartHotfix, timeline: Timeline, catalog: Catalog, now: datetime) -> list[Fact]:
    """A hotfix with the gates that the catalog gives its kind; a rollback stops what it takes back."""
    still_open(timeline)
    if deed.kind not in _LETTER:
        raise Refused(text("it is a hotfix or a rollback, not a {kind}", kind=deed.kind[:40]))
    if deed.proposal:
        _proposal(timeline, deed.proposal)
    known = trains(timeline)
    taken_back = _train(timeline, deed.back_of) if deed.back_of else None
    title = deed.title.strip() or _title(timeline, deed, taken_back)
    if any(_same(train.started, deed, title) for train in known.values()):
        return []
    begun = begin(
        timeline,
        catalog,
        now,
        by=deed.person,
        hotfix=deed.hotfix or next_id(known, deed.kind),
        title=title,
        kind=deed.kind,
        proposal=deed.proposal,
        branch=deed.branch.strip(),
        link=deed.link.strip(),
        commits=(deed.commit.strip(),) if deed.commit.strip() else (),
        back_of=taken_back.hotfix if taken_back else "",
    )
    if taken_back is None or not taken_back.running:
        return [begun]
    why = text("{rollback} takes it back", rollback=begun.hotfix)
    return [begun, HotfixStopped(at=now, by=deed.person, hotfix=taken_back.hotfix, reason=why)]


def begin(
    timeline: Timeline,
    catalog: Catalog,
    now: datetime,
    *,
    by: str,
    hotfix: str,
    title: str,
    kind: str = HOTFIX,
    proposal: str = "",
    branch: str = "",
    link: str = "",
    commits: tuple[str, ...] = (),
    back_of: str = "",
) -> HotfixStarted:
    """The start of a hotfix, its gates quoted from the catalog."""
    line = catalog.services[timeline.service].hotfix
    stages = tuple(quoted(stage) for stage in (line.rollback if kind == ROLLBACK else line.stages))
    return HotfixStarted(
        at=now,
        by=by,
        hotfix=hotfix,
        title=title,
        kind=kind,
        proposal=proposal,
        stages=stages,
        branch=branch,
        link=link,
        commits=commits,
        back_of=back_of,
    )


def quoted(stage: Stage) -> QuotedStage:
    """A gate as the catalog has it now."""
    called = dict.fromkeys(word.casefold() for word in (stage.name.zh, stage.name.en, stage.id, *stage.called))
    passes = tuple(QuotedEvidence(one.on, one.outcome, one.environment, one.name, one.of) for one in stage.passes)
    return QuotedStage(
        id=stage.id,
        name=both(stage.name.zh, stage.name.en),
        owner=stage.owner,
        within=stage.within,
        passes=passes,
        measured=stage.measured,
        called=tuple(called),
    )


def next_id(known: dict[str, Train], kind: str) -> str:
    """The id of the next hotfix or rollback: "H1", "R1"."""
    letter = _LETTER[kind]
    return next(f"{letter}{number}" for number in range(1, len(known) + 2) if f"{letter}{number}" not in known)


def _same(started: HotfixStarted, deed: signals.StartHotfix, title: str) -> bool:
    if deed.hotfix:
        return started.hotfix == deed.hotfix
    if deed.branch.strip() or deed.link.strip():
        return started.kind == deed.kind and (
            bool(deed.branch.strip())
            and started.branch == deed.branch.strip()
            or bool(deed.link.strip())
            and started.link == deed.link.strip()
        )
    return (started.by, started.kind, started.title, started.back_of) == (deed.person, deed.kind, title, deed.back_of)


def _title(timeline: Timeline, deed: signals.StartHotfix, taken_back: Train | None) -> str:
    if taken_back:
        return taken_back.started.title
    if deed.proposal:
        return str(_proposal(timeline, deed.proposal).what.values.get("words", ""))[:200] or deed.proposal
    if deed.kind == ROLLBACK or deed.branch.strip():
        return deed.branch.strip() or timeline.opened.title
    raise Refused(text("a hotfix needs a title: what is changed"))


def stop(deed: signals.StopHotfix, timeline: Timeline, catalog: Catalog, now: datetime) -> list[Fact]:
    """It goes no further."""
    train = _train(timeline, deed.hotfix)
    return [HotfixStopped(at=now, by=deed.person, hotfix=train.hotfix, reason=reason(deed.reason))] if train.running else []


# -- gates -------------------------------------------------------------------------------------------------------------------------------


def pass_gate(deed: signals.PassGate, timeline: Timeline, catalog: Catalog, now: datetime) -> list[Fact]:
    """Passed, by a person's word; the last gate only when what broke works again."""
    train, gate = _gate(timeline, deed.hotfix, deed.gate)
    if gate.done and gate.state != SKIPPED:
        return []
    if gate is train.gates[-1]:
        must_be_back(timeline, train, catalog)
    why = plain(deed.reason) if deed.reason.strip() else text("{person} says so", person=f"@{deed.person}")
    return [
        GatePassed(at=now, by=deed.person, hotfix=train.hotfix, gate=gate.stage.id, name=gate.stage.name, reason=why, link=_link(deed.link))
    ]


def fail_gate(deed: signals.FailGate, timeline: Timeline, catalog: Catalog, now: datetime) -> list[Fact]:
    """Failed, by a person's word."""
    train, gate = _gate(timeline, deed.hotfix, deed.gate)
    why = reason(deed.reason)
    if isinstance(gate.word, GateFailed) and gate.word.reason == why:
        return []
    return [
        GateFailed(at=now, by=deed.person, hotfix=train.hotfix, gate=gate.stage.id, name=gate.stage.name, reason=why, link=_link(deed.link))
    ]


def skip_gate(deed: signals.SkipGate, timeline: Timeline, catalog: Catalog, now: datetime) -> list[Fact]:
    """Skipped by a named person; without a reason it is refused."""
    train, gate = _gate(timeline, deed.hotfix, deed.gate)
    if not deed.reason.strip():
        raise Refused(text("a gate is skipped only with a reason: skip {gate}: why", gate=gate.stage.name))
    if gate.done:
        return []
    return [
        GateSkipped(
            at=now, by=deed.person, hotfix=train.hotfix, gate=gate.stage.id, name=gate.stage.name, reason=plain(deed.reason.strip())
        )
    ]


def _train(timeline: Timeline, wanted: str) -> Train:
    """The hotfix that is meant: by its id, or the only one that is under way."""
    known = trains(timeline)
    if wanted:
        found = next((train for id, train in known.items() if id.casefold() == wanted.casefold()), None)
        if found is None:
            raise Refused(text("there is no hotfix {hotfix}; there are: {known}", hotfix=wanted[:40], known=", ".join(known) or "-"))
        return found
    going = running(timeline)
    if not going:
        raise Refused(text("no hotfix is under way: begin one first"))
    if len(going) > 1:
        raise Refused(text("several hotfixes are under way, say which: {known}", known=", ".join(train.hotfix for train in going)))
    return going[0]


def _gate(timeline: Timeline, hotfix: str, wanted: str) -> tuple[Train, Gate]:
    """The gate that is meant, by its id or a name of it; without one, where the hotfix waits."""
    train = _train(timeline, hotfix)
    if not train.running:
        raise Refused(text("{hotfix} is over", hotfix=train.hotfix))
    if not wanted.strip():
        gate = train.current or train.gates[-1]
        return train, gate
    word = wanted.strip().casefold()
    for gate in train.gates:
        if word == gate.stage.id or word in gate.stage.called:
            return train, gate
    known = ", ".join(gate.stage.id for gate in train.gates)
    raise Refused(text("there is no gate {gate}; there are: {known}", gate=wanted[:40], known=known))


def _link(given: str) -> str:
    return given.strip() if given.strip().startswith(("http://", "https://")) else ""
