"""
Match the runbooks: those that fit what is seen, with the reason; that none fits is said too, and stays a gap to close.

Rule 1: "none fits" is said only once the logs have been read, or nobody can read them; a runbook that fits later is still told.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from kuaihui.catalog.catalog import Catalog
from kuaihui.diagnosis.fitting_runbooks import fitting
from kuaihui.duties.due import Conclude
from kuaihui.duties.take_the_first_look import ASKER, BROKEN
from kuaihui.incident.evidence import LogsSearched
from kuaihui.incident.thinking import NoRunbookFits, RunbooksMatched
from kuaihui.incident.timeline import Timeline
from kuaihui.orders import SearchLogs


def due(timeline: Timeline, catalog: Catalog, now: datetime) -> Iterator[Conclude]:
    """The runbooks that fit and have not been told; or that there is none."""
    if timeline.phase not in BROKEN:
        return
    since = timeline.occasion
    fits = fitting(timeline, catalog.runbooks, catalog.language)
    if fits:
        told = {one.runbook for fact in timeline.all(RunbooksMatched, since) for one in fact.fitting}
        if any(one.runbook not in told for one in fits):
            yield Conclude(now, RunbooksMatched(at=now, fitting=tuple(fits)))
    elif not timeline.has(NoRunbookFits, since) and _logs_are_read(timeline, catalog):
        yield Conclude(now, NoRunbookFits(at=now, looked_at=len(catalog.runbooks)))


def _logs_are_read(timeline: Timeline, catalog: Catalog) -> bool:
    """Whether the first look at the logs has come to its end, one way or another."""
    service = catalog.services.get(timeline.service)
    if service is None or not service.sources.logs or timeline.has(LogsSearched, timeline.occasion):
        return True
    asked = (fact.order for fact in timeline.orders.values())
    answers = [timeline.answers.get(look.identity) for look in asked if isinstance(look, SearchLogs) and look.asked_by == ASKER]
    return any(answer is not None and answer.outcome != "later" for answer in answers)
