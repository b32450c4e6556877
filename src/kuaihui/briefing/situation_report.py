"""
The situation report: what a superior wants to know, made from the timeline, in both languages.

Rule 1: only what the timeline holds is told; what is not known yet is said to be unknown, and nothing is guessed.
Rule 2: every line stands by itself: what, since when, who is on it, what is known, what is being done, the next step, the next report.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Final

from kuaihui.briefing.clocks import broke_at
from kuaihui.catalog.catalog import Catalog
from kuaihui.catalog.targets import resolve
from kuaihui.catalog.wall_clock import zone
from kuaihui.incident.alerts import measured
from kuaihui.incident.holders import holders, in_meeting
from kuaihui.incident.open_tasks import open_tasks
from kuaihui.incident.pages import Acknowledged, Ordered, Read
from kuaihui.incident.phases import Phase
from kuaihui.incident.recovery import Closed, ObservationStarted
from kuaihui.incident.repair import GateMeasured, ProposalChosen, ProposalMade
from kuaihui.incident.thinking import HypothesisConfirmed, HypothesisRaised, HypothesisRejected, NoRunbookFits, RunbooksMatched
from kuaihui.incident.timeline import Timeline
from kuaihui.incident.trains import Train, trains
from kuaihui.language import Text, both, text
from kuaihui.language.durations import roughly
from kuaihui.language.joining import lined, strung
from kuaihui.orders import Page

FIRST, CADENCE, PHASE, CLOSING = "first", "cadence", "phase", "closing"
_MOST_VALUES: Final = 6  # of the trend, the newest


def superiors(timeline: Timeline, catalog: Catalog, now: datetime) -> tuple[str, ...]:
    """Whom the service's catalog entry names as superior, each once."""
    service = catalog.service(timeline.service)
    held = holders(timeline)
    return tuple(dict.fromkeys(who for target in service.superior.whom for who in resolve(catalog, target, service, now, held)))


def report_of(timeline: Timeline, catalog: Catalog, now: datetime, next_at: datetime | None) -> Text:
    """The report as it stands at `now`; `next_at` is when the next one is due (None: this is the last)."""
    return lined(list(_lines(timeline, catalog, now, next_at)))


def situation(timeline: Timeline, catalog: Catalog, now: datetime) -> Iterator[Text]:
    """What it is, since when, who is on it, what is known, what is being done and what comes next, a line each."""
    yield text(
        "{title} · P{severity} · {service} · {phase}",
        title=timeline.opened.title,
        severity=timeline.severity,
        service=f"@service:{timeline.service}",
        phase=timeline.phase.said,
    )
    yield _since(timeline, catalog, now)
    yield from _signal(timeline, catalog)
    yield text("on it: {people}", people=_on_it(timeline, catalog))
    yield text("known: {known}", known=_strung_or(_known(timeline), text("nothing certain yet")))
    yield text("being done: {deeds}", deeds=_strung_or(_doing(timeline), _otherwise(timeline)))
    yield text("next step: {step}", step=_next_step(timeline, catalog, now))


def _otherwise(timeline: Timeline) -> Text:
    """What is being done while nothing was chosen yet."""
    if timeline.phase is Phase.CLOSED:
        return text("nothing any more")
    return text("choosing a way out") if timeline.has(HypothesisConfirmed, timeline.occasion) else text("looking for the cause")


def _lines(timeline: Timeline, catalog: Catalog, now: datetime, next_at: datetime | None) -> Iterator[Text]:
    yield from situation(timeline, catalog, now)
    if next_at is not None:
        yield text("next report at {at}, or when something changes", at=_clock(next_at, catalog))
    else:
        yield text("this is the closing report")


def _clock(at: datetime, catalog: Catalog, shape: str = "%H:%M") -> str:
    return f"{at.astimezone(zone(catalog.time_zone)):{shape}}"


def _since(timeline: Timeline, catalog: Catalog, now: datetime) -> Text:
    broke = broke_at(timeline)
    ended = timeline.last(ObservationStarted, timeline.occasion) or timeline.last(Closed, timeline.occasion)
    span = roughly((ended.at if ended else now) - broke)
    began = _clock(broke, catalog, "%Y-%m-%d %H:%M")
    if ended is not None:
        return text("broken from {began} to {ended} ({span})", began=began, ended=_clock(ended.at, catalog), span=span)
    return text("broken since {began} ({span})", began=began, span=span)


def _signal(timeline: Timeline, catalog: Catalog) -> Iterator[Text]:
    signal = catalog.service(timeline.service).signal
    unit = signal.unit if signal else ""
    told = _trend(timeline, unit)
    gauged = timeline.last(GateMeasured, timeline.occasion)
    if gauged is not None and gauged.value is not None:
        told.append(measured(gauged.value, gauged.unit))
    if told and signal:
        usual = measured(signal.usual_high, unit)
        yield text(
            "{signal}: {trend} (usually at most {usual})",
            signal=both(signal.name.zh, signal.name.en),
            trend=" → ".join(told[-_MOST_VALUES:]),
            usual=usual,
        )
    elif told:
        yield text("signal: {trend}", trend=" → ".join(told[-_MOST_VALUES:]))


