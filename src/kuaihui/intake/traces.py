"""
What became of every alert, kept so that `why` can tell it long afterwards.

Rule 1: a trace says the verdict and the reason; a repeat of the same verdict on the same incident only adds to its count.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from datetime import datetime

import msgspec

from kuaihui.intake.alerts import CLEARED, FOLDED, REFUSED, Verdict
from kuaihui.intake.register import Entry
from kuaihui.intake.ringing import Misheard
from kuaihui.journal.journal import Trace
from kuaihui.language import Text, text

_EXPIRED = text("its source fell silent: it was not heard again before its deadline")
_REPEATED = text("told again as before: nothing new to write down")

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Text).decode


class Tracing:
    """Traces on their way to the journal."""

    def __init__(self) -> None:
        self._took: deque[tuple[Verdict, str, datetime]] = deque()
        self._made: deque[Trace] = deque()

    def __len__(self) -> int:
        return len(self._took) + len(self._made)

    def took(self, verdict: Verdict, incident: str, at: datetime) -> None:
        """An alert got this verdict."""
        self._took.append((verdict, incident, at))

    def expired(self, entry: Entry, at: datetime) -> None:
        """An alert's source fell silent."""
        self._repeats(entry, at)
        self._made.append(Trace(entry.alert.key, at, CLEARED, _encode(_EXPIRED), entry.alert.labels, entry.incident))

    def repeats(self, entries: Iterable[Entry], at: datetime) -> None:
        """Count the repeats that these alerts have had since they were last noted."""
        for entry in entries:
            self._repeats(entry, at)

    def _repeats(self, entry: Entry, at: datetime) -> None:
        if entry.repeats:
            self._made.append(
                Trace(entry.alert.key, entry.changed, FOLDED, _encode(_REPEATED), entry.alert.labels, entry.incident, entry.repeats, at)
            )
            entry.repeats = 0

    def next(self, most: int) -> list[Trace]:
        """Up to `most` traces, to be written now."""
        traces: list[Trace] = []
        while self._took and len(traces) < most:
            verdict, incident, at = self._took.popleft()
            alert = verdict.ringing.alert
            traces.append(Trace(alert.key, at, verdict.verdict, _encode(verdict.reason), alert.labels, incident))
        while self._made and len(traces) < most:
            traces.append(self._made.popleft())
        return traces


def refusal(misheard: Misheard, at: datetime) -> Trace:
    """The trace of what could not be understood."""
    reason = text(
        "refused by {rule} at {path}: {message}", rule=misheard.fault.rule_id, path=misheard.fault.path, message=misheard.fault.message
    )
    return Trace(misheard.key, at, REFUSED, _encode(reason), misheard.labels)


def reason_of(trace: Trace) -> Text:
    """The reason that a trace keeps."""
    return _decode(trace.reason)
