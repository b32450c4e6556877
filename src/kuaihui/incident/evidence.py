"""
What looking showed: metrics, log signatures, changes, and how a Redis is.

Rule 1: small: counts, signatures, at most MOST_POINTS points a series, links; never raw lines in bulk.
Rule 2: what is missing is told: `partial` and `gaps` say in words what was not seen, and why.
Rule 3: whatever others wrote is scrubbed of secrets and personal data before it becomes a fact.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

import msgspec

from kuaihui.incident.alerts import measured
from kuaihui.incident.fact import Fact
from kuaihui.language import Text, text

MOST_POINTS: Final = 120  # of a series: a point every 30 s of an hour, more than a small chart shows


class Series(msgspec.Struct, frozen=True, kw_only=True):
    """One series: its labels, its thinned points (UTC), and over all of its points the last, the greatest and the least."""

    labels: dict[str, str] = {}
    points: tuple[tuple[datetime, float], ...] = ()
    last: float | None = None
    max: float | None = None
    min: float | None = None


class LoggedSignature(msgspec.Struct, frozen=True, kw_only=True):
    """
    One statement of a program, as often and where it was logged.

    `count` counts events (a stack trace once); `onset` is when it began to come in numbers; `new` is None without anything to compare
    with; `score` (0 to 1) is how well it fits the break, `reason` says so in words; `example` is one line, scrubbed.
    """

    template: str
    count: int
    first: datetime | None = None
    last: datetime | None = None
    onset: datetime | None = None
    new: bool | None = None
    services: tuple[str, ...] = ()
    pods: tuple[str, ...] = ()
    levels: tuple[str, ...] = ()
    example: str = ""
    score: float = 0.0
    reason: Text | None = None
    started: datetime | None = None  # the minute of per_minute[0]
    per_minute: tuple[int, ...] = ()


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """
    One change: `kind` is "deployment", "merge", "pipeline", "rollout" or "config"; `status` in the source's own word.

    `id` is unique in its source; `size` how much was changed, in files or lines, None where the source does not tell.
    """

    id: str
    kind: str
    at: datetime
    service: str = ""
    title: str = ""
    author: str = ""
    link: str = ""
    environment: str = ""
    status: str = ""
    size: int | None = None
    source: str = ""


class RedisFinding(msgspec.Struct, frozen=True, kw_only=True):
    """Something worth telling about a Redis; `weight` (0 to 1) is how well it would explain an outage by itself; `key` is scrubbed."""

    kind: str
    says: Text
    weight: float
    node: str = ""
    key: str = ""
    evidence: tuple[Text, ...] = ()


class RedisHotKey(msgspec.Struct, frozen=True, kw_only=True):
    """A key that is used a lot: its part of all commands (0 to 1), true within ± `error`; None where the method only ranks."""

    key: str
    share: float | None = None
    error: float = 0.0
    method: str = ""
    node: str = ""
    commands: tuple[str, ...] = ()
    size: int | None = None  # bytes


class RedisGap(msgspec.Struct, frozen=True):
    """A part of the look that could not be had, and why."""

    section: str
    why: Text
    node: str = ""


class Looked(Fact, frozen=True, kw_only=True):
    """An answer to the look of this `identity`; who asked, about what, and where the source itself shows it (`link`)."""

    identity: str
    asked_by: str = ""
    about: str = ""
    service: str = ""
    source: str = ""
    link: str = ""
    partial: Text | None = None

    @property
    def _where(self) -> str:
        """The service, to be shown by its name; or else the source."""
        return f"@service:{self.service}" if self.service else self.source


class MetricsRead(Looked, frozen=True, kw_only=True, tag=True):
    """How a number went; no series where the expression has no value. `usual` is (low, high) in the catalog's words."""

    expression: str
    since: datetime
    until: datetime
    series: tuple[Series, ...] = ()
    usual: tuple[float, float] | None = None
    unit: str = ""
    warnings: tuple[str, ...] = ()

    @property
    def last(self) -> float | None:
        """The greatest of the series' last values; None where there is none."""
        return max((one.last for one in self.series if one.last is not None), default=None)

    @property
    def max(self) -> float | None:
        """The greatest value of all; None where there is none."""
        return max((one.max for one in self.series if one.max is not None), default=None)

    @property
    def said(self) -> Text:
        what = self.about or self.expression
        last, peak = self.last, self.max
        if last is None or peak is None:
            return text("metric {what}: no value", what=what)
        last, peak = measured(last, self.unit), measured(peak, self.unit)
        return text("metric {what}: {last} now, at most {max}", what=what, last=last, max=peak)


class LogsSearched(Looked, frozen=True, kw_only=True, tag=True):
    """What was logged: `total` lines read, the likeliest signatures first, `others` more of them left out."""

    since: datetime
    until: datetime
    total: int
    signatures: tuple[LoggedSignature, ...] = ()
    others: int = 0
    query: str = ""

    @property
    def said(self) -> Text:
        if not self.signatures:
            return text("logs of {service}: nothing was logged", service=self._where)
        return text(
            "logs of {service}: lines {total}, signatures {count}; first: {template}",
            service=self._where,
            total=self.total,
            count=len(self.signatures) + self.others,
            template=self.signatures[0].template.replace("\n", " ")[:160].replace("{", "(").replace("}", ")"),
        )


class ChangesListed(Looked, frozen=True, kw_only=True, tag=True):
    """What was changed, the newest first."""

    since: datetime
    until: datetime
    changes: tuple[Change, ...] = ()

    @property
    def said(self) -> Text:
        if not self.changes:
            return text("changes of {service}: none", service=self._where)
        return text(
            "changes of {service}: {count}, the newest: {title}",
            count=len(self.changes),
            title=self.changes[0].title,
            service=self._where,
        )


class RedisInspected(Looked, frozen=True, kw_only=True, tag=True):
    """How a Redis is: findings, the weightiest first."""

    findings: tuple[RedisFinding, ...] = ()
    hot: tuple[RedisHotKey, ...] = ()
    gaps: tuple[RedisGap, ...] = ()
    nodes: tuple[str, ...] = ()

    @property
    def said(self) -> Text:
        if not self.findings:
            return text("Redis of {service}: nothing found", service=self._where)
        return text("Redis of {service}: {finding}", service=self._where, finding=self.findings[0].says)
