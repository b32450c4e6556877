"""
What is asked of the stage's metrics, each said once and readable in two ways: as PromQL, and from samples kept by the stage's own watch.

Rule 1: an expression is a struct; its PromQL is the name by which it is asked for, from Prometheus and from the stage's own part alike.
Rule 2: own evaluation follows Prometheus in what matters here: rates are by the second over a window, a series without samples is absent,
        and a counter that fell was restarted.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

WINDOW = 10  # seconds of a rate

Labels = tuple[tuple[str, str], ...]
Sample = tuple[float, float]  # when (unix seconds), value
Samples = Mapping[tuple[str, Labels], Sequence[Sample]]
Vector = Mapping[Labels, float]


@dataclass(frozen=True)
class Selector:
    """The series of a metric; a condition is (label, operator, value) with =, !=, =~ of PromQL."""

    metric: str
    where: tuple[tuple[str, str, str], ...] = ()

    def __str__(self) -> str:
        conditions = ",".join(f'{label}{operator}"{value}"' for label, operator, value in self.where)
        return f"{self.metric}{{{conditions}}}" if conditions else self.metric

    def matches(self, metric: str, labels: Labels) -> bool:
        """Whether a series is one of these."""
        found = dict(labels)
        return metric == self.metric and all(_meets(found.get(label, ""), operator, value) for label, operator, value in self.where)


@dataclass(frozen=True)
class Sum:
    """The sum by some labels: of a rate over the window, or of the newest values."""

    of: Selector
    by: tuple[str, ...] = ()
    rate: bool = True
    window: int = WINDOW

    def __str__(self) -> str:
        by = f" by ({', '.join(self.by)}) " if self.by else ""
        return f"sum{by}(rate({self.of}[{self.window}s]))" if self.rate else f"sum{by}({self.of})"

    def at(self, samples: Samples, moment: float) -> Vector:
        """The vector at a moment."""
        sums: defaultdict[Labels, float] = defaultdict(float)
        for (metric, labels), kept in samples.items():
            if not self.of.matches(metric, labels):
                continue
            value = _rate(kept, moment, self.window) if self.rate else _newest(kept, moment)
            if value is not None:
                sums[tuple((label, dict(labels).get(label, "")) for label in self.by)] += value
        return dict(sums)


@dataclass(frozen=True)
class Ratio:
    """One sum through another."""

    part: Sum
    whole: Sum

    def __str__(self) -> str:
        return f"{self.part} / {self.whole}"

    def at(self, samples: Samples, moment: float) -> Vector:
        """The vector at a moment; absent where the whole is absent or nothing came."""
        parts, wholes = self.part.at(samples, moment), self.whole.at(samples, moment)
        return {labels: part / wholes[labels] for labels, part in parts.items() if wholes.get(labels)}


Expression = Sum | Ratio


@dataclass(frozen=True)
class Rule:
    """An alert while `expression` is at `least` or above for `lasting` seconds."""

    name: str
    expression: Expression
    least: float
    lasting: int
    severity: str
    labels: Mapping[str, str] = field(default_factory=dict[str, str])


_PEOPLE = ("environment", "!=", "preproduction")
_FAILED = ("code", "=~", "5..")


def _ratio_by(*by: str, people: bool = True) -> Ratio:
    where = (_PEOPLE,) if people else ()
    return Ratio(Sum(Selector("http_requests_total", (_FAILED, *where)), by), Sum(Selector("http_requests_total", where), by))


ERROR_RATIO = _ratio_by("service")
KNOWN: Mapping[str, Expression] = {
    "error_ratio": ERROR_RATIO,
    "error_ratio_by_environment": _ratio_by("service", "environment", people=False),
    "error_ratio_by_version": _ratio_by("service", "version", people=False),
    "requests": Sum(Selector("http_requests_total", (_PEOPLE,)), ("service",)),
    "requests_by_code": Sum(Selector("http_requests_total", (_PEOPLE,)), ("service", "code")),
    "pool_timeouts": Sum(Selector("redis_pool_timeouts_total"), ("environment",)),
    "pool_in_use": Sum(Selector("redis_pool_in_use"), ("environment",), rate=False),
    "pool_size": Sum(Selector("redis_pool_size"), ("environment",), rate=False),
    "cache_hits": Sum(Selector("config_center_cache_hits_total"), ("environment",)),
    "redis_commands": Sum(Selector("redis_commands_processed_total")),
    "redis_clients": Sum(Selector("redis_connected_clients"), rate=False),
    "redis_up": Sum(Selector("redis_up"), rate=False),
}

RULES: tuple[Rule, ...] = (Rule("Gateway5xxRatioHigh", ERROR_RATIO, least=0.05, lasting=3, severity="critical"),)


def _meets(found: str, operator: str, value: str) -> bool:
    match operator:
        case "=":
            return found == value
        case "!=":
            return found != value
        case _:
            return re.fullmatch(value, found) is not None


STALE = 5.0  # seconds; Prometheus marks a series stale as soon as its target is gone, which two missed scrapes and a bit come close to


def _newest(kept: Sequence[Sample], moment: float) -> float | None:
    found = [value for at, value in kept if moment - STALE <= at <= moment]
    return found[-1] if found else None


def _rate(kept: Sequence[Sample], moment: float, window: int) -> float | None:
    inside = [(at, value) for at, value in kept if moment - window <= at <= moment]
    if len(inside) < 2:
        return None
    grown = sum(new - old if new >= old else new for (_, old), (_, new) in pairwise(inside))
    return grown / (inside[-1][0] - inside[0][0])
