"""
Bursts: the span of minutes in which something came far more often than in the rest of the hour.

Every span is compared with an even rate by the likelihood ratio of two Poisson rates, one inside and one outside (Kulldorff, "A spatial scan
statistic", 1997, in one dimension); the span of the greatest ratio is the burst. It needs no threshold per signature and finds a step as
well as a spike.
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
    if minutes < 2:  # noqa: PLR2004 - one minute has nothing to be compared with
        return [None] * signatures
    step = -(-minutes // _STEPS)
    coarse = np.add.reduceat(series, np.arange(0, minutes, step), axis=1)
    first, last = np.triu_indices(coarse.shape[1])
    rows = max(1, _SLICE // len(first))
    found: list[Found | None] = []
    for start in range(0, signatures, rows):
        found.extend(_strongest(coarse[start : start + rows], first, last, step, minutes))
    return found


def _strongest(series: NDArray[np.int64], first: NDArray[np.intp], last: NDArray[np.intp], step: int, minutes: int) -> list[Found | None]:
    sums = np.concatenate([np.zeros((len(series), 1), np.int64), series.cumsum(axis=1)], axis=1)
    inside = (sums[:, last + 1] - sums[:, first]).astype(float)
    total = sums[:, -1:].astype(float)
    share = (last + 1 - first) / series.shape[1]
    expected = total * share
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = _times_log(inside, expected) + _times_log(total - inside, total - expected)
        high = inside * (1 - share) >= _TIMES * (total - inside) * share
    ratio[~high | (share == 1.0)] = 0.0
    best = ratio.argmax(axis=1)
    rows = np.arange(len(series))
    return [
        Found(int(first[b]) * step, min(minutes, int(last[b] + 1) * step) - 1, int(inside[r, b]), float(ratio[r, b]))
        if ratio[r, b] >= _STRONG
        else None
        for r, b in zip(rows, best, strict=True)
    ]


def _times_log(seen: NDArray[np.float64], expected: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(seen > 0, seen * np.log(np.maximum(seen, 1.0) / expected), 0.0)
