"""How bad it is, and the way out."""

from __future__ import annotations

from datetime import datetime

from kuaihui.catalog.catalog import Catalog
from kuaihui.errors import Refused
from kuaihui.incident.alerts import SeverityChanged
from kuaihui.incident.fact import Fact
from kuaihui.incident.phases import Phase
from kuaihui.incident.recovery import Closed, Mitigated, RecoveryDoubted, Resolved
from kuaihui.incident.timeline import Timeline
from kuaihui.intake import signals
from kuaihui.intake.deeds.refusing import reason, still_open
from kuaihui.language import text


def set_severity(deed: signals.SetSeverity, timeline: Timeline, catalog: Catalog, now: datetime) -> list[Fact]:
    """The severity as a person judges it."""
    if not 1 <= deed.severity <= 5:
        raise Refused(text("a severity is a number from {least} (the worst) to {most}", least=1, most=5))
    if deed.severity == timeline.severity:
        return []
    return [SeverityChanged(at=now, by=deed.person, was=timeline.severity, severity=deed.severity, reason=reason(deed.reason))]


def mitigate(deed: signals.Mitigate, timeline: Timeline, catalog: Catalog, now: datetime) -> list[Fact]:
    """Users are no longer hurt."""
    still_open(timeline)
    if timeline.phase in (Phase.MITIGATED, Phase.OBSERVING):
        return []
    return [Mitigated(at=now, by=deed.person, reason=reason(deed.reason))]


def resolve(deed: signals.Resolve, timeline: Timeline, catalog: Catalog, now: datetime) -> list[Fact]:
    """What broke works again; the observation has to prove it."""
    still_open(timeline)
    return [] if timeline.phase is Phase.OBSERVING else [Resolved(at=now, by=deed.person, reason=reason(deed.reason))]


def doubt(deed: signals.DoubtRecovery, timeline: Timeline, catalog: Catalog, now: datetime) -> list[Fact]:
    """It is not over."""
    if timeline.phase not in (Phase.MITIGATED, Phase.OBSERVING):
        raise Refused(text("recovery can be doubted only while it is mitigated or under observation"))
    return [RecoveryDoubted(at=now, by=deed.person, reason=reason(deed.reason))]


def declare_false_alarm(deed: signals.DeclareFalseAlarm, timeline: Timeline, catalog: Catalog, now: datetime) -> list[Fact]:
    """Nothing was broken: closed at once."""
    still_open(timeline)
    why = text("{by} calls it a false alarm: {reason}", by=f"@{deed.person}", reason=reason(deed.reason))
    return [Closed(at=now, by=deed.person, verdict="false alarm", reason=why)]
