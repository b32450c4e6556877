"""
Raise the severity when the signal gets worse, and call worse what is worse enough to page again.

Rule 1: severity is raised by the service's steps and never lowered by the house: a person may lower it, and only a higher value than
        then raises it again.
Rule 2: a worsening is measured against the value people were last paged for, so a slow climb is noticed as well as a jump.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from kuaihui.catalog.catalog import Catalog
from kuaihui.catalog.services import Signal
from kuaihui.duties.due import Conclude
from kuaihui.incident.alerts import AlertFired, Reopened, SeverityChanged, Worsened, measured
from kuaihui.incident.fact import HOUSE
from kuaihui.incident.phases import Phase
from kuaihui.incident.timeline import Timeline
from kuaihui.language import Text, both, text

_BROKEN = (Phase.OPEN, Phase.ENGAGED, Phase.MITIGATED)


def due(timeline: Timeline, catalog: Catalog, now: datetime) -> Iterator[Conclude]:
    """The severity by the steps of the service's signal; a worsening when the value has grown by enough."""
    service = catalog.services.get(timeline.service)
    if service is None or service.signal is None or timeline.phase not in _BROKEN or not timeline.firing:
        return
    value = timeline.value
    if value is None:
        return
    severity = severity_at(service.signal, value)
    if severity is not None and severity < timeline.severity and not _lowered_by_hand(timeline, value):
        yield Conclude(now, SeverityChanged(at=now, was=timeline.severity, severity=severity, reason=_reason(service.signal, value)))
    paged_for = _value_paged_for(timeline)
    if paged_for is not None and value > 0 and value >= paged_for * (1 + service.signal.worsens_by) and value > paged_for:
        yield Conclude(now, Worsened(at=now, was=paged_for, value=value, unit=service.signal.unit))


def severity_at(signal: Signal, value: float) -> int | None:
    """The severity of a value by the signal's steps; None below all of them."""
    return min((step.severity for step in signal.steps if value >= step.at), default=None)


def _reason(signal: Signal, value: float) -> Text:
    return text("{signal} is at {value}", signal=both(signal.name.zh, signal.name.en), value=measured(value, signal.unit))


def _lowered_by_hand(timeline: Timeline, value: float) -> bool:
    """Whether a person set the severity, and the value is no higher than it was then."""
    changed = timeline.numbered(SeverityChanged)
    if not changed or changed[-1][1].by == HOUSE:
        return False
    then = [point for at, point in timeline.series if at <= changed[-1][1].at]
    return bool(then) and value <= then[-1]


def _value_paged_for(timeline: Timeline) -> float | None:
    """The value at the newest of: first alert of this occasion, last worsening."""
    worsened = timeline.last(Worsened, timeline.occasion)
    if worsened is not None:
        return worsened.value
    fired = timeline.all(AlertFired, since=timeline.occasion)
    if timeline.occasion and isinstance(timeline.facts[timeline.occasion], Reopened):
        fired = fired or timeline.all(AlertFired)[-1:]
    values = [alert.value for fact in fired[:1] for alert in fact.alerts if alert.value is not None]
    return max(values, default=None)
