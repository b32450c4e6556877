"""The repair, as people drive it: hotfixes begun and stopped, gates passed, failed and skipped."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import msgspec

from kuaihui.catalog.catalog import Catalog
from kuaihui.catalog.hotfixes import Stage
from kuaihui.errors import Refused
from kuaihui.incident.fact import Fact
from kuaihui.incident.proposals import decision
from kuaihui.incident.repair import (
    HOTFIX,
    ROLLBACK,
    GateFailed,
    GatePassed,
    GateSkipped,
    HotfixLinked,
    HotfixStarted,
    HotfixStopped,
    ProposalChosen,
    QuotedEvidence,
    QuotedStage,
)
from kuaihui.incident.timeline import Timeline
from kuaihui.incident.trains import SKIPPED, Gate, Train, running, trains
from kuaihui.intake import signals
from kuaihui.intake.deeds.proposing import proposal_of
from kuaihui.intake.deeds.refusing import reason, still_open
from kuaihui.intake.proving import must_be_back
from kuaihui.language import both, plain, say, text

_LETTER: Final = {HOTFIX: "H", ROLLBACK: "R"}


def start(deed: signals.StartHotfix, timeline: Timeline, catalog: Catalog, now: datetime) -> list[Fact]:
    """A hotfix with the gates that the catalog gives its kind; a rollback stops what it takes back."""
    still_open(timeline)
    if deed.kind not in _LETTER:
        raise Refused(text("it is a hotfix or a rollback, not a {kind}", kind=deed.kind[:40]))
    if deed.proposal:
        proposal_of(timeline, deed.proposal)
    known = trains(timeline)
    taken_back = _train(timeline, deed.back_of) if deed.back_of else None
    if not deed.proposal and deed.kind == HOTFIX:
        deed = msgspec.structs.replace(deed, proposal=_decided(timeline, known))
    title = deed.title.strip() or _title(timeline, deed, taken_back, catalog)
    if any(_same(train.started, deed, title) for train in known.values()):
        return []
    begun = HotfixStarted(
        at=now,
        stages=(),
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
    begun = with_gates(begun, timeline, catalog)
    if taken_back is None or not taken_back.running:
        return [begun]
    why = text("{rollback} takes it back", rollback=begun.hotfix)
    return [begun, HotfixStopped(at=now, by=deed.person, hotfix=taken_back.hotfix, reason=why)]


def _decided(timeline: Timeline, known: dict[str, Train]) -> str:
    """The proposal that a hotfix carries out without naming it: the only chosen one that none carries out yet."""
    chosen = {fact.proposal for fact in timeline.all(ProposalChosen) if isinstance(decision(timeline, fact.proposal), ProposalChosen)}
    left = chosen - {train.started.proposal for train in known.values()}
    return left.pop() if len(left) == 1 else ""


def with_gates(started: HotfixStarted, timeline: Timeline, catalog: Catalog) -> HotfixStarted:
    """The start of a hotfix with the gates of its kind as the catalog has them now."""
    line = catalog.service(timeline.service).hotfix
    stages = tuple(quoted(stage) for stage in (line.rollback if started.kind == ROLLBACK else line.stages))
    return msgspec.structs.replace(started, stages=stages)


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
            (bool(deed.branch.strip()) and started.branch == deed.branch.strip())
            or (bool(deed.link.strip()) and started.link == deed.link.strip())
        )
    return (started.by, started.kind, started.title, started.back_of) == (deed.person, deed.kind, title, deed.back_of)


def _title(timeline: Timeline, deed: signals.StartHotfix, taken_back: Train | None, catalog: Catalog) -> str:
    if taken_back:
        return taken_back.started.title
    if deed.proposal:
        # The house's own proposals are in both languages; a title is kept in the team's.
        return say(proposal_of(timeline, deed.proposal).what, catalog.language, catalog.names(catalog.language))[:200] or deed.proposal
    if deed.kind == ROLLBACK or deed.branch.strip():
        return deed.branch.strip() or timeline.opened.title
    raise Refused(text("a hotfix needs a title: what is changed"))


def stop(deed: signals.StopHotfix, timeline: Timeline, catalog: Catalog, now: datetime) -> list[Fact]:
    """It goes no further."""
    train = _train(timeline, deed.hotfix)
    return [HotfixStopped(at=now, by=deed.person, hotfix=train.hotfix, reason=reason(deed.reason))] if train.running else []


def link(deed: signals.LinkHotfix, timeline: Timeline, catalog: Catalog, now: datetime) -> list[Fact]:
    """News of a branch, a merge request or a commit is the hotfix's from now on."""
    train = _train(timeline, deed.hotfix)
    branch, where, commit = deed.branch.strip(), deed.link.strip(), deed.commit.strip()
    if not (branch or where or commit):
        raise Refused(text("name a branch, a link or a commit"))
    known = [train.started, *(fact for fact in timeline.all(HotfixLinked) if fact.hotfix == train.hotfix)]
    if any((fact.branch, fact.link, fact.commits) == (branch, where, (commit,) if commit else ()) for fact in known):
        return []
    commits = (commit,) if commit else ()
    return [HotfixLinked(at=now, by=deed.person, hotfix=train.hotfix, branch=branch, link=where, commits=commits)]


def pass_gate(deed: signals.PassGate, timeline: Timeline, catalog: Catalog, now: datetime) -> list[Fact]:
    """Passed, by a person's word; the last gate only when what broke works again."""
    train, gate = _gate(timeline, deed.hotfix, deed.gate)
    if gate.done and gate.state != SKIPPED:
        return []
    if gate is train.gates[-1]:
        must_be_back(timeline, train)
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
        found = next((train for name, train in known.items() if name.casefold() == wanted.casefold()), None)
        if found is None:
            raise Refused(text("there is no hotfix {hotfix}; there are: {known}", hotfix=wanted[:40], known=tuple(known) or "-"))
        return found
    going = running(timeline)
    if not going:
        raise Refused(text("no hotfix is under way: begin one first"))
    if len(going) > 1:
        raise Refused(text("several hotfixes are under way, say which: {known}", known=tuple(train.hotfix for train in going)))
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
    known = tuple(gate.stage.id for gate in train.gates)
    raise Refused(text("there is no gate {gate}; there are: {known}", gate=wanted[:40], known=known))


def _link(given: str) -> str:
    return given.strip() if given.strip().startswith(("http://", "https://")) else ""
