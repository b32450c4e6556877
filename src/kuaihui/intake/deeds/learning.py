"""What is learned: the review."""

from __future__ import annotations

from datetime import datetime

from kuaihui.catalog.catalog import Catalog
from kuaihui.errors import Refused
from kuaihui.incident.fact import Fact
from kuaihui.incident.learning import ReviewDrafted, ReviewFinished
from kuaihui.incident.timeline import Timeline
from kuaihui.intake import signals
from kuaihui.language import text


def finish_review(deed: signals.FinishReview, timeline: Timeline, catalog: Catalog, now: datetime) -> list[Fact]:
    """The review is held and written; nobody is reminded of it any more."""
    if not timeline.has(ReviewDrafted):
        raise Refused(text("the review is not there yet: it is drafted when the incident is closed"))
    drafted = timeline.numbered(ReviewDrafted)[-1][0]
    return [] if timeline.has(ReviewFinished, drafted) else [ReviewFinished(at=now, by=deed.person)]
