"""Whether what broke works again, as far as the timeline shows: without that, no repair is called verified."""

from __future__ import annotations

from typing import Final

from kuaihui.errors import Refused
from kuaihui.incident.alerts import AlertCleared, AlertFired, measured
from kuaihui.incident.recovery import WELL, RecoveryMeasured
from kuaihui.incident.repair import RECOVERED, GateMeasured
from kuaihui.incident.timeline import Timeline
from kuaihui.incident.trains import Train
from kuaihui.language import Text, text

CANARY: Final = "canary"  # what is well there is well for a few only


def not_back(timeline: Timeline, train: Train) -> Text | None:
    """
    What still speaks against it; None where the signal is back to its usual level.

    The newest value that was measured for all users decides, until alerts say otherwise; where there is none, the alerts do.
    """
    read = _newest(timeline, train)
    if read is None:
        return text("{count} alerts are still firing", count=len(timeline.firing)) if timeline.firing else None
    number, value, well = read
    if well:
        again = timeline.firing and timeline.has(AlertFired, number)
        return text("{count} alerts are still firing", count=len(timeline.firing)) if again else None
    if not timeline.firing and timeline.has(AlertCleared, number):
        return None
    return text("it is still at {value}", value=value)


def _newest(timeline: Timeline, train: Train) -> tuple[int, str, bool] | None:
    """The number, value and verdict of the newest measurement that had a value."""
    found = [
        (number, measured(one.value, one.unit), one.verdict == RECOVERED)
        for number, one in timeline.numbered(GateMeasured, train.number)
        if one.hotfix == train.hotfix and one.gate != CANARY and one.value is not None
    ]
    found += [
        (number, measured(one.value, one.unit), one.verdict == WELL)
        for number, one in timeline.numbered(RecoveryMeasured, train.number)
        if not one.supporting and one.value is not None
    ]
    return max(found, default=None)


def must_be_back(timeline: Timeline, train: Train) -> None:
    """Raises Refused while what broke does not work again."""
    if seen := not_back(timeline, train):
        raise Refused(text("it is not verified: {seen}. It can be skipped, with a reason.", seen=seen))
