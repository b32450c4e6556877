"""
POST /hooks/github: a GitHub webhook's news of pull requests, reviews, checks and deployments.

Rule 1: GitHub tells once and never again: what was told while we were away is asked for by its list of deliveries, by hand.
Rule 2: a request is GitHub's by its X-Hub-Signature-256; the body may be JSON, or a form with JSON in its field `payload`.
Rule 3: the commit that GitHub makes to try a merge is not that of the merge: it counts only once the pull request is merged.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime
from typing import Final
from urllib.parse import parse_qs

import msgspec

from kuaihui.diagnosis.scrubbing import DEFAULT, Scrubber
from kuaihui.intake.labels import malformed
from kuaihui.intake.movements import APPROVED, CLOSED, MERGED, OPENED, PUSHED, REFUSED, Movement, instant_of, outcome_of

SOURCE: Final = "github"
_ACTIONS: Final = {"opened": OPENED, "reopened": OPENED, "ready_for_review": OPENED, "synchronize": PUSHED, "closed": CLOSED}
_REVIEWS: Final = {"approved": APPROVED, "changes_requested": REFUSED, "dismissed": REFUSED}


class _User(msgspec.Struct):
    login: str = ""


class _Repository(msgspec.Struct):
    full_name: str = ""
    html_url: str = ""


class _Head(msgspec.Struct):
    ref: str = ""
    sha: str = ""


class _Pull(msgspec.Struct):
    number: int = 0
    html_url: str = ""
    title: str = ""
    merged: bool | None = False
    merge_commit_sha: str | None = None
    head: _Head | None = None
    updated_at: str | None = None
    merged_at: str | None = None
    closed_at: str | None = None


class _Review(msgspec.Struct):
    id: int = 0
    state: str = ""
    html_url: str = ""
    commit_id: str | None = None
    submitted_at: str | None = None
    updated_at: str | None = None
    user: _User | None = None


class _App(msgspec.Struct):
    name: str = ""


class _Run(msgspec.Struct):
    """A check suite, or a run of a workflow."""

    id: int = 0
    name: str | None = None
    head_branch: str | None = None
    head_sha: str = ""
    status: str | None = None
    conclusion: str | None = None
    html_url: str = ""
    updated_at: str | None = None
    app: _App | None = None


class _Deployment(msgspec.Struct):
    id: int = 0
    sha: str = ""
    ref: str = ""
    environment: str = ""


class _DeploymentStatus(msgspec.Struct):
    id: int = 0
    state: str = ""
    environment: str = ""
    log_url: str | None = None
    target_url: str | None = None
    updated_at: str | None = None
    created_at: str | None = None
    creator: _User | None = None


class _Hook(msgspec.Struct):
    action: str = ""
    repository: _Repository | None = None
    sender: _User | None = None
    pull_request: _Pull | None = None
    review: _Review | None = None
    check_suite: _Run | None = None
    workflow_run: _Run | None = None
    deployment: _Deployment | None = None
    deployment_status: _DeploymentStatus | None = None


_READ: Final = ("pull_request", "pull_request_review", "check_suite", "workflow_run", "deployment_status")
_any: Final[msgspec.json.Decoder[dict[str, object]]] = msgspec.json.Decoder(dict[str, object])
_decoder: Final = msgspec.json.Decoder(_Hook)


def is_from(headers: Mapping[str, str], body: bytes, secret: bytes) -> bool:
    """Whether a request is signed by whoever knows the secret; `headers` by their lower-case names."""
    expected = "sha256=" + hmac.new(secret, body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(headers.get("x-hub-signature-256", "").encode(), expected.encode())


def delivery(headers: Mapping[str, str]) -> str:
    """What tells a delivery from another: the same when it is delivered again by hand."""
    return headers.get("x-github-delivery", "")


def json_of(body: bytes, headers: Mapping[str, str]) -> bytes:
    """The JSON of a body, which may be a form's field."""
    if not headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        return body
    return parse_qs(body.decode("utf-8", "replace")).get("payload", [""])[0].encode()


