"""Roles of an incident: who is proposed for one, when it is needed, and what its holder does."""

from __future__ import annotations

from datetime import timedelta

from pydantic import Field

from kuaihui.catalog.shapes import Entry, Named, Span


class Role(Entry):
    """A part somebody takes in an incident."""

    id: str
    name: Named
    # Targets (see policies) in the order they are proposed.
    candidates: tuple[str, ...] = ()
    needed_from: int = Field(default=3, ge=1, le=5)  # proposed for incidents at least this severe
    # A holder who has neither read, joined, said nor done anything for this long is absent.
    absent_after: Span = timedelta(minutes=2)
    checklist: tuple[Named, ...] = ()
