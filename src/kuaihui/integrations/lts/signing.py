"""
Signing a request to Huawei Cloud (SDK-HMAC-SHA256), as its API gateway wants it.

Rule 1: host, content type, project and date are signed; a proxy that changes the Host header breaks the signature.
"""

from __future__ import annotations

import hashlib
import hmac
from datetime import UTC, datetime
from typing import Final
from urllib.parse import quote, urlsplit

_ALGORITHM: Final = "SDK-HMAC-SHA256"


def signed(url: str, body: bytes, project: str, access_key: str, secret_key: str, now: datetime) -> dict[str, str]:
    """The headers of a POST of JSON to `url` (without a query) that prove who we are; good for 15 minutes around `now`."""
    parts = urlsplit(url)
    headers = {
        "content-type": "application/json;charset=utf8",
        "host": parts.netloc,
        "x-project-id": project,
        "x-sdk-date": f"{now.astimezone(UTC):%Y%m%dT%H%M%SZ}",
    }
    names = ";".join(sorted(headers))
    lines = "".join(f"{name}:{headers[name]}\n" for name in sorted(headers))
    path = "/".join(quote(part, safe="~") for part in parts.path.split("/")).rstrip("/") + "/"
    canonical = f"POST\n{path}\n\n{lines}\n{names}\n{hashlib.sha256(body).hexdigest()}"
    to_sign = f"{_ALGORITHM}\n{headers['x-sdk-date']}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    signature = hmac.new(secret_key.encode(), to_sign.encode(), hashlib.sha256).hexdigest()
    return headers | {"authorization": f"{_ALGORITHM} Access={access_key}, SignedHeaders={names}, Signature={signature}"}
