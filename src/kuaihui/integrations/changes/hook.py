"""
POST /hooks/changes: a pipeline tells what it changed.

Rule 1: a change is kept once: told again with the same id, status and instant, it changes nothing; a new status is told beside the old one.
Rule 2: what is told is scrubbed before it is kept.
Rule 3: a change says what it is of by `branch`, `sha`, `merge_request` or `hotfix`; one that says none of them is its service's.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

import msgspec

from kuaihui.diagnosis.scrubbing import DEFAULT, Scrubber
from kuaihui.incident.evidence import Change
from kuaihui.intake.instants import start
from kuaihui.intake.labels import malformed
from kuaihui.intake.movements import Movement, outcome_of
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
    project: str = ""
    branch: str = ""
    sha: str = ""
    merge_request: str = ""  # its link
    hotfix: str = ""  # as people call it here: "H1"
    name: str = ""  # the pipeline's


_one_or_many: Final[msgspec.json.Decoder[Told | list[Told]]] = msgspec.json.Decoder(Told | list[Told])


def hear(body: bytes, now: datetime, scrub: Scrubber = DEFAULT) -> list[Movement]:
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
    return [_change(one, f"[{number}]", now, scrub) for number, one in enumerate(every)]


def _change(told: Told, path: str, now: datetime, scrub: Scrubber) -> Movement:
    at = start(told.at, f"{path}.at", now) or now
    title = scrub(told.title[:_SHORT]).replace("\n", " ")
    return Movement(
        id=told.id[:_SHORT] or told.link[:_SHORT] or title,
        kind=told.kind[:40],
        at=at,
        service=told.service[:_SHORT],
        title=title,
        author=told.author[:_SHORT],
        link=told.link[:_LONG] if told.link.startswith(("http://", "https://")) else "",
        environment=told.environment[:_SHORT],
        status=told.status[:_SHORT],
        size=told.size,
        source=told.source[:_SHORT],
        outcome=outcome_of(told.status),
        project=told.project[:_SHORT],
        branch=told.branch[:_SHORT],
        commits=(told.sha[:_SHORT],) if told.sha else (),
        request=told.merge_request[:_LONG],
        hotfix=told.hotfix[:_SHORT],
        name=told.name[:_SHORT],
    )


def note_of(change: Change, by: str, now: datetime, delivery: str = "") -> Note:
    """
    The note a change is kept as: a moment, so that it is over when it has happened, and is found by asking what was over later.

    `delivery` stands for the instant where the sender told none, so that what is told again is the same note.
    """
    when = change.at.isoformat() if change.at != now or not delivery else delivery[:_SHORT]
    place = getattr(change, "project", "") or change.service
    name = f"{KIND}/{change.source}/{place}/{change.id}/{change.status}/{when}"
    return Note(name, KIND, msgspec.json.encode(change), change.at, change.at, by, now)


def change_of(note: Note) -> Change:
    """The change that a note holds."""
    return msgspec.json.decode(note.body, type=Change)


def movement_of(note: Note) -> Movement:
    """The same, with all that says whose it is."""
    return msgspec.json.decode(note.body, type=Movement)
