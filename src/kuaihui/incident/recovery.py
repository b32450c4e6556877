"""The way out: mitigated, observed, closed. Mitigated and resolved are different stamps."""

from __future__ import annotations

from datetime import datetime

from kuaihui.incident.alerts import measured
from kuaihui.incident.fact import Fact
from kuaihui.language import Text, plain, text

WELL = "well"
BAD = "bad"
SILENT = "silent"


class Mitigated(Fact, frozen=True, kw_only=True, tag=True):
    """Users are no longer hurt, says `by`; what broke may still be broken."""

    reason: Text

    @property
    def said(self) -> Text:
        return text("{by} calls it mitigated: {reason}", by=f"@{self.by}", reason=self.reason)


class ObservationStarted(Fact, frozen=True, kw_only=True, tag=True):
    """The signal is back to its usual level: watched until the instant `until`."""

    until: datetime
    reason: Text

    @property
    def said(self) -> Text:
        return text("under observation: {reason}", reason=self.reason)


class RecoveryDoubted(Fact, frozen=True, kw_only=True, tag=True):
    """Recovery is in doubt: the incident is being worked on again without a new page."""

    reason: Text

    @property
    def said(self) -> Text:
        return text("recovery is in doubt: {reason}", reason=self.reason)


class RecoveryMeasured(Fact, frozen=True, kw_only=True, tag=True):
    """
    A signal was measured to prove the recovery; written down when the verdict changes.

    `verdict` is "well" (back to usual), "bad" (not yet) or "silent" (no value can be had, `reason` says why). `value` is the newest one,
    `limit` the bound it is held against. `number` is the fact it rests on. `supporting`: not the signal that broke, but one of its cause,
    which stood at `peak` at most while it was broken.
    """

    verdict: str
    what: str
    value: float | None = None
    limit: float | None = None
    unit: str = ""
    number: int | None = None
    supporting: bool = False
    reason: Text | None = None
    peak: float | None = None

    @property
    def said(self) -> Text:
        what, value = plain(self.what), measured(self.value or 0.0, self.unit)
        if self.supporting and self.verdict == SILENT:
            return text("supporting signal {what} tells nothing: {reason}", what=what, reason=self.reason or text("it has no value"))
        if self.supporting and self.peak is not None:
            told = {"what": what, "value": value, "peak": measured(self.peak, self.unit)}
            if self.verdict == WELL:
                return text("supporting signal {what} has fallen to {value} ({peak} while it was broken)", **told)
            return text("supporting signal {what} has not fallen yet: {value} ({peak} while it was broken)", **told)
        if self.verdict == SILENT or self.value is None:
            return text("recovery cannot be measured on {what}: {reason}", what=what, reason=self.reason or text("it has no value"))
        if self.supporting:
            if self.verdict == WELL:
                return text("supporting signal {what} has fallen to {value}", what=what, value=value)
            return text("supporting signal {what} has not fallen: {value}", what=what, value=value)
        limit = measured(self.limit or 0.0, self.unit)
        if self.verdict == WELL:
            return text("measured: {what} is back to {value} (usually at most {limit})", what=what, value=value, limit=limit)
        return text("measured: {what} is still at {value} (usually at most {limit})", what=what, value=value, limit=limit)


class Resolved(Fact, frozen=True, kw_only=True, tag=True):
    """What broke works again, says `by`; the observation window proves it."""

    reason: Text

    @property
    def said(self) -> Text:
        return text("{by} calls it resolved: {reason}", by=f"@{self.by}", reason=self.reason)


class Closed(Fact, frozen=True, kw_only=True, tag=True):
    """The incident is over; `verdict` is "recovered" or "false alarm"."""

    verdict: str
    reason: Text

    @property
    def said(self) -> Text:
        return text("closed: {reason}", reason=self.reason)
