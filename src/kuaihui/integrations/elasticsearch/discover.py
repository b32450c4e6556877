"""The way back to the logs: Kibana's (or OpenSearch Dashboards') Discover with the same query over the same time."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import quote


def discover(kibana: str, view: str, query: str, since: datetime, until: datetime) -> str:
    """The address; empty where no Kibana is set up. `view` is the id of the data view there."""
    if not kibana:
        return ""
    span = f"(time:(from:{_written(_iso(since))},to:{_written(_iso(until))}))"
    asked = f"(index:{_written(view)},query:(language:lucene,query:{_written(query)}))"
    return f"{kibana.rstrip('/')}/app/discover#/?_g={span}&_a={asked}"


def _written(words: str) -> str:
    """A text in Rison, Kibana's notation, and in an address."""
    return quote("'" + words.replace("!", "!!").replace("'", "!'") + "'", safe="'!:*")


def _iso(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
