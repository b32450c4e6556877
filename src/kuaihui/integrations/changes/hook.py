"""
POST /hooks/changes: a pipeline tells what it changed.

Rule 1: a change is kept once: told again with the same id, status and instant, it changes nothing; a new status is told beside the old one.
Rule 2: what is told is scrubbed before it is kept.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

import msgspec

from kuaihui.diagnosis.scrubbing import DEFAULT
from kuaihui.incident.evidence import Change
from kuaihui.intake.instants import start
from kuaihui.intake.labels import malformed
from kuaihui.intake.ringing import unusable
from kuaihui.journal.notes import Note
from kuaihui.language import text

KIND: Final = "change"
_SHORT, _LONG = 200, 2_000
MOST: Final = 100  # changes in one body


class Told(msgspec.Struct, kw_only=True):
    """One change in the sender's words; `at` is RFC 3339, left out: now. `source` names the pipeline."""

    title: str
    kind: str = "deployment"
    id: str = ""
    at: str = ""
    service: str = ""
    author: str = ""
    link: str = ""
    environment: str = ""
    status: str = ""
    size: int | None = None
    source: str = "changes"


_one_or_many: Final[msgspec.json.Decoder[Told | list[Told]]] = msgspec.json.Decoder(Told | list[Told])


def hear(body: bytes, now: datetime) -> list[Change]:
    """The changes of a body: one object, or a list of them. Raises Unusable, which says where."""
    try:
        told = _one_or_many.decode(body)
    except msgspec.ValidationError as wrong:
        raise unusable(
            "changes.form", "", text("a change has a title, and its other words are texts: {what}", what=str(wrong)[:200])
        ) from wrong
    except msgspec.DecodeError as wrong:
        raise malformed(wrong, "") from wrong
    except RecursionError as deep:
        raise unusable("changes.deep", "", text("the body is nested too deeply")) from deep
    every = [told] if isinstance(told, Told) else told
    if len(every) > MOST:
        raise unusable("changes.many", "", text("at most {most} changes at once", most=MOST))
    return [_change(one, f"[{number}]", now) for number, one in enumerate(every)]


def _change(told: Told, path: str, now: datetime) -> Change:
    at = start(told.at, f"{path}.at", now) or now
    return Change(
        id=told.id[:_SHORT] or told.link[:_SHORT] or told.title[:_SHORT],
        kind=told.kind[:40],
        at=at,
        service=told.service[:_SHORT],
        title=DEFAULT(told.title[:_SHORT]).replace("\n", " "),
        author=told.author[:_SHORT],
        link=told.link[:_LONG] if told.link.startswith(("http://", "https://")) else "",
        environment=told.environment[:_SHORT],
        status=told.status[:_SHORT],
        size=told.size,
        source=told.source[:_SHORT],
    )


def note_of(change: Change, by: str, now: datetime) -> Note:
    """The note a change is kept as: a moment, so that it is over when it has happened, and is found by asking what was over later."""
    name = f"{KIND}/{change.source}/{change.service}/{change.id}/{change.status}/{change.at.isoformat()}"
    return Note(name, KIND, msgspec.json.encode(change), change.at, change.at, by, now)


def change_of(note: Note) -> Change:
    """The change that a note holds."""
    return msgspec.json.decode(note.body, type=Change)
