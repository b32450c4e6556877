"""
What the team has decided for a while, beside any incident: silences, maintenance windows, overrides of a rota.

Rule 1: a note is never edited: it stands from `since` until `until`, or until somebody ends it; to change one, end it and write another.
Rule 2: an ended note is kept, so that what it did can be looked up as long as there is a journal.
"""

from __future__ import annotations

from datetime import datetime

import msgspec


class Note(msgspec.Struct, frozen=True):
    """
    One decision of the team's.

    `kind` says what `body` (JSON) is; it holds from `since` until `until` (UTC). `by` wrote it at `at`. `ended`, where somebody ended it
    early, is when, and `ended_by` who.
    """

    id: str
    kind: str
    body: bytes
    since: datetime
    until: datetime
    by: str
    at: datetime
    ended: datetime | None = None
    ended_by: str = ""

    @property
    def over(self) -> datetime:
        """When it stops holding."""
        return self.until if self.ended is None else min(self.until, self.ended)

    def holds(self, at: datetime) -> bool:
        """Whether it holds at this instant."""
        return self.since <= at < self.over


def in_order(note: Note) -> tuple[datetime, datetime, str]:
    """What notes are listed by: the one that begins first, first."""
    return note.since, note.at, note.id
