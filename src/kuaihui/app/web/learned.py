"""What stays of an incident, as its page shows it: tasks by how soon they are due, who was out of reach, the review."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from kuaihui.incident.learning import LateOneCaughtUp, ReachabilityFound, ReviewDrafted, ReviewFinished, SimilarFound
from kuaihui.incident.open_tasks import Task
from kuaihui.incident.timeline import Timeline


class Learned(msgspec.Struct):
    """Earlier incidents like this one, who came late and is back, gaps in reaching people, and how far the review is."""

    similar: SimilarFound | None
    late: list[LateOneCaughtUp]
    gaps: list[ReachabilityFound]
    review: ReviewDrafted | None
    finished: ReviewFinished | None

    @property
    def empty(self) -> bool:
        """Whether there is nothing of it yet."""
        return not (self.similar or self.late or self.gaps or self.review)


def learned(timeline: Timeline) -> Learned:
    """What there is to learn so far."""
    return Learned(
        timeline.last(SimilarFound),
        timeline.all(LateOneCaughtUp),
        timeline.all(ReachabilityFound),
        timeline.last(ReviewDrafted),
        timeline.last(ReviewFinished),
    )


def by_need(known: Iterable[Task]) -> list[Task]:
    """What is still to be done first, the soonest due before the others."""
    return sorted(known, key=lambda one: (one.done is not None, one.due is None, one.due or one.made))
