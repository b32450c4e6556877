"""
From counts to signatures, ranked by how well the onset of each fits the break.

Rule 1: every event that was counted is in exactly one signature.
Rule 2: the order is decided by the arguments alone; equal scores are ordered by count, then by template.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec
import numpy as np
import polars as pl

from kuaihui.diagnosis.log_signatures import instants
from kuaihui.diagnosis.log_signatures.bursts import Found, bursts
from kuaihui.diagnosis.log_signatures.gather import gathered
from kuaihui.diagnosis.log_signatures.part import Part
from kuaihui.diagnosis.log_signatures.reasons import reason
from kuaihui.diagnosis.log_signatures.signature import Burst, Signature
from kuaihui.diagnosis.log_signatures.usual import Known, Usual
from kuaihui.diagnosis.scrubbing import DEFAULT, Scrubber

# An alert is later than its cause by the time it takes to measure and to wait, usually a few minutes; what begins after it is mostly
# effect.
_BEFORE: Final = timedelta(minutes=5)
_AFTER: Final = timedelta(minutes=2)
# What came evenly can hardly be what broke; what is known may be, less likely.
_EVEN: Final = 0.05
_KNOWN: Final = 0.6
# The strength (log-likelihood ratio) of a burst that counts two thirds; beyond it there is little more to prove.
_STRONG: Final = 30.0
# A stray stamp of another year must not make a series of a million minutes.
_LONGEST: Final = 1440
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def rank(part: Part, broke_at: datetime | None = None, usual: Usual | None = None, scrub: Scrubber = DEFAULT) -> list[Signature]:
    """The signatures of the part, the likeliest to be of the break first; without a break, the strongest burst first."""
    by_minute, by_origin = gathered(part)
    known = Known(usual) if usual is not None else None
    counted = _counted(by_minute, by_origin, scrub)
    burst = _with_bursts(list(counted), by_minute, broke_at)
    judged = (_judged(signature, broke_at, known) for signature in burst)
    return sorted(judged, key=lambda one: (-one.score, -one.count, one.template))


def _counted(by_minute: pl.DataFrame, by_origin: pl.DataFrame, scrub: Scrubber) -> Iterator[Signature]:
    sums = [pl.col("count").sum(), pl.col("lines").sum(), pl.col("first").min(), pl.col("last").max(), pl.col("example").first()]
    whole = by_minute.group_by("template").agg(sums).join(by_origin, on="template").sort("template")
    templates, examples = scrub.each(whole["template"]), scrub.each(whole["example"])
    for row, template, example in zip(whole.iter_rows(named=True), templates, examples, strict=True):
        yield Signature(
            template=template,
            count=row["count"],
            lines=row["lines"],
            first_seen=_moment(row["first"]),
            last_seen=_moment(row["last"]),
            services=tuple(row["services"]),
            pods=tuple(row["pods"]),
            levels=tuple(row["levels"]),
            example=example,
        )


def _with_bursts(signatures: list[Signature], by_minute: pl.DataFrame, broke_at: datetime | None) -> Iterator[Signature]:
    """The same signatures, in the order of their templates, with series and bursts."""
    timed = by_minute.filter(pl.col("minute").is_not_null())
    if timed.is_empty():
        yield from signatures
        return
    start, stop = _window(timed, broke_at)
    inside = timed.filter(pl.col("minute").is_between(start, stop))
    number = by_minute["template"].unique(maintain_order=True).to_frame().with_row_index("row")
    placed = inside.join(number, on="template", maintain_order="left")
    series = np.zeros((len(signatures), stop - start + 1), np.int64)
    series[placed["row"].to_numpy(), placed["minute"].to_numpy() - start] = placed["count"].to_numpy()
    found_bursts = bursts(series)
    bursting = placed.filter(pl.col("row").is_in([row for row, found in enumerate(found_bursts) if found]))
    firsts = {(row, minute - start): first for row, minute, first in bursting.select("row", "minute", "first").iter_rows()}
    for row, (signature, found) in enumerate(zip(signatures, found_bursts, strict=True)):
        yield msgspec.structs.replace(
            signature,
            started=_moment(start * instants.MINUTE),
            per_minute=tuple(series[row].tolist()),
            burst=_burst(found, row, firsts) if found else None,
        )


def _window(timed: pl.DataFrame, broke_at: datetime | None) -> tuple[int, int]:
    """The first and last minute that are looked at: all, or a day around the break (else around the middle line)."""
    minute = timed["minute"]
    start, stop = int(minute.min()), int(minute.max())  # type: ignore[arg-type] # a column of whole numbers
    if stop - start < _LONGEST:
        return start, stop
    by_time = timed.sort("minute")
    middle = by_time.filter(pl.col("count").cum_sum() * 2 >= pl.col("count").sum())["minute"][0]
    centre = instants.of(broke_at) // instants.MINUTE if broke_at else int(middle)
    return max(start, centre - _LONGEST // 2), min(stop, centre + _LONGEST // 2)


def _burst(found: Found, row: int, firsts: dict[tuple[int, int], int]) -> Burst:
    first = next(firsts[row, minute] for minute in range(found.first, found.last + 1) if (row, minute) in firsts)
    onset = _EPOCH + timedelta(microseconds=first)
    return Burst(onset=onset, minutes=found.last - found.first + 1, count=found.count, strength=round(found.strength, 1))


def _judged(signature: Signature, broke_at: datetime | None, known: Known | None) -> Signature:
    rate = known.per_hour(signature.template) if known else None
    seen = msgspec.structs.replace(signature, new=None if known is None else rate is None, usual_per_hour=rate)
    return msgspec.structs.replace(seen, score=round(_score(seen, broke_at), 4), reason=reason(seen, broke_at))


def _score(signature: Signature, broke_at: datetime | None) -> float:
    """Nearness of the onset to the break, times its strength, less where it is known."""
    novelty = _KNOWN if signature.new is False else 1.0
    if signature.burst is None:
        return _EVEN * novelty
    strength = 1 - math.exp(-signature.burst.strength / _STRONG)
    return (_EVEN + (1 - _EVEN) * _nearness(signature.burst.onset, broke_at) * strength) * novelty


def _nearness(onset: datetime, broke_at: datetime | None) -> float:
    if broke_at is None:
        return 1.0
    late = onset - broke_at
    return math.exp(-late / _AFTER) if late > timedelta(0) else math.exp(late / _BEFORE)


def _moment(at: int | None) -> datetime | None:
    return None if at is None else _EPOCH + timedelta(microseconds=at)
