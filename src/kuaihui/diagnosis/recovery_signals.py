"""
Whether a signal is back to its usual level, told from how it went.

Rule 1: two points in a row decide; one alone is a blip, and decides nothing while there are more.
Rule 2: a value that is too old, or that cannot be judged, is no proof: it is silent, with the reason.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from statistics import median
from typing import Final

import msgspec

from kuaihui.catalog.services import Signal
from kuaihui.incident.alerts import measured
from kuaihui.incident.evidence import MetricsRead, Series
from kuaihui.incident.recovery import BAD, SILENT, WELL
from kuaihui.language import Text, text
from kuaihui.language.durations import in_words

PER_SECOND: Final = "/s"
UNSURE: Final = "unsure"  # the newest two points disagree: ask again
# Eight missed scrapes of the usual 15 s: the source itself has stopped.
OLDEST: Final = timedelta(minutes=2)
# A supporting signal has fallen when a third of what it had risen by is gone: less is the usual up and down of traffic.
FALLEN_TO: Final = 2 / 3
# What had not risen by a third cannot be told from that either.
RISEN_TO: Final = 4 / 3
# Fewer events in the span of a rate are counted by chance.
FEWEST: Final = 100


class Judged(msgspec.Struct, frozen=True):
    """`verdict` is "well", "bad", "unsure" or "silent"; the newest value, the bound it is held against, why it is silent; the peak."""

    verdict: str
    value: float | None = None
    limit: float | None = None
    reason: Text | None = None
    peak: float | None = None


def judged(signal: Signal, look: MetricsRead) -> Judged:
    """Whether the signal that broke is back in its usual range; its worst series speaks for it."""
    bounds = _usual(signal)
    newest = [one.points[-1][0] for one in look.series if one.points]
    if not newest:
        return Judged(SILENT, reason=text("it has no value"))
    if bounds is None:
        return Judged(SILENT, reason=text("the catalog does not say what is usual"))
    if (old := look.until - max(newest)) > OLDEST:
        return Judged(SILENT, reason=text("its newest value is {span} old", span=in_words(old)))
    verdicts = [_verdict(one, *bounds) for one in look.series if one.points and look.until - one.points[-1][0] <= OLDEST]
    return max(verdicts, key=lambda one: (WELL, UNSURE, BAD).index(one.verdict))


def fallen(look: MetricsRead, since: datetime, over: timedelta) -> Judged:
    """
    Whether a supporting signal, a rate `over` this span, has come down from its peak since it broke (`since`, UTC).

    It is held against what it was before, where that is known. Silent, with the reason, where it had not risen, or too little goes on.
    """
    points = sorted((point for one in look.series for point in one.points), key=lambda point: point[0])
    after = [value for at, value in points if at >= since]
    if not after or look.until - points[-1][0] > OLDEST:
        return Judged(SILENT, reason=text("it has no value"))
    peak, last = max(after), points[-1][1]
    before = [value for at, value in points if at < since]
    usual = median(before) if before else 0.0
    if peak * over.total_seconds() < FEWEST:
        return Judged(
            SILENT, last, reason=text("too little goes on to tell: at most {peak} while it was broken", peak=rate(peak)), peak=peak
        )
    if peak < usual * RISEN_TO:
        words = text("it had not risen: at most {peak} while it was broken, {usual} before", peak=rate(peak), usual=rate(usual))
        return Judged(SILENT, last, reason=words, peak=peak)
    limit = usual + (peak - usual) * FALLEN_TO
    return Judged(WELL if last <= limit else BAD, last, limit, peak=peak)


def rate(value: float) -> str:
    """How often a second, as people read it."""
    return measured(float(f"{value:.3g}"), PER_SECOND)


def _usual(signal: Signal) -> tuple[float, float] | None:
    """The range in which nothing is wrong: the usual one, or else what is below every step of severity."""
    if signal.usual_high > signal.usual_low:
        return signal.usual_low, signal.usual_high
    least = min((step.at for step in signal.steps), default=None)
    return None if least is None else (float("-inf"), least * (1 - 1e-9))


def _verdict(series: Series, low: float, high: float) -> Judged:
    newest = [value for _, value in series.points[-2:]]
    value, limit = newest[-1], low if newest[-1] < low else high
    inside = [low <= one <= high for one in newest]
    return Judged(WELL if all(inside) else UNSURE if any(inside) else BAD, value, limit)
