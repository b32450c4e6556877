"""
Escalation policies: who is paged, in which order, and how long each is waited for.

A target is one of: "oncall" (the service's rota), "rota:ID", "person:ID", "owner", "leader" (of the service), "leader-of-oncall",
"communicators", "operations", "testers", "superior" (the leader's leader), "role:ID" (who holds the role now), "backup-of-oncall".
"""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

from pydantic import Field

from kuaihui.catalog.shapes import Entry, Named, Span


class Level(Entry):
    """One step of a policy: these people, and the two clocks after which the next step is due."""

    notify: tuple[str, ...] = Field(min_length=1)
    # "any": one acknowledgement is enough; "all": the next level is due while anybody of this one has not acknowledged.
    answer: Literal["any", "all"] = "any"
    # STORY 2.1: an unread page escalates sooner than a read but unacknowledged one.
    unread_after: Span = timedelta(minutes=1)
    unacknowledged_after: Span = timedelta(minutes=5)


class Policy(Entry):
    """Levels in order; the whole policy is repeated `repeat` more times when nobody answers."""

    id: str
    name: Named
    levels: tuple[Level, ...] = Field(min_length=1)
    repeat: int = Field(default=2, ge=0, le=20)
    # Acknowledged, then nothing done or said for this long: paged again.
    silent_after: Span = timedelta(minutes=15)
