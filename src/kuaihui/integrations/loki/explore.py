"""The way back to the logs: Grafana's Explore with the same query over the same time."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import quote

import msgspec


def explore(grafana: str, datasource: str, query: str, since: datetime, until: datetime) -> str:
    """The address; empty where no Grafana is set up. `datasource` is Loki's uid (or name) there."""
    if not grafana:
        return ""
    source = {"type": "loki", "uid": datasource}
    pane = {
        "datasource": datasource,
        "queries": [{"refId": "A", "expr": query, "queryType": "range", "datasource": source}],
        "range": {"from": _milliseconds(since), "to": _milliseconds(until)},
    }
    panes = msgspec.json.encode({"logs": pane}).decode()
    return f"{grafana.rstrip('/')}/explore?schemaVersion=1&orgId=1&panes={quote(panes, safe='')}"


def _milliseconds(at: datetime) -> str:
    return str(round(at.timestamp() * 1_000))
