"""
Weigh the changes: which of them may have caused it, and which did not, with the reason.

Rule 1: what a person excluded stays excluded, in their words; the house says nothing more of it.
Rule 2: only the likeliest and nearest are told, so that a busy week does not fill the topic.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from kuaihui.briefing.clocks import broke_at
from kuaihui.catalog.catalog import Catalog
from kuaihui.diagnosis.suspect_changes import Suspicion, suspicions
from kuaihui.duties.due import Conclude
from kuaihui.duties.take_the_first_look import BROKEN
from kuaihui.incident.evidence import ChangesListed
from kuaihui.incident.thinking import ChangeExcluded, ChangeSuspected
from kuaihui.incident.timeline import Timeline

MOST_SUSPECTED: Final = 3
MOST_EXCLUDED: Final = 3


def due(timeline: Timeline, catalog: Catalog, now: datetime) -> Iterator[Conclude]:
    """A verdict for each change worth one that has none yet."""
    listed = timeline.last(ChangesListed, timeline.occasion)
    if listed is None or timeline.phase not in BROKEN:
        return
    since = timeline.occasion
    judged = {fact.change for fact in (*timeline.all(ChangeSuspected, since), *timeline.all(ChangeExcluded, since))}
    for one in _worth_telling(suspicions(listed.changes, timeline.service, catalog, broke_at(timeline))):
        if one.change.id not in judged:
            yield Conclude(now, _verdict(one, now))


def _worth_telling(weighed: list[Suspicion]) -> Iterator[Suspicion]:
    yield from [one for one in weighed if not one.excluded][:MOST_SUSPECTED]
    yield from [one for one in weighed if one.excluded][:MOST_EXCLUDED]


def _verdict(one: Suspicion, now: datetime) -> ChangeSuspected | ChangeExcluded:
    change, title = one.change, one.change.title or one.change.id
    if one.excluded:
        return ChangeExcluded(at=now, change=change.id, title=title, reason=one.reason)
    return ChangeSuspected(
        at=now,
        change=change.id,
        title=title,
        service=change.service,
        kind=change.kind,
        author=change.author,
        made=change.at,
        score=round(one.score, 3),
        reason=one.reason,
        link=change.link,
    )
