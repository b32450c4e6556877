"""
POST /hooks/gitlab: a GitLab webhook's news of merge requests, approvals, pipelines and deployments.

Rule 1: what is of no use to us is no fault: a hook that is answered 4xx four times in a row is switched off by GitLab.
Rule 2: a request is GitLab's by its X-Gitlab-Token, or, where a signing token is set, by its signature (Standard Webhooks). A signature's
        age is not looked at: news that is told again changes nothing, and a clock that is wrong would switch the hook off.
"""

from __future__ import annotations

import hashlib
import hmac
from base64 import b64decode, b64encode
from collections.abc import Mapping
from datetime import datetime
from typing import Final

import msgspec

from kuaihui.diagnosis.scrubbing import DEFAULT, Scrubber
from kuaihui.intake.labels import malformed
from kuaihui.intake.movements import APPROVED, CLOSED, MERGED, OPENED, PUSHED, REFUSED, Movement, instant_of, outcome_of

SOURCE: Final = "gitlab"
_SIGNING: Final = b"whsec_"  # how a signing token begins, by the Standard Webhooks
_ACTIONS: Final = {
    "open": OPENED,
    "reopen": OPENED,
    "merge": MERGED,
    "close": CLOSED,
    "approved": APPROVED,
    "unapproved": REFUSED,
    "unapproval": REFUSED,
}


class _User(msgspec.Struct):
    username: str = ""
    name: str = ""


class _Project(msgspec.Struct):
    path_with_namespace: str = ""
    web_url: str = ""


class _Commit(msgspec.Struct):
    id: str = ""


class _Attributes(msgspec.Struct):
    """Of a merge request, or of a pipeline."""

    id: int = 0
    iid: int = 0
    title: str = ""
    name: str | None = None
    action: str = ""
    oldrev: str | None = None
    source_branch: str = ""
    url: str = ""
    last_commit: _Commit | None = None
    merge_commit_sha: str | None = None
    squash_commit_sha: str | None = None
    ref: str = ""
    sha: str = ""
    status: str = ""
    updated_at: str | None = None
    created_at: str | None = None
    finished_at: str | None = None


class _Request(msgspec.Struct):
    """The merge request a pipeline is of."""

    iid: int = 0
    url: str = ""
    source_branch: str = ""


class _Hook(msgspec.Struct):
    object_kind: str = ""
    user: _User | None = None
    project: _Project | None = None
    object_attributes: _Attributes | None = None
    merge_request: _Request | None = None
    # of a deployment
    status: str = ""
    status_changed_at: str | None = None
    deployment_id: int = 0
    deployable_url: str | None = None
    environment: str = ""
    short_sha: str = ""
    commit_url: str = ""
    commit_title: str = ""
    ref: str = ""


class _Kind(msgspec.Struct):
    object_kind: str = ""


_READ: Final = ("merge_request", "pipeline", "deployment")
_kind: Final = msgspec.json.Decoder(_Kind)
_decoder: Final = msgspec.json.Decoder(_Hook)


def is_from(headers: Mapping[str, str], body: bytes, token: bytes) -> bool:
    """Whether a request shows that it comes from whoever knows the token; `headers` by their lower-case names."""
    if given := headers.get("x-gitlab-token"):
        return hmac.compare_digest(given.encode(), token)
    signed = b".".join((headers.get("webhook-id", "").encode(), headers.get("webhook-timestamp", "").encode(), body))
    expected = b64encode(hmac.digest(_key(token), signed, hashlib.sha256))
    shown = [one.removeprefix("v1,").encode() for one in headers.get("webhook-signature", "").split() if one.startswith("v1,")]
    return any(hmac.compare_digest(one, expected) for one in shown)


def _key(token: bytes) -> bytes:
    """A signing token's bytes: base64 behind "whsec_", as the Standard Webhooks write it; any other is taken as it is."""
    if not token.startswith(_SIGNING):
        return token
    try:
        return b64decode(token.removeprefix(_SIGNING), validate=True)
    except ValueError:
        return token


def delivery(headers: Mapping[str, str]) -> str:
    """What tells a delivery from another: the same when it is told again."""
    return next((headers[name] for name in ("idempotency-key", "webhook-id", "x-gitlab-event-uuid") if headers.get(name)), "")


