"""Our signature is the vendor's."""

from __future__ import annotations

from datetime import UTC, datetime

from kuaihui.integrations.lts.signing import signed


def test_the_signature_is_the_one_the_vendors_own_signer_makes() -> None:
    """The expected value was made by huaweicloudsdkcore 3.1's Signer of the same request."""
    url = "https://lts.example.com/v2/p1/groups/g/streams/s/content/query"
    headers = signed(url, b'{"a":1}', "p1", "AK", "SK", datetime(2026, 3, 11, 3, 0, tzinfo=UTC))

    assert headers["authorization"] == (
        "SDK-HMAC-SHA256 Access=AK, SignedHeaders=content-type;host;x-project-id;x-sdk-date, "
        "Signature=a2ccd02689baf2af5f310194f3deb00be0cba7d7ff52bcc20706e45038294e9f"
    )
