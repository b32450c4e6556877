"""
Take the first look: metrics and logs of the last hour, changes of the last week, Redis; again when it worsens.

Rule 1: each look is an order of its own, with a time-out of its own: none waits for another, and no page waits for any.
Rule 2: what the catalog names no source for is not asked.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from kuaihui.briefing.clocks import broke_at
from kuaihui.catalog.catalog import Catalog
from kuaihui.duties.due import Due
from kuaihui.duties.questions import Asking
from kuaihui.incident.alerts import Worsened
from kuaihui.incident.phases import Phase
from kuaihui.incident.timeline import Timeline

ASKER: Final = "first_look"
BROKEN: Final = (Phase.OPEN, Phase.ENGAGED)


def due(timeline: Timeline, catalog: Catalog, now: datetime) -> Iterator[Due]:
    """Every question of the first look, at the opening, a re-opening and each worsening."""
    service = catalog.services.get(timeline.service)
    if service is None or timeline.phase not in BROKEN:
        return
    since = timeline.occasion
    for occasion in (since, *(number for number, _ in timeline.numbered(Worsened, since))):
        for look in Asking(service, occasion, ASKER, broke_at(timeline), now, catalog.language).everything():
            yield Due(timeline.facts[occasion].at, look)
