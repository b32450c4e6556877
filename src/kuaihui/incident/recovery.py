"""The way out: mitigated, observed, closed. Mitigated and resolved are different stamps."""

from __future__ import annotations

from datetime import datetime

from kuaihui.incident.fact import Fact
from kuaihui.language import Text, text


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
