"""
Follow each hotfix and rollback through its gates: whose turn it is, what stands still, what the signal says, what was left out.

Rule 1: whoever owns a gate is told once when the hotfix comes to wait there, and again only when it failed; a new owner is told too.
Rule 2: standing still for longer than the gate may take, the owner is asked; after as long again, the lead.
Rule 3: a gate is never skipped by the house: one that later news has overtaken is asked for by name.
Rule 4: what is worse says stop, and names the way back; nobody but a person goes it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from kuaihui.briefing.situation_report import owner_of
from kuaihui.catalog.catalog import Catalog
from kuaihui.catalog.targets import resolve
from kuaihui.duties.due import Conclude, Due
from kuaihui.duties.measure_the_gates import measure, measurings
from kuaihui.incident.evidence import MetricsRead
from kuaihui.incident.fact import HOUSE
from kuaihui.incident.holders import holders
from kuaihui.incident.repair import HOTFIX, SILENT, GateFailed, GateMeasured, HotfixFinished, QuotedEvidence, QuotedStage
from kuaihui.incident.room import TopicOpened
from kuaihui.incident.timeline import Timeline
from kuaihui.incident.trains import FAILED, Gate, Train, trains
from kuaihui.language import Text, text
from kuaihui.language.durations import in_words
from kuaihui.orders import Post, ShowEvidence, Tell

LEAD: Final = "role:incident-lead"
# News of one push comes in any order within seconds; what is still missing then was left out.
OUT_OF_ORDER: Final = timedelta(minutes=2)


def due(timeline: Timeline, catalog: Catalog, now: datetime) -> Iterator[Due | Conclude]:
    """Everything that each hotfix under way calls for."""
    if timeline.service not in catalog.services:
        return
    for train in trains(timeline).values():
        if train.running:
            for one in measurings(train):
                yield from measure(one, timeline, catalog, now)
            yield from _gate(timeline, catalog, train, now)
        yield from _figures(timeline, catalog, train)


def _gate(timeline: Timeline, catalog: Catalog, train: Train, now: datetime) -> Iterator[Due | Conclude]:
    """The gate it waits at: its owner is told, then asked, then the lead; with none left, it has finished."""
    gate = train.current
    if gate is None:
        yield Conclude(now, HotfixFinished(at=now, hotfix=train.hotfix, title=train.started.title))
        return
    owner = owner_of(gate.stage.owner, timeline, catalog, now)
    lead = lead_of(timeline, catalog, now, owner)
    since = max(filter(None, (gate.since, gate.word.at if gate.word else None)), default=train.started.at)
    asked = Asked(timeline, train, gate, owner or lead)
    yield from asked.told(since)
    yield from asked.still(since, lead)
    if train.overtaken:
        yield from asked.overtaken(since)


def lead_of(timeline: Timeline, catalog: Catalog, now: datetime, owner: str) -> str:
    """Who leads, other than the gate's owner: whoever holds the role, else the service's leader, else the superior."""
    service, held = catalog.service(timeline.service), holders(timeline)
    found = (who for target in (LEAD, "leader", "superior") for who in resolve(catalog, target, service, now, held))
    return next((who for who in found if who != owner), "")


class Asked:
    """What is said to people about the gate a hotfix waits at."""

    def __init__(self, timeline: Timeline, train: Train, gate: Gate, owner: str) -> None:
        self.timeline, self.train, self.gate, self.owner = timeline, train, gate, owner
        self.failed = gate.word if gate.state == FAILED and isinstance(gate.word, GateFailed) else None
        # A gate that failed is told and asked for anew; one that was passed by later news is another matter than one that waits.
        self.occasion = gate.number if self.failed else train.number

    def told(self, since: datetime) -> Iterator[Due]:
        """Whose turn it is; where it failed, that and the way back."""
        if not self.owner:
            return
        if self.failed is None:
            yield self._tell(since, self.owner, "turn", self._turn())
            return
        yield self._tell(since, self.owner, "failed", self._stop())
        if self.failed.by == HOUSE:
            yield from self._post(since, "stop", self._stop(), (self.owner,))

    def still(self, since: datetime, lead: str) -> Iterator[Due]:
        """It stands still: the owner is asked, then the lead."""
        within = self.gate.stage.within
        words = text(
            "{hotfix} has stood at {gate} for {span}: {person}, how far is it? It may be skipped with a reason.",
            hotfix=self.train.hotfix,
            gate=self.gate.stage.name,
            span=in_words(within),
            person=f"@{self.owner}" if self.owner else "-",
        )
        if self.owner:
            yield self._tell(since + within, self.owner, "still", words)
            yield from self._post(since + within, "still", words, (self.owner,))
        if lead:
            more = text(
                "{hotfix} has stood at {gate} for {span}, {person} was asked: please decide.",
                hotfix=self.train.hotfix,
                gate=self.gate.stage.name,
                span=in_words(2 * within),
                person=f"@{self.owner}" if self.owner else "-",
            )
            yield self._tell(since + 2 * within, lead, "still lead", more)
            yield from self._post(since + 2 * within, "still lead", more, (lead,))

    def overtaken(self, since: datetime) -> Iterator[Due]:
        """A later gate is passed already: this one is asked for by name."""
        words = text(
            "{hotfix} went past {gate} without a word: say that it passed, or skip it with a reason.",
            hotfix=self.train.hotfix,
            gate=self.gate.stage.name,
        )
        if self.owner:
            yield self._tell(since + OUT_OF_ORDER, self.owner, "overtaken", words)
        yield from self._post(since + OUT_OF_ORDER, "overtaken", words, (self.owner,) if self.owner else ())

    def _turn(self) -> Text:
        return text(
            "{hotfix} “{title}” waits at {gate}, which is yours: {how} ({span})",
            hotfix=self.train.hotfix,
            title=self.train.started.title,
            gate=self.gate.stage.name,
            how=how(self.gate.stage),
            span=in_words(self.gate.stage.within),
        )

    def _stop(self) -> Text:
        assert self.failed is not None
        hotfix, gate, reason = self.train.hotfix, self.gate.stage.name, self.failed.reason
        if self.failed.by == HOUSE and self.train.started.kind == HOTFIX:
            return text(
                "Stop {hotfix} at {gate}: {reason}. The way back: say “rollback {hotfix}: why” in the topic.",
                hotfix=hotfix,
                gate=gate,
                reason=reason,
            )
        return text("{hotfix} failed {gate}: {reason}", hotfix=hotfix, gate=gate, reason=reason)

    def _tell(self, at: datetime, person: str, about: str, words: Text) -> Due:
        return Due(at, Tell(occasion=self.occasion, person=person, about=self._about(about), words=words))

    def _post(self, at: datetime, about: str, words: Text, mentions: tuple[str, ...]) -> Iterator[Due]:
        if self.timeline.has(TopicOpened):
            yield Due(at, Post(occasion=self.occasion, about=self._about(about), words=words, mentions=mentions))

    def _about(self, about: str) -> str:
        return f"{self.train.hotfix}/{self.gate.stage.id} {about}"


def how(stage: QuotedStage) -> Text:
    """What passes a gate, in words."""
    said = _either([HOW[one.on] for one in _each_kind(stage.passes)])
    if said is None:
        return text("say “{gate} passed” in the topic", gate=stage.name)
    return text("{evidence} passes it, or say “{gate} passed” in the topic", evidence=said, gate=stage.name)


HOW: Final[dict[str, Text]] = {
    "merge_request": text("the merge request"),
    "review": text("an approval"),
    "pipeline": text("the pipeline"),
    "deployment": text("the deployment"),
    "rollout": text("the rollout"),
}


def _each_kind(passes: tuple[QuotedEvidence, ...]) -> list[QuotedEvidence]:
    return list({one.on: one for one in passes}.values())


def _either(said: list[Text]) -> Text | None:
    if not said:
        return None
    first, others = said[0], _either(said[1:])
    return text("{first} or {others}", first=first, others=others) if others else first


def _figures(timeline: Timeline, catalog: Catalog, train: Train) -> Iterator[Due]:
    """A measurement is told in the topic, with its picture, when it says something new of its gate."""
    if not timeline.has(TopicOpened):
        return
    for gate in train.gates:
        said = ""
        for number, fact in gate.measured:
            if fact.verdict != said and (fact.verdict != SILENT or not said):
                yield Due(fact.at, Post(occasion=number, about="measured", words=fact.said))
                yield from _picture(timeline, catalog, fact)
            said = fact.verdict


def _picture(timeline: Timeline, catalog: Catalog, measured: GateMeasured) -> Iterator[Due]:
    for number, look in timeline.numbered(MetricsRead):
        if look.identity == measured.look:
            yield Due(measured.at, ShowEvidence(occasion=number, language=catalog.language, time_zone=catalog.time_zone))
