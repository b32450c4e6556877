"""POST /hooks/github: an issue that was closed or opened again, of all the issue events there are."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

import msgspec

from kuaihui.intake.issues import CLOSED, REOPENED, IssueMoved, marked
from kuaihui.intake.movements import instant_of
from kuaihui.integrations.github.hook import json_of

SOURCE: Final = "github"
_ACTIONS: Final = {"closed": CLOSED, "reopened": REOPENED}


class _User(msgspec.Struct):
    login: str = ""


class _Repository(msgspec.Struct):
    full_name: str = ""


class _Issue(msgspec.Struct):
    number: int = 0
    html_url: str = ""
    body: str | None = None
    closed_at: str | None = None
    updated_at: str | None = None


class _Hook(msgspec.Struct):
    action: str = ""
    issue: _Issue | None = None
    repository: _Repository | None = None
    sender: _User | None = None


_decoder: Final = msgspec.json.Decoder(_Hook)


def hear(body: bytes, headers: Mapping[str, str], now: datetime) -> IssueMoved | None:
    """What became of an issue; None for every other event, which is heard elsewhere or of no use."""
    if headers.get("x-github-event", "") != "issues":
        return None
    try:
        hook = _decoder.decode(json_of(body, headers))
    except (msgspec.DecodeError, RecursionError):
        return None  # whoever hears the rest says what is wrong with it
    issue, outcome = hook.issue, _ACTIONS.get(hook.action, "")
    if issue is None or not outcome:
        return None
    ended = issue.closed_at if outcome == CLOSED else issue.updated_at
    incident, task = marked(issue.body or "")
    return IssueMoved(
        source=SOURCE,
        project=hook.repository.full_name if hook.repository else "",
        number=str(issue.number),
        outcome=outcome,
        at=instant_of(ended or "") or instant_of(issue.updated_at or "") or now,
        author=hook.sender.login if hook.sender else "",
        link=issue.html_url,
        incident=incident,
        task=task,
    )
