"""Why a signature ranks where it does, in a sentence."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from kuaihui.diagnosis.log_signatures.signature import Burst, Signature
from kuaihui.language import Text, text
from kuaihui.language.durations import in_words

# Within this span of the break, an onset is told as one with it.
_WITH: Final = timedelta(seconds=15)
_MORE: Final = 2.0


def reason(signature: Signature, broke_at: datetime | None) -> Text:
    """What is new about it, then when it began, as one sentence in two halves."""
    return text("{novelty}; {timing}", novelty=_novelty(signature), timing=_timing(signature, broke_at))


def _novelty(signature: Signature) -> Text:
    usual = signature.usual_per_hour
    hourly = signature.per_minute_mean * 60
    if signature.new is None:
        return text("{count} times", count=signature.count)
    if signature.new:
        return text("new, {count} times", count=signature.count)
    if usual and hourly >= _MORE * usual:
        return text("known, {count} times, {times} times the usual", count=signature.count, times=round(hourly / usual, 1))
    return text("known, {count} times, no more than usual", count=signature.count)


def _timing(signature: Signature, broke_at: datetime | None) -> Text:
    if signature.burst is None:
        return text("it came evenly, without a burst")
    burst = signature.burst
    if broke_at is None:
        return text("{burst} of them within {minutes} min", burst=burst.count, minutes=burst.minutes)
    return _against(burst, burst.onset - broke_at)


def _against(burst: Burst, late: timedelta) -> Text:
    if abs(late) <= _WITH:
        return text("{burst} of them began with the break", burst=burst.count)
    if late < timedelta(0):
        return text("{burst} of them began {gap} before the break", burst=burst.count, gap=in_words(-late))
    return text("{burst} of them began {gap} after the break, likely an effect", burst=burst.count, gap=in_words(late))
