"""
The silences and maintenance windows in force: what they hide, and what is said of it.

Rule 1: every alert that is hidden is hidden by a rule with a name, and leaves a trace with it.
Rule 2: the author and the comment go along with the reason, so that nobody has to look them up.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final

import msgspec

from kuaihui.catalog.silences import Maintenance, Quiet, Silence
from kuaihui.journal.notes import Note
from kuaihui.language import Text, text

SILENCE: Final = "silence"
MAINTENANCE: Final = "maintenance"
KINDS: Final = (SILENCE, MAINTENANCE)

SILENCED: Final = "silenced"
INHIBITED: Final = "inhibited"
RELEASED: Final = "released"


class Hidden(msgspec.Struct, frozen=True):
    """Why an alert wakes nobody: the verdict, the rule's id (as in `Trace.rule`), the reason in words."""

    verdict: str
    rule: str
    reason: Text


class _SilenceBody(msgspec.Struct):
    matchers: str
    comment: str


class _MaintenanceBody(msgspec.Struct):
    services: tuple[str, ...]
    comment: str


def kept(quiet: Quiet, at: datetime) -> Note:
    """A silence or window as the journal keeps it."""
    if isinstance(quiet, Silence):
        kind, body = SILENCE, msgspec.json.encode(_SilenceBody(quiet.matchers, quiet.comment))
    else:
        kind, body = MAINTENANCE, msgspec.json.encode(_MaintenanceBody(quiet.services, quiet.comment))
    return Note(quiet.id, kind, body, quiet.since, quiet.until, quiet.author, at)


def quiet_of(note: Note) -> Quiet:
    """The silence or window that a note keeps, as long as it really held."""
    if note.kind == SILENCE:
        silence = msgspec.json.decode(note.body, type=_SilenceBody)
        return Silence(note.id, silence.matchers, silence.comment, note.by, note.since, note.over)
    window = msgspec.json.decode(note.body, type=_MaintenanceBody)
    return Maintenance(note.id, window.services, window.comment, note.by, note.since, note.over)


def reason_of(quiet: Quiet) -> Text:
    """What is said of an alert that it hides."""
    who, says = f"@{quiet.author}", {"words": quiet.comment}
    comment = Text("{words}", dict(says))
    if isinstance(quiet, Silence):
        return text("silence {id} of {author}: {comment}", id=quiet.id, author=who, comment=comment)
    return text("maintenance {id} of {author}: {comment}", id=quiet.id, author=who, comment=comment)


class Silences:
    """Those that hold now or will, ready to be asked for each alert."""

    def __init__(self, quiets: Sequence[Quiet] = ()) -> None:
        self.all = tuple(quiets)
        self._by_id = {quiet.id: quiet for quiet in quiets}

    def __bool__(self) -> bool:
        return bool(self.all)

    def hides(self, labels: Mapping[str, str], service: str, now: datetime) -> Hidden | None:
        """By which of them an alert is hidden at this instant."""
        for quiet in self.all:
            if quiet.since <= now < quiet.until and quiet.hides(labels, service):
                return Hidden(SILENCED, quiet.id, reason_of(quiet))
        return None

    def holds(self, id: str, now: datetime) -> bool:
        """Whether this one is in force at this instant."""
        quiet = self._by_id.get(id)
        return quiet is not None and quiet.since <= now < quiet.until

    def ends(self, id: str) -> datetime | None:
        """When this one is over; None where it is not known."""
        quiet = self._by_id.get(id)
        return quiet.until if quiet else None


def would_hide(quiet: Quiet, alerts: Iterable[tuple[Mapping[str, str], str]]) -> list[bool]:
    """For each alert (its labels and service): whether this silence or window hides it while it holds."""
    return [quiet.hides(labels, service) for labels, service in alerts]
