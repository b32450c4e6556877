"""What is broken and how badly: the alerts of an incident, their values, its severity."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

from kuaihui.incident.fact import Fact
from kuaihui.language import Text, text


class Alert(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """
    One alert as it was heard.

    `key` is our fingerprint of its labels, the same whichever door it came in by; `started` begins its episode (UTC); `ends` is when it
    counts as over unless it is heard again (None: only a "resolved" ends it). Told in a chat, it names its `message` and that `chat`.
    """

    key: str
    name: str
    labels: dict[str, str]
    started: datetime
    value: float | None = None
    summary: str = ""
    link: str = ""
    source: str = ""
    ends: datetime | None = None
    message: str = ""
    chat: str = ""


def measured(value: float, unit: str = "") -> str:
    """A value with its unit as people read it: a "ratio" of 0.15 is 15 %."""
    if unit == "ratio":
        return f"{value * 100:.3g} %"
    return (f"{value:,.0f} {unit}" if abs(value) >= 1000 else f"{value:.4g} {unit}").strip()


class QuotedLevel(msgspec.Struct, frozen=True):
    """One step of the escalation policy as it stood when the incident was opened."""

    notify: tuple[str, ...]
    answer: str
    unread_after: timedelta
    unacknowledged_after: timedelta


class QuotedPolicy(msgspec.Struct, frozen=True):
    """The escalation policy in force when the incident was opened: an edit during an outage changes the next one."""

    id: str
    levels: tuple[QuotedLevel, ...]
    repeat: int
    silent_after: timedelta


class Opened(Fact, frozen=True, kw_only=True, tag=True):
    """
    An incident began. `rule` names the catalog's rule that matched; `group` are the labels its alerts agree on.

    A `drill` is acted out; it rings a telephone only where `telephones` says that somebody asked for it.
    """

    service: str
    title: str
    severity: int
    policy: QuotedPolicy
    rule: Text
    group: dict[str, str] = {}
    catalog: str = ""  # version of the catalog that was in force
    drill: bool = False
    telephones: bool = False

    @property
    def key(self) -> str:
        """What an alert must agree on to join: the service and the grouping labels."""
        return "|".join((self.service, *(f"{name}={value}" for name, value in sorted(self.group.items()))))

    @property
    def said(self) -> Text:
        return text("incident opened: {title} (severity {severity})", title=self.title, severity=self.severity)


class AlertFired(Fact, frozen=True, kw_only=True, tag=True):
    """Alerts of this incident began to fire: all that one hearing brought."""

    alerts: tuple[Alert, ...]

    @property
    def measured(self) -> bool:
        """Whether any of them brought a value."""
        return any(alert.value is not None for alert in self.alerts)

    @property
    def said(self) -> Text:
        first = self.alerts[0]
        shown = Text("{words}", {"words": first.summary or first.name})
        if len(self.alerts) > 1:
            return text("{count} alerts firing, among them {alert}", count=len(self.alerts), alert=shown)
        return text("alert firing: {alert}", alert=shown)


class AlertMeasured(Fact, frozen=True, kw_only=True, tag=True):
    """A firing alert's value moved by enough to matter."""

    key: str
    value: float
    unit: str = ""

    @property
    def said(self) -> Text:
        return text("the alert's value is {value}", value=measured(self.value, self.unit))


class AlertCleared(Fact, frozen=True, kw_only=True, tag=True):
    """Alerts stopped firing; `how` is "resolved" (its source said so) or "expired" (its source fell silent)."""

    keys: tuple[str, ...]
    how: str = "resolved"

    @property
    def said(self) -> Text:
        if self.how == "expired":
            return text("alerts expired, their source has fallen silent: {count}", count=len(self.keys))
        return text("alert resolved") if len(self.keys) == 1 else text("{count} alerts resolved", count=len(self.keys))


class SeverityChanged(Fact, frozen=True, kw_only=True, tag=True):
    """How bad it is was judged anew (1 is the worst)."""

    was: int
    severity: int
    reason: Text

    @property
    def said(self) -> Text:
        return text("severity {was} → {severity}: {reason}", was=self.was, severity=self.severity, reason=self.reason)


class Worsened(Fact, frozen=True, kw_only=True, tag=True):
    """The signal got so much worse that people are paged again."""

    was: float
    value: float
    unit: str = ""

    @property
    def said(self) -> Text:
        return text("worsened: {was} → {value}", was=measured(self.was, self.unit), value=measured(self.value, self.unit))


class Reopened(Fact, frozen=True, kw_only=True, tag=True):
    """It broke again, in observation or after it was closed: a new occasion to page."""

    reason: Text

    @property
    def said(self) -> Text:
        return text("re-opened: {reason}", reason=self.reason)
