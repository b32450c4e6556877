"""GitLab's webhook bodies, as its documentation has them, in our words; and who may send them."""

from __future__ import annotations

import hashlib
import hmac
from base64 import b64encode
from datetime import UTC, datetime
from pathlib import Path

import pytest

from kuaihui.errors import Refused
from kuaihui.integrations.gitlab.hook import delivery, hear, is_from

PAYLOADS = Path(__file__).parent / "payloads"
NOW = datetime(2023, 3, 11, 4, 0, tzinfo=UTC)
TOLD = {
    "merge_request_open": ("merge_request", "opened", "03:20:31"),
    "merge_request_push": ("merge_request", "pushed", "03:23:40"),
    "merge_request_approved": ("review", "approved", "03:27:02"),
    "merge_request_merge": ("merge_request", "merged", "03:27:55"),
    "pipeline_failed": ("pipeline", "failed", "03:22:14"),
    "pipeline_running": ("pipeline", "started", "03:23:45"),
    "pipeline_success": ("pipeline", "passed", "03:25:19"),
    "deployment_pre_production_running": ("deployment", "started", "03:28:30"),
    "deployment_pre_production_success": ("deployment", "passed", "03:30:02"),
    "deployment_canary_success": ("deployment", "passed", "03:36:11"),
    "deployment_production_success": ("deployment", "passed", "03:42:47"),
    "note": None,
}


def test_every_body_is_looked_at() -> None:
    assert {file.stem for file in PAYLOADS.glob("*.json")} == TOLD.keys()


@pytest.mark.parametrize("name", TOLD)
def test_a_body_is_told_in_our_words(name: str) -> None:
    found = hear((PAYLOADS / f"{name}.json").read_bytes(), NOW)

    assert [(one.kind, one.outcome, f"{one.at:%H:%M:%S}") for one in found] == ([TOLD[name]] if TOLD[name] else [])
    assert {one.project for one in found} <= {"platform/config-center"}


def test_a_merge_tells_every_commit_that_it_is_known_by() -> None:
    (merged,) = hear((PAYLOADS / "merge_request_merge.json").read_bytes(), NOW)

    assert [commit[:8] for commit in merged.commits] == ["c0ffee00", "9f8e7d6c", "77665544"]
    assert (merged.branch, merged.number, merged.author) == ("hotfix/local-cache", "!42", "amao")


def test_a_pipeline_of_a_merge_request_is_of_its_branch_whatever_its_ref() -> None:
    (pipeline,) = hear((PAYLOADS / "pipeline_success.json").read_bytes(), NOW)

    assert (pipeline.branch, pipeline.name) == ("hotfix/local-cache", "unit tests")


def test_a_deployment_tells_the_whole_hash_of_its_commit() -> None:
    (deployment,) = hear((PAYLOADS / "deployment_canary_success.json").read_bytes(), NOW)

    assert (deployment.commits, deployment.environment) == (("9f8e7d6c5b4a39281706f5e4d3c2b1a009988776",), "production-canary")


@pytest.mark.parametrize("body", [b"", b"[]", b"not json", b'{"object_kind": 7}', b"[" * 100_000])
def test_what_is_not_gitlabs_is_refused_in_words(body: bytes) -> None:
    with pytest.raises(Refused):
        hear(body, NOW)


def test_the_plain_token_lets_in() -> None:
    assert is_from({"x-gitlab-token": "s3cret"}, b"{}", b"s3cret")
    assert not is_from({"x-gitlab-token": "S3cret"}, b"{}", b"s3cret")
    assert not is_from({}, b"{}", b"s3cret")


@pytest.mark.parametrize("token, key", [(b"plain signing token", b"plain signing token"), (b"whsec_" + b64encode(b"k" * 24), b"k" * 24)])
def test_a_signature_lets_in_for_this_body_alone(token: bytes, key: bytes) -> None:
    digest = hmac.digest(key, b'msg_1.1678505000.{"a":1}', hashlib.sha256)
    headers = {
        "webhook-id": "msg_1",
        "webhook-timestamp": "1678505000",
        "webhook-signature": f"v1,{b64encode(b'old').decode()} v1,{b64encode(digest).decode()}",
    }

    assert is_from(headers, b'{"a":1}', token)
    assert not is_from(headers, b'{"a":2}', token)


def test_a_delivery_is_told_by_the_key_that_stays_the_same() -> None:
    assert delivery({"idempotency-key": "k", "x-gitlab-event-uuid": "u"}) == "k"
    assert delivery({"x-gitlab-event-uuid": "u"}) == "u"
    assert delivery({}) == ""
