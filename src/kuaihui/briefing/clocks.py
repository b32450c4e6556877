"""
The incident's clocks: detected, engaged, located, mitigated, recovered, each against its budget (1-5-10).

Rule 1: a clock runs from the break (when the alert says it began), not from when we heard of it: the house's own delay counts.
Rule 2: a recovery that was doubted has not stopped its clock: it stops with the observation that held.
Rule 3: after a re-opening the clocks run from the re-opening, so that a relapse is not hidden behind a quick first recovery.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

import msgspec

from kuaihui.catalog.services import Budgets
from kuaihui.incident.alerts import AlertFired, Reopened
from kuaihui.incident.fact import Fact
from kuaihui.incident.pages import Acknowledged
from kuaihui.incident.recovery import Closed, Mitigated, ObservationStarted, RecoveryDoubted
from kuaihui.incident.thinking import HypothesisConfirmed
from kuaihui.incident.timeline import Timeline
from kuaihui.language import Text, text

_SAID: Final = {
    "detect": text("detect"),
    "engage": text("engage"),
    "locate": text("locate"),
    "mitigate": text("mitigate"),
    "recover": text("recover"),
}


class Stamp(msgspec.Struct, frozen=True):
    """One clock: its budget, and when it stopped (None: it is running)."""

    name: str  # detect, engage, locate, mitigate, recover
    began: datetime
    budget: timedelta
    stopped: datetime | None = None

    @property
    def said(self) -> Text:
        """The clock's name in words."""
        return _SAID[self.name]

    def spent(self, now: datetime) -> timedelta:
        """How long it ran, or has run by now."""
        return (self.stopped or now) - self.began

    def kept(self, now: datetime) -> bool | None:
        """Whether the budget was kept; None while it still may be."""
        if self.stopped is None and self.spent(now) <= self.budget:
            return None
        return self.spent(now) <= self.budget


def broke_at(timeline: Timeline) -> datetime:
    """When it broke: the earliest start among the alerts of this occasion, as their source tells it."""
    if isinstance(timeline.facts[timeline.occasion], Reopened):
        return timeline.facts[timeline.occasion].at
    started = [alert.started for fact in timeline.all(AlertFired)[:1] for alert in fact.alerts]
    return min([timeline.opened.at, *started])


def stamps(timeline: Timeline, budgets: Budgets) -> list[Stamp]:
    """The clocks of this occasion, in the order of an incident's life."""
    broke, since = broke_at(timeline), timeline.occasion
    held = max([since, *(number for number, _ in timeline.numbered(RecoveryDoubted, since)[-1:])])
    recovered = _first(timeline, held, ObservationStarted) or _first(timeline, held, Closed)
    mitigated = min(filter(None, (_first(timeline, held, Mitigated), recovered)), key=lambda fact: fact.at, default=None)
    engaged = timeline.all(Acknowledged, since)
    return [
        Stamp("detect", broke, budgets.detect, timeline.facts[since].at),
        Stamp("engage", broke, budgets.engage, engaged[0].at if engaged else recovered.at if recovered else None),
        Stamp("locate", broke, budgets.locate, located_at(timeline)),
        Stamp("mitigate", broke, budgets.recover, mitigated.at if mitigated else None),
        Stamp("recover", broke, budgets.recover, recovered.at if recovered else None),
    ]


def _first(timeline: Timeline, since: int, kind: type[Fact]) -> Fact | None:
    return next(iter(timeline.all(kind, since)), None)


def located_at(timeline: Timeline) -> datetime | None:
    """When the cause was confirmed: by a check or by a person."""
    confirmed = timeline.all(HypothesisConfirmed, timeline.occasion)
    return confirmed[0].at if confirmed else None
