"""
Elasticsearch's POST /INDEX/_search over records in memory.

It keeps the contract where it hurts: sizes above index.max_result_window are refused, an index that is not there is a 404 unless it may be,
shards can fail in an answer of 200, and every answer carries X-Elastic-Product, without which the official client refuses it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from fnmatch import fnmatch
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

Document = dict[str, Any]  # Any: what somebody indexed


@dataclass
class Elasticsearch:
    """The documents by index, the API key that lets in, and how many of 5 shards fail."""

    key: str = ""
    window: int = 10_000
    failing: int = 0
    documents: dict[str, list[Document]] = field(default_factory=dict[str, list[Document]])

    def app(self) -> Starlette:
        """The server."""
        return Starlette(routes=[Route("/{index}/_search", self.search, methods=["POST", "GET"])])

    async def search(self, request: Request) -> Response:
        """One page of hits."""
        if self.key and request.headers.get("authorization") != f"ApiKey {self.key}":
            return _answer({"error": {"type": "security_exception", "reason": "unable to authenticate"}, "status": 401}, 401)
        body: Document = await request.json()
        if body.get("size", 10) > self.window:
            return _answer({"error": {"type": "illegal_argument_exception", "reason": "Result window is too large"}, "status": 400}, 400)
        pattern = request.path_params["index"]
        names = [name for name in self.documents if fnmatch(name, pattern)]
        if not names and "*" not in pattern and request.query_params.get("ignore_unavailable") != "true":
            return _answer({"error": {"type": "index_not_found_exception"}, "status": 404}, 404)
        pairs = [(name, number, one) for name in names for number, one in enumerate(self.documents[name])]
        found = [pair for pair in pairs if all(_fits(pair[2], wanted) for wanted in body["query"]["bool"]["filter"])]
        found.sort(key=lambda pair: _at(pair[2]), reverse=True)
        hits = [
            {"_index": name, "_id": str(number), "_source": one, "sort": [_at(one)]} for name, number, one in found[: body.get("size", 10)]
        ]
        shards = {"total": 5, "successful": 5 - self.failing, "failed": self.failing}
        return _answer({"took": 1, "timed_out": False, "_shards": shards, "hits": {"hits": hits}}, 200)


def _answer(body: Document, status: int) -> Response:
    return JSONResponse(body, status, {"X-Elastic-Product": "Elasticsearch"})


def _at(document: Document) -> int:
    return round(datetime.fromisoformat(document["@timestamp"]).astimezone(UTC).timestamp() * 1000)


def _fits(document: Document, wanted: Document) -> bool:
    match next(iter(wanted)):
        case "range":
            (span,) = wanted["range"].values()
            at = _at(document)
            return at >= span["gte"] and (at < span["lt"] if "lt" in span else at <= span["lte"])
        case "query_string":
            return wanted["query_string"]["query"].lower() in str(document.get("message", "")).lower()
        case "terms":
            ((name, words),) = wanted["terms"].items()
            return document.get(name) in words
        case _:
            return any(_fits(document, either) for either in wanted["bool"]["should"])
