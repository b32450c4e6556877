"""
What a source's refusal means: try later, or give up with what would put it right.

Rule 1: busy (429, 5xx) is tried later, after as long as the source itself asks for; what will never work is given up with a remedy.
Rule 2: a source's own words are quoted short and scrubbed by nobody here: pass only what holds no secret (a status, an error's name).
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from kuaihui.errors import CarryError, GiveUp, TryLater
from kuaihui.language import text

_BUSY: Final = frozenset({408, 425, 429, 500, 502, 503, 504})
_USUAL_WAIT: Final = timedelta(seconds=5)
_LONGEST_WAIT: Final = timedelta(minutes=1)  # an incident does not wait for longer: the order runs out of tries instead


def refusal(source: str, status: int, told: str = "", retry_after: str | None = None) -> CarryError | None:
    """What an HTTP status means for the order; None where it is an answer. `retry_after` is the header, in seconds."""
    if status < 400:
        return None
    if status in _BUSY:
        busy = text("{source} is busy (HTTP {status})", source=source, status=status)
        return TryLater(busy, _wait(retry_after))
    if status in {401, 403}:
        return GiveUp(
            text(
                "{source} refuses our credentials (HTTP {status}): check [{source}] in the settings and its rights",
                source=source,
                status=status,
            )
        )
    if status == 404:
        return GiveUp(text("{source} does not know the place that was asked (HTTP 404): check `sources` in the catalog", source=source))
    return GiveUp(text("{source} cannot answer (HTTP {status}): {told}", source=source, status=status, told=told[:300]))


def _wait(retry_after: str | None) -> timedelta:
    if retry_after is None or not retry_after.strip().isdecimal():
        return _USUAL_WAIT
    return min(timedelta(seconds=int(retry_after)), _LONGEST_WAIT)


def unreachable(source: str, fault: str) -> TryLater:
    """The source cannot be reached; `fault` is the error's name."""
    return TryLater(text("{source} cannot be reached ({fault})", source=source, fault=fault), _USUAL_WAIT)


def too_slow(source: str) -> TryLater:
    """The source did not answer in time."""
    return TryLater(text("{source} did not answer in time", source=source), _USUAL_WAIT)


def unreadable(source: str, what: str) -> GiveUp:
    """The source's answer is not what its contract says; `what` says where."""
    return GiveUp(text("{source} answered what we cannot read ({what}): is its address right?", source=source, what=what[:200]))


def lacking(source: str, word: str) -> GiveUp:
    """The catalog does not say what the source needs to know."""
    return GiveUp(text("the catalog's `sources` does not say {word}, which {source} needs", word=word, source=source))
