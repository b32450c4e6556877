"""
Watch the recovery: cleared, then observed for the service's window, then closed.

Rule 1: an incident is closed by the house only after a whole window without a firing alert.
Rule 2: a word that it is resolved does not start the window while an alert is still firing.
Rule 3: a relapse in the window re-opens (that is heard in intake) and a doubt begins the window anew when it is settled.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from kuaihui.catalog.catalog import Catalog
from kuaihui.duties.due import Conclude
from kuaihui.incident.alerts import AlertCleared
from kuaihui.incident.phases import Phase
from kuaihui.incident.recovery import Closed, ObservationStarted, RecoveryDoubted, Resolved
from kuaihui.incident.timeline import Timeline
from kuaihui.language import Text, text


def due(timeline: Timeline, catalog: Catalog, now: datetime) -> Iterator[Conclude]:
    """The start of the observation once everything has cleared, and the closing at its end."""
    if timeline.firing or timeline.phase is Phase.CLOSED:
        return
    window = catalog.services[timeline.service].observe_for
    if timeline.phase is Phase.OBSERVING:
        watched = timeline.last(ObservationStarted)
        if watched:
            reason = text(
                "no alert for the whole observation of {minutes} min", minutes=round((watched.until - watched.at).total_seconds() / 60, 1)
            )
            yield Conclude(watched.until, Closed(at=watched.until, verdict="recovered", reason=reason))
    elif (calm := calm_since(timeline)) is not None:
        at, reason = calm
        yield Conclude(at, ObservationStarted(at=at, until=max(now, at) + window, reason=reason))


def calm_since(timeline: Timeline) -> tuple[datetime, Text] | None:
    """Since when nothing is firing, and who or what says so; None while recovery is in doubt."""
    doubted = timeline.numbered(RecoveryDoubted)
    since = doubted[-1][0] if doubted else timeline.occasion
    if resolved := timeline.last(Resolved, since):
        return resolved.at, resolved.said
    if cleared := timeline.last(AlertCleared, since):
        silent = cleared.how == "expired"
        return cleared.at, text("every alert expired: the source is silent") if silent else text("every alert has cleared")
    return None
