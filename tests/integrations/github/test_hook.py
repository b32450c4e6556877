"""GitHub's webhook bodies, as its documentation has them, in our words; and who may send them."""

from __future__ import annotations

import hashlib
import hmac
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlencode

import pytest

from kuaihui.errors import Refused
from kuaihui.integrations.github.hook import hear, is_from

PAYLOADS = Path(__file__).parent / "payloads"
NOW = datetime(2023, 3, 11, 4, 0, tzinfo=UTC)
TOLD = {
    "pull_request.opened": ("merge_request", "opened", "03:20:31"),
    "pull_request.synchronize": ("merge_request", "pushed", "03:23:40"),
    "pull_request.closed": ("merge_request", "merged", "03:27:55"),
    "pull_request_review.submitted": ("review", "approved", "03:27:02"),
    "check_suite.failed": ("pipeline", "failed", "03:22:14"),
    "check_suite.completed": ("pipeline", "passed", "03:25:19"),
    "workflow_run.completed": ("pipeline", "passed", "03:25:21"),
    "deployment_status.pending": ("deployment", "started", "03:28:30"),
    "deployment_status.pre_production": ("deployment", "passed", "03:30:02"),
    "deployment_status.canary": ("deployment", "passed", "03:36:11"),
    "deployment_status.production": ("deployment", "passed", "03:42:47"),
    "deployment_status.inactive": None,
    "ping": None,
}


def event(name: str) -> dict[str, str]:
    return {"x-github-event": name.partition(".")[0], "content-type": "application/json"}


def test_every_body_is_looked_at() -> None:
    assert {file.stem for file in PAYLOADS.glob("*.json")} == TOLD.keys()


@pytest.mark.parametrize("name", TOLD)
def test_a_body_is_told_in_our_words(name: str) -> None:
    found = hear((PAYLOADS / f"{name}.json").read_bytes(), event(name), NOW)

    assert [(one.kind, one.outcome, f"{one.at:%H:%M:%S}") for one in found] == ([TOLD[name]] if TOLD[name] else [])


def test_the_commit_of_a_tried_merge_is_not_taken_for_the_merges() -> None:
    (opened,) = hear((PAYLOADS / "pull_request.opened.json").read_bytes(), event("pull_request"), NOW)
    (merged,) = hear((PAYLOADS / "pull_request.closed.json").read_bytes(), event("pull_request"), NOW)

    assert [commit[:8] for commit in opened.commits] == ["a1b2c3d4"]
    assert [commit[:8] for commit in merged.commits] == ["c0ffee00", "9f8e7d6c"]


def test_a_form_is_read_like_json() -> None:
    body = (PAYLOADS / "pull_request.opened.json").read_bytes()
    form = urlencode({"payload": body.decode()}).encode()
    headers = event("pull_request") | {"content-type": "application/x-www-form-urlencoded"}

    assert hear(form, headers, NOW) == hear(body, event("pull_request"), NOW)


@pytest.mark.parametrize("body", [b"", b"[]", b"not json", b'{"action": 7}', b"[" * 100_000])
def test_what_is_not_githubs_is_refused_in_words(body: bytes) -> None:
    with pytest.raises(Refused):
        hear(body, event("pull_request"), NOW)


def test_the_signature_lets_in_for_this_body_alone() -> None:
    """The example of GitHub's own documentation."""
    shown = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
    secret = b"It's a Secret to Everybody"

    assert hmac.new(secret, b"Hello, World!", hashlib.sha256).hexdigest() == shown.removeprefix("sha256=")
    assert is_from({"x-hub-signature-256": shown}, b"Hello, World!", secret)
    assert not is_from({"x-hub-signature-256": shown}, b"Hello, World?", secret)
    assert not is_from({}, b"Hello, World!", secret)
