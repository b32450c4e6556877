"""
Bursts: the span of minutes in which something came far more often than in the rest of the hour.

Every span is compared with an even rate by the likelihood ratio of two Poisson rates, one inside and one outside (Kulldorff, "A spatial
scan statistic", 1997, in one dimension); the span of the greatest ratio is the burst. It needs no threshold per signature and finds a step
as well as a spike.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

# With a thousand signatures and two thousand spans each, chance alone stays below about 14 (ln of the number of tries).
_STRONG: Final = 15.0
# Inside at least this many times the rate outside: a change that people would call a burst.
_TIMES: Final = 2.0
# Longer series are looked at in coarser steps, so that the number of spans stays small.
_STEPS: Final = 180
_SLICE: Final = 2_000_000


@dataclass(frozen=True, slots=True)
class Found:
    """The burst of one series: first and last minute (counted from 0, both inside), events inside, strength."""

    first: int
    last: int
    count: int
    strength: float


def bursts(series: NDArray[np.int64]) -> list[Found | None]:
    """The burst of each row of counts per minute, None where it came evenly."""
    signatures, minutes = series.shape
    if minutes < 2:
        return [None] * signatures
    step = -(-minutes // _STEPS)
    coarse = np.add.reduceat(series, list(range(0, minutes, step)), axis=1)
    first, last = np.triu_indices(coarse.shape[1])
    rows = max(1, _SLICE // len(first))
    found: list[Found | None] = []
    for start in range(0, signatures, rows):
        found.extend(_strongest(coarse[start : start + rows], first, last, step, minutes))
    return found


def _strongest(series: NDArray[np.int64], first: NDArray[np.intp], last: NDArray[np.intp], step: int, minutes: int) -> list[Found | None]:
    share = np.minimum((last + 1 - first) / series.shape[1], 1 - 1e-12)
    sums = np.concatenate([np.zeros((len(series), 1), np.int64), series.cumsum(axis=1)], axis=1)
    total = sums[:, -1:]
    inside = sums[:, last + 1] - sums[:, first]
    # Most spans are far from a burst: only the others are worth a logarithm.
    row, span = np.nonzero((inside * (1 - share + _TIMES * share) >= _TIMES * share * total) & (inside > 0))
    within, whole = inside[row, span], total[row, 0]
    without = whole - within
    # The logarithm of (inside / expected) ^ inside * (outside / expected) ^ outside, taken apart so that none is taken twice.
    n_log_n = _table(int(total.max()))
    ratio = np.zeros(inside.shape)
    ratio[row, span] = n_log_n[within] + n_log_n[without] - n_log_n[whole] - within * np.log(share)[span] - without * np.log1p(-share)[span]
    best = ratio.argmax(axis=1)
    spans = zip(first[best].tolist(), last[best].tolist(), range(len(series)), best.tolist(), strict=True)
    return [
        Found(a * step, min(minutes, (b + 1) * step) - 1, int(inside[at, span]), float(ratio[at, span]))
        if ratio[at, span] >= _STRONG
        else None
        for a, b, at, span in spans
    ]


def _table(most: int) -> NDArray[np.float64]:
    counts = np.arange(most + 1)
    return (counts * np.log(np.maximum(counts, 1))).astype(np.float64)