def hear(body: bytes, now: datetime, scrub: Scrubber = DEFAULT) -> list[Movement]:
    """The news of a hook's body; none for an event that is of no use to us. Raises Unusable for what is not GitLab's JSON."""
    try:
        # Other kinds use the same words for other shapes, and are no fault.
        hook = _decoder.decode(body) if _kind.decode(body).object_kind in _READ else _Hook()
    except (msgspec.DecodeError, RecursionError) as wrong:
        raise malformed(wrong if isinstance(wrong, msgspec.DecodeError) else msgspec.DecodeError(str(wrong)), "") from wrong
    match hook.object_kind:
        case "merge_request":
            found = _merge_request(hook, now)
        case "pipeline":
            found = _pipeline(hook, now)
        case "deployment":
            found = _deployment(hook, now)
        case _:
            found = None
    return [msgspec.structs.replace(found, title=_scrubbed(found.title, scrub))] if found else []


def _merge_request(hook: _Hook, now: datetime) -> Movement | None:
    told = hook.object_attributes
    if told is None:
        return None
    outcome = PUSHED if told.action == "update" and told.oldrev else _ACTIONS.get(told.action, "")
    if not outcome:
        return None
    merged = (told.merge_commit_sha, told.squash_commit_sha) if outcome == MERGED else ()
    commits = (told.last_commit.id if told.last_commit else "", *merged)
    review = outcome in (APPROVED, REFUSED)
    return Movement(
        id=f"merge_request/{told.iid}",
        kind="review" if review else "merge_request",
        at=_at(told.updated_at, told.created_at) or now,
        title=told.title,
        author=_who(hook),
        link=told.url,
        status=outcome,
        source=SOURCE,
        outcome=outcome,
        project=_path(hook),
        branch=told.source_branch,
        commits=tuple(commit for commit in commits if commit),
        request=told.url,
        number=f"!{told.iid}",
    )


def _pipeline(hook: _Hook, now: datetime) -> Movement | None:
    told = hook.object_attributes
    if told is None or not (outcome := outcome_of(told.status)):
        return None
    request = hook.merge_request
    return Movement(
        id=f"pipeline/{told.id}",
        kind="pipeline",
        at=_at(told.finished_at, told.updated_at, told.created_at) or now,
        title=f"{told.ref} {told.sha[:8]}",
        author=_who(hook),
        link=told.url or _under(hook, f"pipelines/{told.id}"),
        status=told.status,
        source=SOURCE,
        outcome=outcome,
        project=_path(hook),
        branch=request.source_branch if request else told.ref,
        commits=(told.sha,) if told.sha else (),
        request=request.url if request else "",
        name=told.name or "",
    )


def _deployment(hook: _Hook, now: datetime) -> Movement | None:
    outcome = outcome_of(hook.status)
    if not outcome:
        return None
    whole = hook.commit_url.rpartition("/")[2]
    commit = whole if hook.short_sha and whole.startswith(hook.short_sha) else hook.short_sha
    return Movement(
        id=f"deployment/{hook.deployment_id}",
        kind="deployment",
        at=_at(hook.status_changed_at) or now,
        title=hook.commit_title or f"{hook.ref} {hook.short_sha}",
        author=_who(hook),
        link=hook.deployable_url or _under(hook, "-/deployments"),
        environment=hook.environment,
        status=hook.status,
        source=SOURCE,
        outcome=outcome,
        project=_path(hook),
        branch=hook.ref,
        commits=(commit,) if commit else (),
    )


def _at(*written: str | None) -> datetime | None:
    return next((found for one in written if one and (found := instant_of(one))), None)


def _who(hook: _Hook) -> str:
    return (hook.user.username or hook.user.name) if hook.user else ""


def _path(hook: _Hook) -> str:
    return hook.project.path_with_namespace if hook.project else ""


def _under(hook: _Hook, path: str) -> str:
    return f"{hook.project.web_url}/{path}" if hook.project and hook.project.web_url else ""


def _scrubbed(title: str, scrub: Scrubber) -> str:
    return scrub(title[:200]).replace("\n", " ")
