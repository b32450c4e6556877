"""
Ask for what is blank: what only people know, and nobody has written, is asked of whoever knows it, at its place in the document.

Rule 1: only sections that the template marks `.asked`, and each once an incident: silence is not asked again.
Rule 2: nobody is asked while users are still hurt: the document's are asked for once it is mitigated, the review's once it is drafted.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from kuaihui.briefing.document import Paper
from kuaihui.briefing.review_template import REVIEW
from kuaihui.catalog.catalog import Catalog
from kuaihui.duties.due import Due
from kuaihui.incident.fact import Fact
from kuaihui.incident.holders import holders
from kuaihui.incident.learning import ReviewDrafted, ReviewFinished
from kuaihui.incident.open_tasks import tasks
from kuaihui.incident.phases import Phase
from kuaihui.incident.recovery import Closed, Mitigated, ObservationStarted
from kuaihui.incident.room import AskedInDocument, DocumentCreated, DocumentEdited, DocumentKept
from kuaihui.incident.timeline import Timeline
from kuaihui.language import text
from kuaihui.orders import AskInDocument

# Whoever has just said that it is mitigated is often writing already.
ASK_AFTER: Final = timedelta(minutes=2)
_QUIET: Final = (Phase.MITIGATED, Phase.OBSERVING, Phase.CLOSED)
_MITIGATED: Final[tuple[type[Fact], ...]] = (Mitigated, ObservationStarted, Closed)


def due(timeline: Timeline, catalog: Catalog, now: datetime) -> Iterator[Due]:
    """A question for each section that is asked for and blank."""
    created, drafted = timeline.last(DocumentCreated), timeline.last(ReviewDrafted)
    if created and (quiet := _quiet(timeline)):
        yield from _ask(timeline, catalog, quiet, "", created.reference)
    if drafted and not timeline.has(ReviewFinished):
        yield from _ask(timeline, catalog, (timeline.number_of(drafted), drafted.at), REVIEW, drafted.reference)


def _quiet(timeline: Timeline) -> tuple[int, datetime] | None:
    """The fact since which users are not hurt any more, with its number; None while they are, and where nothing was broken."""
    closed = timeline.last(Closed)
    if timeline.phase not in _QUIET or (timeline.phase is Phase.CLOSED and closed and closed.verdict != "recovered"):
        return None
    since = next(((number, fact) for number, fact in timeline.of(_MITIGATED) if number > timeline.occasion), None)
    return (since[0], since[1].at) if since else None


def _ask(timeline: Timeline, catalog: Catalog, since: tuple[int, datetime], document: str, reference: str) -> Iterator[Due]:
    template = Paper(timeline, catalog, document).template
    asked = {fact.section for fact in timeline.all(AskedInDocument)}
    for section in template.sections if template else ():
        if section.asked and section.id not in asked and not _written(timeline, catalog, document, section.id, reference):
            name = section.name.told(catalog.language)
            words = text("“{section}” is not written yet, and you know it best: write it here, or answer this comment.", section=name)
            order = AskInDocument(
                occasion=since[0],
                section=section.id,
                heading=name,
                person=_who(timeline, catalog, section.id),
                words=words,
                document=document,
                reference=reference,
            )
            yield Due(since[1] + ASK_AFTER, order)


def _written(timeline: Timeline, catalog: Catalog, document: str, section: str, reference: str) -> bool:
    """Whether somebody has written a section; what the team's own template says is taken over when it is first kept, and is nobody's."""
    kept = next((number for number, fact in timeline.numbered(DocumentKept) if fact.reference == reference), len(timeline))
    return any(
        (fact.document, fact.section) == (document, section) and (number > kept or fact.by in catalog.people)
        for number, fact in timeline.numbered(DocumentEdited)
    )


def _who(timeline: Timeline, catalog: Catalog, section: str) -> str:
    """Whose task it is, if it is one; whoever leads the recovery; whoever leads; the service's owner."""
    held, task = holders(timeline), tasks(timeline).get(section)
    return (task.owner if task else "") or held.get("recovery-lead") or held.get("incident-lead") or catalog.service(timeline.service).owner
