"""Whether what broke works again, as far as the timeline shows: without that, no repair is called verified."""

from __future__ import annotations

from kuaihui.catalog.catalog import Catalog
from kuaihui.errors import Refused
from kuaihui.incident.alerts import AlertCleared, measured
from kuaihui.incident.repair import RECOVERED, SILENT, GateMeasured
from kuaihui.incident.timeline import Timeline
from kuaihui.incident.trains import Train
from kuaihui.language import Text, text


def not_back(timeline: Timeline, train: Train, catalog: Catalog) -> Text | None:
    """
    What still speaks against it; None where the signal is back to its usual level.

    The newest measurement of this hotfix decides; where there is none, or the source is silent, the alerts do.
    """
    numbered = [(number, one) for number, one in timeline.numbered(GateMeasured) if one.hotfix == train.hotfix]
    number, newest = numbered[-1] if numbered else (0, None)
    if newest is not None and newest.verdict == RECOVERED:
        return None
    if timeline.firing:
        if newest is not None and newest.value is not None and newest.verdict != SILENT:
            return text("it is still at {value}", value=measured(newest.value, newest.unit))
        return text("{count} alerts are still firing", count=len(timeline.firing))
    if newest is not None and newest.value is not None and not timeline.has(AlertCleared, number):
        return text("it is still at {value}", value=measured(newest.value, newest.unit))
    return None


def must_be_back(timeline: Timeline, train: Train, catalog: Catalog) -> None:
    """Raises Refused while what broke does not work again."""
    if seen := not_back(timeline, train, catalog):
        raise Refused(text("it is not verified: {seen}. It can be skipped, with a reason.", seen=seen))
