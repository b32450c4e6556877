"""The fields a template can name in double braces, each told from a timeline in the team's language, as Markdown."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from functools import cached_property
from typing import Final

from kuaihui.briefing.clocks import broke_at, stamps
from kuaihui.catalog.catalog import Catalog
from kuaihui.catalog.wall_clock import zone
from kuaihui.incident.alerts import AlertMeasured, measured
from kuaihui.incident.evidence import Looked
from kuaihui.incident.fact import HOUSE, Fact
from kuaihui.incident.holders import Part, parts
from kuaihui.incident.pages import Answered, Delivered, Ordered, Read, Sent
from kuaihui.incident.room import (
    AskedInDocument,
    DocumentCreated,
    DocumentEdited,
    DocumentKept,
    DocumentPinned,
    MeetingOpened,
    MessagePosted,
    Reacted,
    TopicOpened,
    Visited,
)
from kuaihui.incident.thinking import EvidenceWeighed
from kuaihui.incident.timeline import Timeline
from kuaihui.language import Text, named, text
from kuaihui.language.durations import in_words
from kuaihui.language.joining import on_one_line

# What a reader of the document is not told: how the house went about it, and the document itself.
UNTOLD: Final = (
    Ordered,
    Answered,
    Sent,
    Delivered,
    Read,
    Visited,
    Reacted,
    TopicOpened,
    DocumentCreated,
    DocumentKept,
    DocumentPinned,
    DocumentEdited,
    AskedInDocument,
    EvidenceWeighed,
)
# Whose looks are told by what they came to: at a gate, or as the proof of recovery.
MEASURERS: Final = ("hotfix", "recovery")
# A bracket is harmless unless a link or a definition follows it.
_SPECIAL: Final = re.compile(r"([\\`*_<>#|~]|\](?=[(\[:]))")


class Facts:
    """A timeline as the document tells it: in the team's language and time zone."""

    def __init__(self, timeline: Timeline, catalog: Catalog) -> None:
        self.timeline = timeline
        self.catalog = catalog
        self.service = catalog.service(timeline.service)

    @cached_property
    def _names(self) -> dict[str, str]:
        return self.catalog.names(self.catalog.language)

    def told(self, words: Text | str) -> str:
        """Words in the team's language, safe to stand in Markdown."""
        return _SPECIAL.sub(r"\\\1", on_one_line(words, self.catalog.language, self._names))

    def name(self, who: str) -> str:
        """A name, safe to stand in Markdown."""
        return self.told(named(who, self._names))

    def at(self, instant: datetime, shape: str = "%Y-%m-%d %H:%M:%S") -> str:
        """An instant on the team's wall clock."""
        return f"{instant.astimezone(zone(self.catalog.time_zone)):{shape}}"


def ended_at(facts: Facts, began: datetime, ended: datetime) -> str:
    """When something ended, beside when it began: the day too, where it is another."""
    same = facts.at(began, "%m-%d") == facts.at(ended, "%m-%d")
    return facts.at(ended, "%H:%M" if same else "%m-%d %H:%M")


def overview(facts: Facts) -> str:
    """What it is, how bad, since when, and how it stands."""
    timeline, signal = facts.timeline, facts.service.signal
    lines = [
        text("service: {service}", service=f"@service:{facts.service.id}"),
        text("what: {title}", title=timeline.opened.title),
        text("severity: P{severity}", severity=timeline.severity),
        text("state: {phase}", phase=timeline.phase.said),
        text("broke at: {at}", at=facts.at(broke_at(timeline))),
    ]
    if recovered := next((one for one in stamps(timeline, facts.service.budgets) if one.name == "recover" and one.stopped), None):
        span = in_words(recovered.spent(recovered.stopped or recovered.began))
        lines.append(text("recovered at: {at} (after {span})", at=facts.at(recovered.stopped or recovered.began), span=span))
    if trend := _trend(facts):
        usual = measured(signal.usual_high, signal.unit) if signal else "?"
        lines.append(text("signal: {trend} (usually at most {usual})", trend=trend, usual=usual))
    if meeting := timeline.last(MeetingOpened):
        lines.append(text("meeting: {link}", link=meeting.link))
    return "\n".join(f"- {facts.told(line)}" for line in lines)


