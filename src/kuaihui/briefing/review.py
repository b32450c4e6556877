"""
What a review tells, made from the timeline: what happened in a few lines, how it was detected and answered, what went well and badly.

Rule 1: it blames nobody: what went badly is said of clocks, channels, runbooks and gates, and each is a question for the team.
Rule 2: what went well or badly is a beginning that people write on; everything else keeps step with the timeline.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from kuaihui.briefing.chapters import bullets, evidence, impact, plan, proof, tasks
from kuaihui.briefing.clocks import Stamp, broke_at, located_at, stamps
from kuaihui.briefing.fields import FIELDS, Facts, ended_at
from kuaihui.briefing.response import detection, response
from kuaihui.briefing.runbook_draft import confirmed
from kuaihui.incident.alerts import AlertFired, Opened, Reopened, SeverityChanged, Worsened, measured
from kuaihui.incident.evidence import RedisInspected
from kuaihui.incident.fact import HOUSE, Fact
from kuaihui.incident.learning import LateOneCaughtUp, ReachabilityFound, SimilarFound
from kuaihui.incident.pages import Acknowledged, Escalated, FellSilent
from kuaihui.incident.recovery import Closed, Mitigated, ObservationStarted, RecoveryDoubted, RecoveryMeasured, Resolved
from kuaihui.incident.repair import (
    GateFailed,
    GatePassed,
    GateSkipped,
    HotfixFinished,
    HotfixStarted,
    HotfixStopped,
    ProposalChosen,
    ProposalMade,
    Reported,
)
from kuaihui.incident.roles import RoleGiven, RoleTaken
from kuaihui.incident.room import DocumentEdited, MessagePosted, PulledIn
from kuaihui.incident.thinking import ChangeExcluded, HypothesisConfirmed, HypothesisRejected, NoRunbookFits
from kuaihui.incident.timeline import Timeline
from kuaihui.language import Text, text
from kuaihui.language.durations import in_words

MILESTONES: Final[tuple[type[Fact], ...]] = (
    Opened,
    AlertFired,
    Worsened,
    SeverityChanged,
    Reopened,
    Acknowledged,
    Escalated,
    FellSilent,
    RoleTaken,
    RoleGiven,
    PulledIn,
    NoRunbookFits,
    ChangeExcluded,
    HypothesisConfirmed,
    HypothesisRejected,
    ProposalMade,
    ProposalChosen,
    HotfixStarted,
    HotfixStopped,
    HotfixFinished,
    GatePassed,
    GateFailed,
    GateSkipped,
    Mitigated,
    Resolved,
    RecoveryMeasured,
    ObservationStarted,
    RecoveryDoubted,
    Closed,
    Reported,
    LateOneCaughtUp,
)


def summary(facts: Facts) -> str:
    """The whole incident in a few lines."""
    return bullets(facts, _summary(facts), text("nothing is known yet"))


def _summary(facts: Facts) -> Iterator[Text]:
    timeline, signal = facts.timeline, facts.service.signal
    values = [value for _, value in timeline.series]
    service = f"@service:{timeline.service}"
    if values and signal:
        yield text(
            "what happened: {service}: {signal} rose to {peak} (usually at most {usual}), P{severity}",
            service=service,
            signal=signal.name.told(facts.catalog.language),
            peak=measured(max(values), signal.unit),
            usual=measured(signal.usual_high, signal.unit),
            severity=timeline.severity,
        )
    else:
        yield text(
            "what happened: {service}: {title}, P{severity}", service=service, title=timeline.opened.title, severity=timeline.severity
        )
    yield _how_long(facts)
    cause = confirmed(timeline)
    yield text("why: {claim}", claim=cause.claim) if cause else text("why: not confirmed yet, see the tasks")
    if chosen := timeline.last(ProposalChosen):
        yield text("what helped: {what} (decided by {by})", what=chosen.what, by=f"@{chosen.by}")
    if closed := timeline.last(Closed):
        yield text("how it ended: {reason}", reason=closed.reason)


def _how_long(facts: Facts) -> Text:
    began = broke_at(facts.timeline)
    clock = next(one for one in stamps(facts.timeline, facts.service.budgets) if one.name == "recover")
    if clock.stopped is None:
        return text("when: since {began}", began=facts.at(began, "%Y-%m-%d %H:%M"))
    return text(
        "when: {began} to {ended}, {span}",
        began=facts.at(began, "%Y-%m-%d %H:%M"),
        ended=ended_at(facts, began, clock.stopped),
        span=in_words(clock.stopped - began),
    )


def milestones(facts: Facts) -> str:
    """What changed the case, line by line; the whole timeline is in the incident's document."""
    turns = sorted(_turns(facts.timeline), key=lambda fact: fact.at)
    return "\n".join(f"- **{facts.at(fact.at, '%H:%M:%S')}** {facts.told(fact.said)}" for fact in turns)


def _turns(timeline: Timeline) -> Iterator[Fact]:
    """Milestones; of the alerts only the first of each occasion, of role changes at one instant each once."""
    fired = False
    for fact in timeline.facts:
        if isinstance(fact, Reopened):
            fired = False
        if isinstance(fact, AlertFired):
            if not fired:
                yield fact
            fired = True
        elif isinstance(fact, MILESTONES):
            yield fact


