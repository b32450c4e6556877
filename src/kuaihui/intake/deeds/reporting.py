"""The situation report, as a responder writes it."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from kuaihui.briefing.situation_report import CADENCE, CLOSING, FIRST, report_of, superiors
from kuaihui.catalog.catalog import Catalog
from kuaihui.errors import Refused
from kuaihui.incident.fact import Fact
from kuaihui.incident.phases import Phase
from kuaihui.incident.repair import Reported
from kuaihui.incident.timeline import Timeline
from kuaihui.intake import signals
from kuaihui.language import plain, text

LONGEST_LINE: Final = 80  # characters: what the topic shows of a report


def report(deed: signals.Report, timeline: Timeline, catalog: Catalog, now: datetime) -> list[Fact]:
    """The superior is told how it stands, in the responder's words or in the draft's; the cadence begins anew."""
    to = superiors(timeline, catalog, now)
    if not to:
        raise Refused(text("the catalog names no superior for {service}", service=f"@service:{timeline.service}"))
    closed = timeline.phase is Phase.CLOSED
    kind = CLOSING if closed else CADENCE if timeline.has(Reported, timeline.occasion) else FIRST
    next_at = None if closed else now + catalog.service(timeline.service).superior.every
    words = plain(deed.words.strip()) if deed.words.strip() else report_of(timeline, catalog, now, next_at)
    said = timeline.last(Reported)
    if said is not None and (said.by, said.words) == (deed.person, words):
        return []
    first = deed.words.strip().splitlines()[0] if deed.words.strip() else ""
    why = plain(first if len(first) <= LONGEST_LINE else f"{first[:LONGEST_LINE]} …") if first else text("as the timeline has it")
    return [Reported(at=now, by=deed.person, to=to, kind=kind, words=words, reason=why, phase=timeline.phase.value, next_at=next_at)]