def _trend(timeline: Timeline, unit: str) -> list[str]:
    """The newest values in words, the oldest first, none twice in a row."""
    told: list[str] = []
    before: float | None = None
    for _, value in reversed(timeline.series):
        if value == before:
            continue
        before, words = value, measured(value, unit)
        if not told or told[-1] != words:
            told.append(words)
        if len(told) == _MOST_VALUES:
            break
    return told[::-1]


def _on_it(timeline: Timeline, catalog: Catalog) -> Text:
    """Role holders, then whoever took it on or is in the meeting; and who was paged and has not stirred."""
    held = {role: who for role, who in holders(timeline).items() if role in catalog.roles}
    named = [text("{role} {person}", role=f"@role:{role}", person=f"@{who}") for role, who in held.items()]
    there = dict.fromkeys([fact.by for fact in timeline.all(Acknowledged, timeline.occasion)] + sorted(in_meeting(timeline)))
    named += [text("{person}", person=f"@{who}") for who in there if who not in held.values()]
    away = _unreached(timeline, set(there) | set(held.values()))
    people = _strung_or(named, text("nobody yet"))
    return text("{people}; not reached: {away}", people=people, away=tuple(f"@{who}" for who in away)) if away else people


def _strung_or(parts: Iterable[Text], otherwise: Text) -> Text:
    return strung(told) if (told := list(parts)) else otherwise


def _unreached(timeline: Timeline, there: set[str]) -> list[str]:
    paged = dict.fromkeys(fact.order.person for fact in timeline.all(Ordered, timeline.occasion) if isinstance(fact.order, Page))
    read = {fact.person for fact in timeline.all(Read, timeline.occasion)}
    return [who for who in paged if who not in there and who not in read]


def _known(timeline: Timeline) -> Iterator[Text]:
    since = timeline.occasion
    confirmed = timeline.all(HypothesisConfirmed, since)
    rejected = {fact.hypothesis for fact in timeline.all(HypothesisRejected, since)}
    for fact in {one.hypothesis: one for one in confirmed if one.hypothesis not in rejected}.values():
        yield text("the cause is {claim}", claim=fact.claim)
    if not confirmed:
        raised = [fact for fact in timeline.all(HypothesisRaised, since) if fact.hypothesis not in rejected]
        for fact in raised[:2]:
            yield text("suspected: {claim}", claim=fact.claim)
    if fits := timeline.last(RunbooksMatched, since):
        yield text("runbook: {name}", name=fits.fitting[0].name)
    elif timeline.has(NoRunbookFits, since):
        yield text("no runbook fits")


def _doing(timeline: Timeline) -> Iterator[Text]:
    for chosen in timeline.all(ProposalChosen, timeline.occasion):
        yield text("{what} (decided by {person})", what=chosen.what, person=f"@{chosen.by}")
    for train in trains(timeline).values():
        yield where_it_is(train)


def where_it_is(train: Train) -> Text:
    """A hotfix and the gate it waits at, in a few words."""
    if train.finished:
        return text("{hotfix} is verified", hotfix=train.hotfix)
    if train.stopped:
        return text("{hotfix} was stopped", hotfix=train.hotfix)
    gate, done = train.current, sum(gate.done for gate in train.gates)
    where = gate.stage.name if gate else train.gates[-1].stage.name
    return text(
        "{hotfix} “{title}” at {gate} ({done} of {all})",
        hotfix=train.hotfix,
        title=train.started.title,
        gate=where,
        done=done,
        all=len(train.gates),
    )


def _next_step(timeline: Timeline, catalog: Catalog, now: datetime) -> Text:
    for train in trains(timeline).values():
        if train.running and (gate := train.current):
            owner = owner_of(gate.stage.owner, timeline, catalog, now)
            return text("{gate} of {hotfix}, by {person}", gate=gate.stage.name, hotfix=train.hotfix, person=f"@{owner}" if owner else "-")
    match timeline.phase:
        case Phase.CLOSED:
            return _left_over(timeline)
        case Phase.OBSERVING:
            watched = timeline.last(ObservationStarted)
            return text("watch until {at}", at=_clock(watched.until, catalog)) if watched else text("watch")
        case Phase.MITIGATED:
            return text("repair for good, then watch")
        case _:
            return _next_in_trouble(timeline)


def _next_in_trouble(timeline: Timeline) -> Text:
    if timeline.has(ProposalChosen, timeline.occasion):
        return text("carry out what was decided")
    if timeline.has(ProposalMade, timeline.occasion):
        return text("decide on a proposal")
    if timeline.has(HypothesisConfirmed, timeline.occasion):
        return text("propose a way to repair it")
    return text("find the cause")


def _left_over(timeline: Timeline) -> Text:
    if not (still := open_tasks(timeline)):
        return text("the review")
    return strung([text("{title} ({person})", title=task.title, person=f"@{task.owner}") for task in still])


def owner_of(target: str, timeline: Timeline, catalog: Catalog, now: datetime) -> str:
    """Who a gate's owner is now: the first whom the target means; empty where it means nobody."""
    service = catalog.service(timeline.service)
    return next(iter(resolve(catalog, target, service, now, holders(timeline))), "")