def hurt(facts: Facts) -> str:
    """The impact as the signal tells it, and as people wrote it in the incident's document."""
    written = [fact.words.strip() for fact in facts.timeline.all(DocumentEdited) if (fact.section, fact.document) == ("impact", "")]
    return "\n\n".join([impact(facts), *written[-1:]])  # an empty line: what they wrote is no part of the list


# -- well and badly ------------------------------------------------------------------------------------------------------------------------


def went_well(facts: Facts) -> str:
    """What the timeline says went well: a beginning for people to write on."""
    return bullets(facts, _well(facts), text("to be filled in"))


def _well(facts: Facts) -> Iterator[Text]:
    timeline = facts.timeline
    for clock in stamps(timeline, facts.service.budgets):
        if clock.stopped and clock.spent(clock.stopped) <= clock.budget and clock.name != "detect":
            yield text("{clock} in {took}, budget {budget}", clock=clock.said, **_times(clock))
    located = located_at(timeline)
    by_check = next((fact for fact in timeline.all(HypothesisConfirmed) if fact.by == HOUSE), None)
    if located and by_check:
        yield text("the cause was confirmed by a check, {took} after it broke", took=in_words(located - broke_at(timeline)))
    for given in timeline.all(RoleGiven):
        if given.former:
            yield text("{role} passed to {person} while {former} was out of reach", **_given(given))
    if timeline.has(HotfixFinished) and not timeline.has(GateSkipped):
        yield text("the hotfix went through every gate, none was skipped")
    if any(fact.verdict == "well" and not fact.supporting for fact in timeline.all(RecoveryMeasured)):
        yield text("the recovery was proved on the signal that broke")


def _given(given: RoleGiven) -> dict[str, str]:
    return {"role": f"@role:{given.role}", "person": f"@{given.person}", "former": f"@{given.former}"}


def _times(clock: Stamp) -> dict[str, Text]:
    return {"took": in_words(clock.spent(clock.stopped or clock.began)), "budget": in_words(clock.budget)}


def went_badly(facts: Facts) -> str:
    """What the timeline says went badly, each a question for the team: a beginning for people to write on."""
    return bullets(facts, _badly(facts), text("nothing that the timeline shows; to be filled in"))


def _badly(facts: Facts) -> Iterator[Text]:
    timeline = facts.timeline
    for clock in stamps(timeline, facts.service.budgets):
        if clock.stopped and clock.spent(clock.stopped) > clock.budget:
            yield text("{clock} took {took}, budget {budget}", clock=clock.said, **_times(clock))
    for found in timeline.all(ReachabilityFound):
        yield found.reason
    if timeline.has(NoRunbookFits):
        yield text("no runbook fitted this alert")
    for kind in (GateFailed, GateSkipped, HotfixStopped, RecoveryDoubted, Reopened):
        for fact in timeline.all(kind):
            yield fact.said
    for found in timeline.all(SimilarFound)[-1:]:
        for one in found.similar:
            if one.open_task and one.open_task_title:
                yield text("{incident} was like it, and its task “{task}” was not done", incident=one.incident, task=one.open_task_title)


# -- cause, actions, similar ---------------------------------------------------------------------------------------------------------------


def root_cause(facts: Facts) -> str:
    """The confirmed cause with what spoke for it; what stands behind it is for people to find."""
    cause = confirmed(facts.timeline)
    if cause is None:
        return bullets(facts, [], text("no cause was confirmed; see the tasks"))
    lines = [cause.said]
    redis = facts.timeline.last(RedisInspected)
    if redis and redis.findings:
        lines += [text("— seen: {seen}", seen=one.says) for one in redis.findings[:2]]
    lines.append(text("behind it (why did it come to this, why was it not noticed before): to be filled in"))
    return bullets(facts, lines, text("to be filled in"))


def actions(facts: Facts) -> str:
    """The tasks, and what the rota should change."""
    suggested = [text("for the rota: {suggestion}", suggestion=fact.suggestion) for fact in facts.timeline.all(ReachabilityFound)]
    told = tasks(facts)
    return f"{told}\n{bullets(facts, suggested, text('-'))}" if suggested else told


def similar(facts: Facts) -> str:
    """Earlier incidents like it, with what helped then."""
    last = facts.timeline.last(SimilarFound)
    lines = [SimilarFound(at=last.at, similar=(one,)).said for one in last.similar] if last else []
    return bullets(facts, lines, text("none was found"))


def notes(facts: Facts) -> str:
    """What people who came late wrote, in their own words; nobody is blamed."""
    late = {fact.by: fact for fact in facts.timeline.all(LateOneCaughtUp)}
    lines: list[Text] = []
    for who, back in late.items():
        lines.append(text("{at} {said}", at=facts.at(back.at, "%Y-%m-%d %H:%M"), said=back.said))
        wrote = (fact for fact in facts.timeline.all(MessagePosted) if fact.by == who and fact.at >= back.at)
        lines += [text("— wrote: {words}", words=fact.words) for fact in wrote]
    return bullets(facts, lines, text("none"))


REVIEW_FIELDS: Final[Mapping[str, Callable[[Facts], str]]] = {
    **FIELDS,
    "summary": summary,
    "impact": hurt,
    "milestones": milestones,
    "detection": detection,
    "response": response,
    "went-well": went_well,
    "went-badly": went_badly,
    "root-cause": root_cause,
    "evidence": evidence,
    "plan": plan,
    "proof": proof,
    "tasks": tasks,
    "actions": actions,
    "similar": similar,
    "notes": notes,
}
