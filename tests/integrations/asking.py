"""Orders and an incident to carry them for; `more` (Any) are further fields of the order."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from kuaihui.incident.timeline import Timeline
from kuaihui.orders import InspectRedis, ListChanges, ReadMetrics, SearchLogs

NOW = datetime(2026, 3, 11, 3, 0, tzinfo=UTC)
NOBODY_BROKE = Timeline("INC-1")


def logs(since: datetime = NOW - timedelta(hours=1), until: datetime = NOW, **more: Any) -> SearchLogs:
    return SearchLogs(occasion=0, asked_by="first_look", service="config-center", since=since, until=until, **more)


def metrics(expression: str, since: datetime, until: datetime, **more: Any) -> ReadMetrics:
    return ReadMetrics(occasion=0, asked_by="recovery", about="signal", expression=expression, since=since, until=until, **more)


def changes(since: datetime = NOW - timedelta(hours=6), until: datetime = NOW, **more: Any) -> ListChanges:
    return ListChanges(occasion=0, asked_by="first_look", service="config-center", since=since, until=until, **more)


def redis(**place: str) -> InspectRedis:
    return InspectRedis(occasion=0, asked_by="first_look", service="config-center", place=place)
