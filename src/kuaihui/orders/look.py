"""
Looking: metrics, logs, changes and Redis, asked while somebody is still opening a laptop.

Rule 1: `asked_by` ("first_look", "guide:ID/STEP", "recovery") and `about` are what a look is for; they, not its wording, are its identity.
Rule 2: a look only reads. What it costs the source is bounded by its span, `most` and its time-out.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import ClassVar

from kuaihui.language import Text, text
from kuaihui.orders.order import Order


class Look(Order, frozen=True, kw_only=True):
    """
    A question to a source of evidence.

    `source` names the integration that is asked, as the catalog's `from:` does: "lts", or "lts.shanghai" where several are set up; left
    out, the first that can answer. `place` is what that source needs to know (the catalog's other words). `about` tells two questions of
    one asker and occasion apart. Instants are UTC; `since` is inside the span, `until` is not.
    """

    asked_by: str
    about: str = ""
    service: str = ""
    source: str = ""
    place: dict[str, str] = {}

    patience: ClassVar[timedelta] = timedelta(seconds=60)
    tries: ClassVar[int] = 3

    @property
    def key(self) -> tuple[str | int, ...]:
        return (self.asked_by, self.about)


class ReadMetrics(Look, frozen=True, kw_only=True, tag=True):
    """
    How a number went from `since` to `until`, one point a `step`; `expression` is PromQL.

    `unit` and `usual` (low, high) are what the catalog says of the number; the answer repeats them for its reader.
    """

    expression: str
    since: datetime
    until: datetime
    step: timedelta = timedelta(seconds=15)
    unit: str = ""
    usual: tuple[float, float] | None = None

    timeout: ClassVar[timedelta] = timedelta(seconds=10)

    @property
    def said(self) -> Text:
        return text("read the metric {what}", what=self.about or self.expression)


class SearchLogs(Look, frozen=True, kw_only=True, tag=True):
    """
    What was logged from `since` to `until`, as signatures.

    `query` is in the source's own language, `level` a level such as "error"; the newest `most` records are read. `broke_at` is when the
    incident began: signatures are ranked by how well their onset fits it. `usual_since`, where given, begins a span of the same length to
    compare with (the same hour yesterday), so that the answer can say what is new.
    """

    since: datetime
    until: datetime
    query: str = ""
    level: str = ""
    most: int = 20_000
    broke_at: datetime | None = None
    usual_since: datetime | None = None

    timeout: ClassVar[timedelta] = timedelta(seconds=30)

    @property
    def said(self) -> Text:
        return text("search the logs of {service}", service=self.service or self.source)


class ListChanges(Look, frozen=True, kw_only=True, tag=True):
    """What was changed from `since` to `until`: deployments, merges, pipelines, configuration."""

    since: datetime
    until: datetime
    most: int = 200

    timeout: ClassVar[timedelta] = timedelta(seconds=20)

    @property
    def said(self) -> Text:
        return text("list the changes of {service}", service=self.service or self.source)


class InspectRedis(Look, frozen=True, kw_only=True, tag=True):
    """How a Redis is: hot and big keys, slow commands, clients, memory."""

    timeout: ClassVar[timedelta] = timedelta(seconds=10)

    @property
    def said(self) -> Text:
        return text("look at the Redis of {service}", service=self.service or self.source)
