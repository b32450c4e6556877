"""
LTS's POST /v2/PROJECT/groups/GROUP/streams/STREAM/content/query over records in memory.

It keeps the contract where it hurts: times are milliseconds as text, the next page is asked by line_num and search_type, the signature's
access key and form are looked at, and errors carry LTS's own codes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

_SIGNED = re.compile(r"SDK-HMAC-SHA256 Access=([^,]+), SignedHeaders=([a-z0-9;-]+), Signature=[0-9a-f]{64}")


@dataclass
class Lts:
    """The records (nanoseconds, labels, content), the access key that lets in, and whether answers come before all was looked at."""

    access_key: str = ""
    complete: bool = True
    records: list[tuple[int, dict[str, str], str]] = field(default_factory=list[tuple[int, dict[str, str], str]])

    def app(self) -> Starlette:
        """The server."""
        return Starlette(routes=[Route("/v2/{project}/groups/{group}/streams/{stream}/content/query", self.query, methods=["POST"])])

    async def query(self, request: Request) -> Response:
        """One page of records."""
        proof = _SIGNED.fullmatch(request.headers.get("authorization", ""))
        if proof is None or "host" not in proof[2].split(";") or (self.access_key and proof[1] != self.access_key):
            return JSONResponse({"error_code": "LTS.0003", "error_msg": "Incorrect IAM authentication information"}, 401)
        asked: dict[str, Any] = await request.json()  # Any: JSON
        if not all(isinstance(asked.get(word), str) for word in ("start_time", "end_time")) or not 1 <= asked.get("limit", 50) <= 5_000:
            return JSONResponse({"error_code": "LTS.0009", "error_msg": "Failed to validate the request body"}, 400)
        since, until = int(asked["start_time"]) * 1_000_000, int(asked["end_time"]) * 1_000_000
        # A number a record, made of its time; records of one instant are told apart by their last digits.
        numbered = [(at + place, labels, content) for place, (at, labels, content) in enumerate(self.records) if since <= at < until]
        found = sorted((one for one in numbered if _fits(one[2], asked.get("keywords", ""))), key=lambda one: one[0], reverse=True)
        if asked.get("search_type") == "backwards":
            found = [one for one in found if one[0] < int(asked["line_num"])]
        logs = [{"content": content, "line_num": str(at), "labels": labels} for at, labels, content in found[: asked.get("limit", 50)]]
        return JSONResponse({"logs": logs, "count": len(logs), "isQueryComplete": self.complete})


def _fits(content: str, keywords: str) -> bool:
    """Words joined by "and", or a bracket of words joined by "or"; whole words, any case."""
    words = {word.lower() for word in re.split(r"[^\w.-]+", content)}
    return all(any(one.strip(" ()").lower() in words for one in part.split(" or ")) for part in keywords.split(" and ") if part)
