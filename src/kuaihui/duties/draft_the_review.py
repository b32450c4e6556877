"""
Draft the review: on closing there is a draft to begin from, made from the timeline; a day later somebody is reminded of it.

Rule 1: whatever somebody worked on is reviewed, and whatever was severe; an alert that cleared by itself is not.
Rule 2: one draft an incident: after a relapse and another closing it goes on where it was.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from kuaihui.briefing.review_template import review_template
from kuaihui.catalog.catalog import Catalog
from kuaihui.catalog.wall_clock import zone
from kuaihui.duties.due import Due
from kuaihui.incident.holders import holders
from kuaihui.incident.learning import ReviewDrafted, ReviewFinished
from kuaihui.incident.pages import Acknowledged
from kuaihui.incident.phases import Phase
from kuaihui.incident.recovery import Closed
from kuaihui.incident.timeline import Timeline
from kuaihui.language import say, text
from kuaihui.orders import DraftReview, Tell

REMIND_AFTER: Final = timedelta(hours=24)
SEVERE: Final = 2


def due(timeline: Timeline, catalog: Catalog, now: datetime) -> Iterator[Due]:
    """The draft, a word to whoever is to go through it, and the reminder a day later."""
    drafted = timeline.numbered(ReviewDrafted)
    if not drafted:
        if timeline.phase is Phase.CLOSED and _worth_reviewing(timeline):
            number, closed = timeline.numbered(Closed)[-1]
            yield Due(closed.at, DraftReview(occasion=number, title=review_title(timeline, catalog), template="review"))
        return
    number, draft = drafted[0]
    who = _whose(timeline, catalog)
    words = text("The review is drafted: 《{title}》 {link} — go through it while people remember.", title=draft.title, link=draft.link)
    yield Due(draft.at, Tell(occasion=number, person=who, about="review", words=words))
    if not timeline.has(ReviewFinished) and not timeline.opened.drill:
        again = text("The review 《{title}》 is not finished yet: {link}", title=draft.title, link=draft.link)
        yield Due(draft.at + REMIND_AFTER, Tell(occasion=number, person=who, about="review reminder", words=again))


def _worth_reviewing(timeline: Timeline) -> bool:
    closed = timeline.last(Closed)
    return bool(closed) and closed.verdict == "recovered" and (timeline.has(Acknowledged) or timeline.severity <= SEVERE)


def _whose(timeline: Timeline, catalog: Catalog) -> str:
    """Who leads the review: the incident lead, the fast-recovery lead, or the service's owner."""
    held = holders(timeline)
    return held.get("incident-lead") or held.get("recovery-lead") or catalog.service(timeline.service).owner


def review_title(timeline: Timeline, catalog: Catalog) -> str:
    """The review's title by its template's rule, in the team's language and time zone."""
    service = catalog.service(timeline.service)
    word = next((alert.labels.get("short", alert.name) for alert in timeline.alerts.values()), timeline.opened.title)
    local = timeline.opened.at.astimezone(zone(catalog.time_zone))
    name = service.name.told(catalog.language)
    title = review_template(catalog).titled(catalog.language, local, name, service.shorts.get(word, word))
    return say(text("[Drill] {title}", title=title), catalog.language) if timeline.opened.drill else title