def _trend(facts: Facts) -> str:
    signal, told = facts.service.signal, list[str]()
    for _, value in facts.timeline.series:
        words = measured(value, signal.unit if signal else "")
        if not told or told[-1] != words:
            told.append(words)
    return " → ".join(told[-8:])


def roles(facts: Facts) -> str:
    """Who holds which role, and who stands second."""
    known = parts(facts.timeline)
    lines = [line for role in facts.catalog.roles if role in known and (line := _part(known[role]))]
    return "\n".join(f"- {facts.told(line)}" for line in lines) or f"- {facts.told(text('nobody yet'))}"


def _part(part: Part) -> Text | None:
    role, holder = f"@role:{part.role}", f"@{part.holder}"
    if part.holder and part.second:
        return text("{role}: {person} (second: {second})", role=role, person=holder, second=f"@{part.second}")
    if part.holder:
        return text("{role}: {person}", role=role, person=holder)
    if part.asked:
        return text("{role}: {person} is asked", role=role, person=f"@{part.asked}")
    if part.unanswered:
        return text("{role}: nobody took it ({person} was asked)", role=role, person=f"@{part.unanswered}")
    return None


def history(facts: Facts) -> str:
    """What happened, line by line, by the clock: what a look found is told at the instant it looked."""
    worth = sorted(_worth_telling(facts.timeline.facts), key=lambda fact: fact.at)
    told = ((facts.at(fact.at, "%H:%M:%S"), facts.told(_said(facts, fact))) for fact in worth)
    return "\n".join(f"- **{at}** {said}" for at, said in told)


def _said(facts: Facts, fact: Fact) -> Text:
    """A fact in one line; an alert's value in the unit of the service's signal."""
    signal = facts.service.signal
    if isinstance(fact, AlertMeasured) and signal and not fact.unit:
        return text("the alert's value is {value}", value=measured(fact.value, signal.unit))
    return fact.said


def _worth_telling(facts: Iterable[Fact]) -> Iterator[Fact]:
    """What changed the case: a look that shows the same once more, and what was only weighed, is left to the page."""
    shown: dict[tuple[type[Fact], str], Text] = {}
    for fact in facts:
        if isinstance(fact, UNTOLD) or (isinstance(fact, MessagePosted) and fact.by == HOUSE):
            continue
        if isinstance(fact, Looked):
            if fact.asked_by.startswith(MEASURERS):
                continue
            key, said = (type(fact), fact.about), fact.said
            if shown.get(key) == said:
                continue
            shown[key] = said
        yield fact


def clocks(facts: Facts) -> str:
    """The 1-5-10 clocks that have stopped, against their budgets."""
    found = [stamp for stamp in stamps(facts.timeline, facts.service.budgets) if stamp.stopped]
    spent = [(one, in_words(one.spent(one.stopped or one.began)), in_words(one.budget)) for one in found]
    lines = (f"- {facts.told(one.said)}: {facts.told(took)} / {facts.told(budget)}" for one, took, budget in spent)
    return "\n".join(lines)


FIELDS: Final[Mapping[str, Callable[[Facts], str]]] = {
    "overview": overview,
    "roles": roles,
    "timeline": history,
    "clocks": clocks,
    "title": lambda facts: facts.told(facts.timeline.opened.title),
    "service": lambda facts: facts.name(f"service:{facts.service.id}"),
    "severity": lambda facts: f"P{facts.timeline.severity}",
    "phase": lambda facts: facts.told(facts.timeline.phase.said),
    "began": lambda facts: facts.at(broke_at(facts.timeline)),
    "incident": lambda facts: facts.timeline.incident,
}
