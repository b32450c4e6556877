"""POST /hooks/gitlab: an issue that was closed or opened again, of all the issue events there are."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import msgspec

from kuaihui.intake.issues import CLOSED, REOPENED, IssueMoved, marked
from kuaihui.intake.movements import instant_of

SOURCE: Final = "gitlab"
_ACTIONS: Final = {"close": CLOSED, "reopen": REOPENED}


class _User(msgspec.Struct):
    username: str = ""
    name: str = ""
    email: str | None = None


class _Project(msgspec.Struct):
    path_with_namespace: str = ""


class _Issue(msgspec.Struct):
    iid: int = 0
    action: str | None = None
    description: str | None = None
    url: str | None = None
    closed_at: str | None = None
    updated_at: str | None = None


class _Hook(msgspec.Struct):
    object_kind: str = ""
    user: _User | None = None
    project: _Project | None = None
    object_attributes: _Issue | None = None


class _Kind(msgspec.Struct):
    object_kind: str = ""


_kind: Final = msgspec.json.Decoder(_Kind)
_decoder: Final = msgspec.json.Decoder(_Hook)


def hear(body: bytes, now: datetime) -> IssueMoved | None:
    """What became of an issue; None for every other event, which is heard elsewhere or of no use."""
    try:
        hook = _decoder.decode(body) if _kind.decode(body).object_kind == "issue" else None
    except (msgspec.DecodeError, RecursionError):
        return None  # whoever hears the rest says what is wrong with it
    issue = hook.object_attributes if hook else None
    outcome = _ACTIONS.get(issue.action or "", "") if issue else ""
    if hook is None or issue is None or not outcome:
        return None
    ended = issue.closed_at if outcome == CLOSED else issue.updated_at
    incident, task = marked(issue.description or "")
    user = hook.user or _User()
    return IssueMoved(
        source=SOURCE,
        project=hook.project.path_with_namespace if hook.project else "",
        number=str(issue.iid),
        outcome=outcome,
        at=instant_of(ended or "") or instant_of(issue.updated_at or "") or now,
        author=user.username or user.name,
        email=user.email or "",
        link=issue.url or "",
        incident=incident,
        task=task,
    )