def hear(body: bytes, headers: Mapping[str, str], now: datetime, scrub: Scrubber = DEFAULT) -> list[Movement]:
    """The news of a hook's body; none for an event that is of no use to us. Raises Unusable for what is not GitHub's JSON."""
    body = json_of(body, headers)
    event = headers.get("x-github-event", "")
    try:
        if event not in _READ:  # it uses the same words for other shapes, and is no fault
            _any.decode(body)
            return []
        hook = _decoder.decode(body)
    except (msgspec.DecodeError, RecursionError) as wrong:
        raise malformed(wrong if isinstance(wrong, msgspec.DecodeError) else msgspec.DecodeError(str(wrong)), "") from wrong
    match event:
        case "pull_request":
            found = _pull_request(hook, now)
        case "pull_request_review":
            found = _review(hook, now)
        case "check_suite":
            found = _checked(hook, hook.check_suite, "check_suite", now)
        case "workflow_run":
            found = _checked(hook, hook.workflow_run, "workflow_run", now)
        case "deployment_status":
            found = _deployed(hook, now)
        case _:
            found = None
    return [msgspec.structs.replace(found, title=_scrubbed(found.title, scrub))] if found else []


def _pull_request(hook: _Hook, now: datetime) -> Movement | None:
    pull = hook.pull_request
    outcome = _ACTIONS.get(hook.action, "")
    if pull is None or not outcome:
        return None
    if outcome == CLOSED and pull.merged:
        outcome = MERGED
    merged = pull.merge_commit_sha if outcome == MERGED else ""
    ended = pull.merged_at or pull.closed_at if outcome in (MERGED, CLOSED) else None
    commits = (pull.head.sha if pull.head else "", merged or "")
    return Movement(
        id=f"pull_request/{pull.number}",
        kind="merge_request",
        at=_at(ended, pull.updated_at) or now,
        title=pull.title,
        author=_who(hook),
        link=pull.html_url,
        status=outcome,
        source=SOURCE,
        outcome=outcome,
        project=_path(hook),
        branch=pull.head.ref if pull.head else "",
        commits=tuple(commit for commit in commits if commit),
        request=pull.html_url,
        number=f"#{pull.number}",
    )


def _review(hook: _Hook, now: datetime) -> Movement | None:
    pull, review = hook.pull_request, hook.review
    if pull is None or review is None or not (outcome := _REVIEWS.get(review.state.casefold(), "")):
        return None
    changed = review.updated_at if hook.action == "dismissed" else None
    return Movement(
        id=f"review/{review.id}",
        kind="review",
        at=_at(changed, review.submitted_at) or now,
        title=pull.title,
        author=review.user.login if review.user else _who(hook),
        link=review.html_url or pull.html_url,
        status=outcome,
        source=SOURCE,
        outcome=outcome,
        project=_path(hook),
        branch=pull.head.ref if pull.head else "",
        commits=(review.commit_id,) if review.commit_id else (),
        request=pull.html_url,
        number=f"#{pull.number}",
    )


def _checked(hook: _Hook, run: _Run | None, kind: str, now: datetime) -> Movement | None:
    if run is None or hook.action != "completed" or not (outcome := outcome_of(run.conclusion or "")):
        return None
    return Movement(
        id=f"{kind}/{run.id}",
        kind="pipeline",
        at=_at(run.updated_at) or now,
        title=f"{run.head_branch or ''} {run.head_sha[:8]}".strip(),
        author=_who(hook),
        link=run.html_url or _commit_link(hook, run.head_sha),
        status=run.conclusion or "",
        source=SOURCE,
        outcome=outcome,
        project=_path(hook),
        branch=run.head_branch or "",
        commits=(run.head_sha,) if run.head_sha else (),
        name=run.name or (run.app.name if run.app else ""),
    )


def _deployed(hook: _Hook, now: datetime) -> Movement | None:
    deployment, status = hook.deployment, hook.deployment_status
    if deployment is None or status is None or not (outcome := outcome_of("failed" if status.state == "error" else status.state)):
        return None
    return Movement(
        id=f"deployment/{deployment.id}",
        kind="deployment",
        at=_at(status.updated_at, status.created_at) or now,
        title=f"{deployment.ref} {deployment.sha[:8]}",
        author=status.creator.login if status.creator else _who(hook),
        link=status.log_url or status.target_url or "",
        environment=status.environment or deployment.environment,
        status=status.state,
        source=SOURCE,
        outcome=outcome,
        project=_path(hook),
        branch=deployment.ref,
        commits=(deployment.sha,) if deployment.sha else (),
    )


def _at(*written: str | None) -> datetime | None:
    return next((found for one in written if one and (found := instant_of(one))), None)


def _who(hook: _Hook) -> str:
    return hook.sender.login if hook.sender else ""


def _path(hook: _Hook) -> str:
    return hook.repository.full_name if hook.repository else ""


def _commit_link(hook: _Hook, commit: str) -> str:
    return f"{hook.repository.html_url}/commit/{commit}" if hook.repository and hook.repository.html_url and commit else ""


def _scrubbed(title: str, scrub: Scrubber) -> str:
    return scrub(title[:200]).replace("\n", " ")
