"""
Measuring at a gate: which looks are due, what they come to, and what that means for the gate.

Rule 1: a gate is measured from when it is reached (or called passed by a person), one round after another; a look is for the fact that
        called for it, so each round is asked once however often the house restarts.
Rule 2: the house passes a gate only after several rounds, none of them worse and the newest better; the last gate only when it is back to
        usual.
Rule 3: one round that is worse fails the gate at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

import msgspec

from kuaihui.catalog.catalog import Catalog
from kuaihui.catalog.hotfixes import Canary
from kuaihui.diagnosis.gate_verdict import BEFORE, Gauged, gauged
from kuaihui.duties.due import Conclude, Due
from kuaihui.incident.alerts import AlertCleared, measured
from kuaihui.incident.evidence import MetricsRead
from kuaihui.incident.fact import HOUSE
from kuaihui.incident.repair import BETTER, RECOVERED, SILENT, VERDICTS, WORSE, GateFailed, GateMeasured, GatePassed
from kuaihui.incident.timeline import Timeline
from kuaihui.incident.trains import PASSED, REACHED, Gate, Train
from kuaihui.language import Text, text
from kuaihui.orders import ReadMetrics

# Of the catalog's `measure_every` after the gate was reached: often while a bad change still hurts few, then more slowly.
ROUNDS: Final = (1, 2, 3, 4, 5, 7, 10, 15, 20, 30)
ENOUGH: Final = 3  # rounds before the house passes a gate by itself
# Several points a round, so that the two that decide are of this round.
_STEP, _FINEST = timedelta(seconds=15), timedelta(seconds=1)
CANARY: Final = "canary"
ASKER: Final = "hotfix"


class Measuring(msgspec.Struct, frozen=True):
    """One gate that is to be measured: for the fact with this number, from this instant on."""

    train: Train
    gate: Gate
    number: int
    begun: datetime

    @property
    def last(self) -> bool:
        """Whether it is the gate that ends the hotfix."""
        return self.gate is self.train.gates[-1]


def measurings(train: Train) -> Iterator[Measuring]:
    """The gates of a hotfix that are measured now."""
    before = train.number
    for gate in train.gates:
        if gate.stage.measured and gate is train.gates[-1]:
            if gate is train.current and gate.since:
                yield Measuring(train, gate, before, gate.since)
        elif gate.stage.measured and gate.word and (gate.state == REACHED or (gate.state == PASSED and gate.word.by != HOUSE)):
            yield Measuring(train, gate, gate.number, gate.word.at)
        before = max(before, gate.number)


def measure(one: Measuring, timeline: Timeline, catalog: Catalog, now: datetime) -> Iterator[Due | Conclude]:
    """The next round of a gate, or what the rounds so far mean for it."""
    told: list[GateMeasured] = []
    asked = False
    every = catalog.service(timeline.service).hotfix.measure_every
    for number, times in enumerate(ROUNDS, start=1):
        looks = list(_looks(one, timeline, catalog, now, number))
        if not looks:
            break
        asked = True
        known = next((fact for _, fact in one.gate.measured if fact.look == looks[0].identity), None)
        if known is None:
            yield from _round(one, timeline, catalog, now, looks, one.begun + every * times)
            break
        told.append(known)
        if _enough(one, told, timeline, looks[0]):
            break
    if told or not asked:  # before the first answer nothing is known of the signal
        yield from _meaning(one, told, timeline, now)


def _enough(one: Measuring, told: list[GateMeasured], timeline: Timeline, look: ReadMetrics) -> bool:
    """Whether no further round is wanted."""
    if told[-1].verdict == WORSE or _nobody(timeline, look):
        return True
    return one.gate.state == PASSED and len(told) >= ENOUGH


def _meaning(one: Measuring, told: list[GateMeasured], timeline: Timeline, now: datetime) -> Iterator[Conclude]:
    """The gate failed or passed by what was measured."""
    if told and told[-1].verdict == WORSE:
        if one.gate.number < max(number for number, fact in one.gate.measured if fact.look == told[-1].look):
            yield Conclude(now, _said(GateFailed, one, told[-1], now))
    elif one.gate.state != PASSED and _good(one, told):
        yield Conclude(now, _said(GatePassed, one, told[-1], now))
    elif one.last and one.gate.state != PASSED and _cleared(one, told, timeline):
        why = text("every alert has cleared")
        yield Conclude(now, GatePassed(at=now, hotfix=one.train.hotfix, gate=one.gate.stage.id, name=one.gate.stage.name, reason=why))


def _good(one: Measuring, told: list[GateMeasured]) -> bool:
    if one.last:
        return len(told) > 1 and all(fact.verdict == RECOVERED for fact in told[-2:])
    return len(told) >= ENOUGH and told[-1].verdict in (RECOVERED, BETTER)


def _cleared(one: Measuring, told: list[GateMeasured], timeline: Timeline) -> bool:
    """Where the signal cannot be read, alerts that have cleared since must do."""
    unread = all(fact.verdict == SILENT for fact in told)
    return unread and not timeline.firing and timeline.has(AlertCleared, one.number)


def _said(kind: type[GatePassed] | type[GateFailed], one: Measuring, told: GateMeasured, now: datetime) -> GatePassed | GateFailed:
    value = measured(told.value or 0.0, told.unit)
    reason = text("measured {value}, {verdict}", value=value, verdict=VERDICTS[told.verdict])
    if told.baseline is not None and told.against is not None:
        against = measured(told.baseline, told.unit)
        reason = text(
            "measured {value}, {verdict} ({against}: {baseline})",
            value=value,
            verdict=VERDICTS[told.verdict],
            against=told.against,
            baseline=against,
        )
    return kind(at=now, hotfix=one.train.hotfix, gate=one.gate.stage.id, name=one.gate.stage.name, reason=reason)


# -- one round ---------------------------------------------------------------------------------------------------------------------------


def _looks(one: Measuring, timeline: Timeline, catalog: Catalog, now: datetime, number: int) -> Iterator[ReadMetrics]:
    """The questions of one round: the signal, and the stable part beside it; none where the catalog does not say what to read."""
    service = catalog.service(timeline.service)
    signal, canary = service.signal, _canary(one, catalog, timeline)
    expression = canary.expression or (signal.expression if signal else "")
    if not signal or not expression or not service.sources.metrics:
        return
    name = signal.name.told(catalog.language)
    for about, wanted in ((name, expression), (f"{name} ({canary.stable})", canary.baseline)):
        if wanted:
            place = dict(service.sources.metrics)
            until = max(now, one.begun + service.hotfix.measure_every * ROUNDS[number - 1])
            yield ReadMetrics(
                occasion=one.number,
                asked_by=f"{ASKER}:{one.train.hotfix}/{one.gate.stage.id}/{number}",
                about=about,
                service=service.id,
                source=place.pop("from", ""),
                place=place,
                expression=wanted,
                since=one.begun - BEFORE,
                until=until,
                step=max(_FINEST, min(_STEP, service.hotfix.measure_every / 4)),
                unit=signal.unit,
                usual=(signal.usual_low, signal.usual_high),
            )


def _canary(one: Measuring, catalog: Catalog, timeline: Timeline) -> Canary:
    """How the canary is told apart, at the gate of that name; anywhere else the whole signal is read."""
    return catalog.service(timeline.service).hotfix.canary if one.gate.stage.id == CANARY else Canary()


def _round(
    one: Measuring, timeline: Timeline, catalog: Catalog, now: datetime, looks: list[ReadMetrics], at: datetime
) -> Iterator[Due | Conclude]:
    """The looks of a round that have no answer yet; once all have one, what they come to."""
    answers = [_answer(timeline, look, one.number) for look in looks]
    if any(answer is None for answer in answers):
        for look in looks:
            yield Due(at, look)
        return
    read, *stable = [answer if isinstance(answer, MetricsRead) else None for answer in answers]
    signal = catalog.service(timeline.service).signal
    assert signal is not None
    told = gauged(signal, _canary(one, catalog, timeline), one.begun, read, *stable) if read else Gauged(SILENT)
    yield Conclude(
        now,
        GateMeasured(
            at=now,
            hotfix=one.train.hotfix,
            gate=one.gate.stage.id,
            name=one.gate.stage.name,
            value=_rounded(told.value),
            baseline=_rounded(told.baseline),
            unit=signal.unit,
            verdict=told.verdict,
            against=told.against,
            look=looks[0].identity,
        ),
    )


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 9)


def _answer(timeline: Timeline, look: ReadMetrics, since: int) -> MetricsRead | Text | None:
    """What a look found, or why it could not; None while there is no answer yet."""
    for fact in reversed(timeline.all(MetricsRead, since)):
        if fact.identity == look.identity:
            return fact
    answered = timeline.answers.get(look.identity)
    if answered and answered.outcome in ("gave up", "nobody", "done"):
        return answered.reason or text("it has no value")
    return None


def _nobody(timeline: Timeline, look: ReadMetrics) -> bool:
    answered = timeline.answers.get(look.identity)
    return answered is not None and answered.outcome == "nobody"
