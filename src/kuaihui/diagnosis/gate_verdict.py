"""
What a measurement at a gate comes to: the signal that broke, against the stable ones or against what it was before.

Rule 1: two points in a row decide, as for recovery: worse is said only when both are, back to usual only when both are.
Rule 2: how far it is outside its usual range is compared, so that a signal that should be high is judged like one that should be low.
Rule 3: what has no value since the gate was reached is silent, never good.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from statistics import median
from typing import Final

import msgspec

from kuaihui.catalog.hotfixes import Canary
from kuaihui.catalog.services import Signal
from kuaihui.diagnosis.recovery_signals import OLDEST
from kuaihui.incident.evidence import MetricsRead, Series
from kuaihui.incident.repair import BETTER, RECOVERED, SAME, SILENT, WORSE
from kuaihui.language import Text, text

BEFORE: Final = timedelta(minutes=5)  # of the signal before the gate was reached: what it is compared with where there is no stable part


class Gauged(msgspec.Struct, frozen=True):
    """The verdict, the newest value, and the baseline with its name in words."""

    verdict: str
    value: float | None = None
    baseline: float | None = None
    against: Text | None = None


def gauged(signal: Signal, canary: Canary, reached: datetime, look: MetricsRead, stable: MetricsRead | None = None) -> Gauged:
    """The verdict on `look`, taken after `reached` (UTC); `stable` is the look at the stable part, where the catalog names one."""
    own = _of(look.series, canary.label, canary.canary) if canary.label else look.series
    newest = _newest(own, look.until, since=reached)
    baseline, against = _baseline(canary, reached, look, stable)
    if not newest:
        return Gauged(SILENT, None, baseline, against)
    return Gauged(_verdict(signal, newest, baseline), newest[-1], baseline, against)


def _of(series: Sequence[Series], label: str, wanted: str) -> tuple[Series, ...]:
    return tuple(one for one in series if one.labels.get(label) == wanted)


def _newest(series: Sequence[Series], until: datetime, since: datetime) -> list[float]:
    """The last two values of the series that stands worst, no older than a source may be silent for."""
    recent = [[value for at, value in one.points if at >= since and until - at <= OLDEST][-2:] for one in series]
    return max([one for one in recent if one] or [[]], key=lambda one: one[-1:])


def _baseline(canary: Canary, reached: datetime, look: MetricsRead, stable: MetricsRead | None) -> tuple[float | None, Text | None]:
    if canary.label or stable is not None:
        seen = _of(look.series, canary.label, canary.stable) if canary.label else stable.series if stable else ()
        if values := _newest(seen, look.until, since=reached):
            return values[-1], text("stable")
    before = [value for one in look.series for at, value in one.points if reached - BEFORE <= at < reached]
    return (median(before), text("before")) if before else (None, None)


def _verdict(signal: Signal, newest: Sequence[float], baseline: float | None) -> str:
    beyond = [_beyond(signal, value) for value in newest]
    if max(beyond) == 0:
        return RECOVERED
    if baseline is None:
        return SAME
    was = _beyond(signal, baseline)
    if min(beyond) > was * (1 + signal.worsens_by):
        return WORSE
    return BETTER if max(beyond) < was * (1 - signal.worsens_by) else SAME


def _beyond(signal: Signal, value: float) -> float:
    """How far the value is outside the usual range."""
    return max(value - signal.usual_high, signal.usual_low - value, 0.0)
