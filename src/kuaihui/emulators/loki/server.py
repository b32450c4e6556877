"""
Loki's GET /loki/api/v1/query_range over records in memory.

It keeps Loki's contract where it hurts: `start` is inside, `end` is not, `limit` is refused above its maximum, newest first (backward),
nanoseconds as text, errors as plain text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route


@dataclass
class Loki:
    """The records (nanoseconds, labels, line), the token that lets in, and the most lines a query may ask for."""

    token: str = ""
    most: int = 5_000
    records: list[tuple[int, dict[str, str], str]] = field(default_factory=list[tuple[int, dict[str, str], str]])

    def app(self) -> Starlette:
        """The server."""
        return Starlette(routes=[Route("/loki/api/v1/query_range", self.query_range)])

    async def query_range(self, request: Request) -> Response:
        """One page of records."""
        if self.token and request.headers.get("authorization") != f"Bearer {self.token}":
            return PlainTextResponse("invalid credentials", 401)
        asked = request.query_params
        limit = int(asked.get("limit", "100"))
        if limit > self.most:
            return PlainTextResponse(f"max entries limit per query exceeded, limit > max_entries_limit ({limit} > {self.most})", 400)
        start, end = int(asked["start"]), int(asked["end"])
        if not asked["query"].startswith("{"):
            return PlainTextResponse("parse error at line 1, col 1: syntax error: unexpected IDENTIFIER", 400)
        found = [one for one in self.records if start <= one[0] < end and _fits(one, asked["query"])]
        found = sorted(found, key=lambda one: one[0], reverse=True)[:limit]
        streams: dict[str, tuple[dict[str, str], list[list[str]]]] = {}
        for at, labels, line in found:
            streams.setdefault(str(sorted(labels.items())), (labels, []))[1].append([str(at), line])
        result = [{"stream": labels, "values": values} for labels, values in streams.values()]
        return JSONResponse({"status": "success", "data": {"resultType": "streams", "result": result}})


def _fits(record: tuple[int, dict[str, str], str], query: str) -> bool:
    """A stream selector of equalities, then line filters |= "…" and |~ `…`."""
    _, labels, line = record
    selector, _, filters = query.partition("}")
    if any(labels.get(name) != value for name, value in re.findall(r'(\w+)="([^"]*)"', selector)):
        return False
    contained = all(words in line for words in re.findall(r'\|= "([^"]*)"', filters))
    return contained and all(re.search(pattern, line) for pattern in re.findall(r"\|~ `([^`]*)`", filters))
