"""
Chapters that the incident's document and its review share: impact, evidence, the way out, the proof of recovery, the tasks.

Rule 1: what the timeline does not hold is left out, never guessed; a chapter without anything says so in one line.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from kuaihui.briefing.clocks import broke_at, stamps
from kuaihui.briefing.fields import Facts, ended_at
from kuaihui.briefing.findings import Findings, findings
from kuaihui.incident.alerts import AlertFired, Reopened, measured
from kuaihui.incident.evidence import LogsSearched, RedisInspected
from kuaihui.incident.fact import HOUSE
from kuaihui.incident.open_tasks import Task
from kuaihui.incident.open_tasks import tasks as every_task
from kuaihui.incident.recovery import Closed, Mitigated, ObservationStarted, RecoveryDoubted, RecoveryMeasured, Resolved
from kuaihui.incident.repair import ProposalChosen, ProposalDropped, ProposalMade
from kuaihui.incident.thinking import GuideConcluded
from kuaihui.incident.trains import PASSED, SKIPPED, Gate, Train, trains
from kuaihui.language import Text, text
from kuaihui.language.durations import in_words


def bullets(facts: Facts, lines: Iterable[Text], otherwise: Text) -> str:
    """Lines as a Markdown list; what begins with a dash belongs to the line above it."""
    told = [facts.told(line) for line in lines] or [facts.told(otherwise)]
    return "\n".join(f"  - {line.removeprefix('— ')}" if line.startswith("— ") else f"- {line}" for line in told)


# -- impact ------------------------------------------------------------------------------------------------------------------------------


def impact(facts: Facts) -> str:
    """How bad it was, and for how long, as far as the signal tells."""
    return bullets(facts, _impact(facts), text("nothing is known yet"))


def _impact(facts: Facts) -> Iterator[Text]:
    timeline, signal = facts.timeline, facts.service.signal
    began = broke_at(timeline)
    recovered = next(one for one in stamps(timeline, facts.service.budgets) if one.name == "recover")
    if recovered.stopped:
        yield text(
            "from {began} to {ended}, {span}",
            began=facts.at(began, "%Y-%m-%d %H:%M"),
            ended=ended_at(facts, began, recovered.stopped),
            span=in_words(recovered.stopped - began),
        )
    else:
        yield text("since {began}, still going on", began=facts.at(began, "%Y-%m-%d %H:%M"))
    values = [value for _, value in timeline.series]
    if values and signal:
        yield text(
            "{signal}: at most {peak}, usually at most {usual}",
            signal=signal.name.told(facts.catalog.language),
            peak=measured(max(values), signal.unit),
            usual=measured(signal.usual_high, signal.unit),
        )
    if relapses := len(timeline.all(Reopened)):
        yield text("it came back {count} time(s)", count=relapses)


# -- evidence ------------------------------------------------------------------------------------------------------------------------------


def evidence(facts: Facts) -> str:
    """What was believed and what spoke for it, what was excluded, and what was looked at."""
    return bullets(facts, _evidence(facts), text("nobody has looked yet"))


def _evidence(facts: Facts) -> Iterator[Text]:
    found = findings(facts.timeline)
    yield from _beliefs(found)
    for suspect in found.suspects:
        if fact := suspect.excluded or suspect.suspected:
            yield fact.said
    yield from (guide.ended.said for guide in found.guides if isinstance(guide.ended, GuideConcluded))
    for _, look in found.looks:
        if isinstance(look, LogsSearched | RedisInspected):
            yield text("{said} — {link}", said=look.said, link=look.link) if look.link else look.said
    if found.runbooks:
        yield found.runbooks.said


def _beliefs(found: Findings) -> Iterator[Text]:
    for belief in found.beliefs:
        yield belief.verdict.said if belief.verdict else text("suspected: {claim}", claim=belief.raised.claim)
        for piece in belief.speaks_for[:3]:
            yield text("— for it: {seen}", seen=piece.says)
        for piece in belief.speaks_against[:2]:
            yield text("— against it: {seen}", seen=piece.says)


# -- the way out -------------------------------------------------------------------------------------------------------------------------


def plan(facts: Facts) -> str:
    """What was proposed, what was chosen by whom and why, and how it went through its gates."""
    return bullets(facts, _plan(facts), text("nothing was proposed yet"))


def _plan(facts: Facts) -> Iterator[Text]:
    timeline = facts.timeline
    decided = {fact.proposal: fact for fact in timeline.facts if isinstance(fact, ProposalChosen | ProposalDropped)}
    for made in timeline.all(ProposalMade):
        verdict = decided.get(made.proposal)
        yield made.said
        sides = (
            made.effect and text("— expected effect: {effect}", effect=made.effect),
            made.risk and text("— risk: {risk}", risk=made.risk),
            made.way_back and text("— way back: {way}", way=made.way_back),
        )
        yield from (side for side in sides if side)
        yield verdict.said if verdict else text("— not decided: stays on record")
    for train in trains(timeline).values():
        yield train.started.said
        yield from _gates(facts, train)


def _gates(facts: Facts, train: Train) -> Iterator[Text]:
    for gate in train.gates:
        if gate.word:
            yield _gate(facts, gate)
    if train.stopped:
        yield train.stopped.said


def _gate(facts: Facts, gate: Gate) -> Text:
    word = gate.word
    assert word is not None
    at = facts.at(word.so_since, "%H:%M")
    value = gate.measured[-1][1] if gate.measured else None
    if word.by != HOUSE and gate.state in (PASSED, SKIPPED) and value is not None and value.value is not None:
        shown = measured(value.value, value.unit)
        return text("— {at} {said}; measured {value}", at=at, said=word.said, value=shown)
    return text("— {at} {said}", at=at, said=word.said)


# -- the proof ---------------------------------------------------------------------------------------------------------------------------


def proof(facts: Facts) -> str:
    """How the recovery was claimed, measured, doubted, observed."""
    timeline = facts.timeline
    kinds = (Mitigated, Resolved, RecoveryMeasured, ObservationStarted, RecoveryDoubted, Reopened, Closed)
    lines = [text("{at} {said}", at=facts.at(fact.at, "%H:%M:%S"), said=fact.said) for fact in timeline.facts if isinstance(fact, kinds)]
    if lines:
        lines = [*_before(facts), *lines]
    return bullets(facts, lines, text("not recovered yet"))


def _before(facts: Facts) -> Iterator[Text]:
    values, signal = facts.timeline.series, facts.service.signal
    if values and signal and facts.timeline.has(AlertFired):
        yield text(
            "before: {signal} was at {peak}",
            signal=signal.name.told(facts.catalog.language),
            peak=measured(max(value for _, value in values), signal.unit),
        )


# -- tasks -------------------------------------------------------------------------------------------------------------------------------


def tasks(facts: Facts) -> str:
    """What is to be done, by whom, by when, and what is done already."""
    return bullets(facts, (_task(facts, task) for task in every_task(facts.timeline).values()), text("no tasks yet"))


def _task(facts: Facts, task: Task) -> Text:
    owner = f"@{task.owner}"
    if task.done:
        return text("{title} — {owner}, done on {day}", title=task.title, owner=owner, day=facts.at(task.done, "%Y-%m-%d"))
    if task.due is None:
        return text("{title} — {owner}, no day set", title=task.title, owner=owner)
    return text("{title} — {owner}, by {day}", title=task.title, owner=owner, day=facts.at(task.due, "%Y-%m-%d"))
