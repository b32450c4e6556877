"""
What became of alerts, kept so that `why` can tell it long afterwards.

Rule 1: what a fact tells of an alert is not written down again (see `became.py`).
Rule 2: a trace says the verdict and the reason; a repeat of the same verdict on the same incident only adds to its count.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

import msgspec

from kuaihui.intake.alerts import CLEARED, FOLDED, REFUSED, Verdict, untold
from kuaihui.intake.register import Entry
from kuaihui.intake.ringing import Misheard
from kuaihui.journal.journal import Trace
from kuaihui.language import Text, text

# Reasons kept as they are written; those that name a number are made anew each time.
MOST_REASONS: Final = 500

EXPIRED: Final = text("its source fell silent: it was not heard again before its deadline")
_REPEATED = text("told again as before: nothing new to write down")

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Text).decode


class Tracing:
    """Traces on their way to the journal."""

    def __init__(self) -> None:
        self._took: deque[tuple[Sequence[Verdict], str, datetime]] = deque()
        self._made: deque[Trace] = deque()
        self._waiting = 0

    def __len__(self) -> int:
        return self._waiting + len(self._made)

    def took(self, verdicts: Sequence[Verdict], incident: str, at: datetime) -> None:
        """Alerts of this incident got these verdicts."""
        if beside := untold(verdicts):
            self._took.append((beside, incident, at))
            self._waiting += len(beside)

    def expired(self, entry: Entry, at: datetime, *, told: bool) -> None:
        """An alert's source fell silent; `told`: a fact tells it."""
        self._repeats(entry, at)
        if not told:
            self._made.append(Trace(entry.alert.key, at, CLEARED, _encode(EXPIRED), entry.alert.labels, entry.incident))

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
        """About `most` traces, to be written now."""
        traces: list[Trace] = []
        while self._took and len(traces) < most:
            verdicts, incident, at = self._took.popleft()
            self._waiting -= len(verdicts)
            for verdict in verdicts:
                alert = verdict.ringing.alert
                traces.append(Trace(alert.key, at, verdict.verdict, written(verdict.reason), alert.labels, incident))
        while self._made and len(traces) < most:
            traces.append(self._made.popleft())
        return traces


# A few dozen reasons serve all alerts. By the identity of the text, which stands in the value so that no other can take its identity.
_known: Final[dict[int, tuple[Text, bytes]]] = {}


def written(reason: Text) -> bytes:
    """A reason as traces keep it."""
    known = _known.get(id(reason))
    if known is None:
        if len(_known) > MOST_REASONS:
            _known.clear()
        known = _known[id(reason)] = (reason, _encode(reason))
    return known[1]


def refusal(misheard: Misheard, at: datetime) -> Trace:
    """The trace of what could not be understood."""
    reason = text(
        "refused by {rule} at {path}: {message}", rule=misheard.fault.rule_id, path=misheard.fault.path, message=misheard.fault.message
    )
    return Trace(misheard.key, at, REFUSED, _encode(reason), misheard.labels)


def reason_of(trace: Trace) -> Text:
    """The reason that a trace keeps."""
    return _decode(trace.reason)
