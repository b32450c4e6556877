"""
What a stage is to act out, as data.

Rule 1: a description says what is wrong, never how it looks: ratios, logs and alerts follow from the parts.
Rule 2: a level's `errors` is what the load is trimmed to; only a level with a knob is trimmed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from kuaihui.language import Text

SERVICE = "config-center"


class Environment(StrEnum):
    """Where a version runs; the gateway sends people's traffic to full and canary only."""

    PREPRODUCTION = "preproduction"
    CANARY = "canary"
    FULL = "full"


class Knob(StrEnum):
    """Which stream of the load a level turns."""

    HOT = "hot"
    BASE = "base"


@dataclass(frozen=True, kw_only=True)
class Version:
    """What a version of the service does differently."""

    cache_seconds: float = 0.0  # the in-process cache on the read path; 0 is without it
    fails: float = 0.0  # share of reads that fail by a fault in the code
    leaks: bool = False  # an export keeps its connection until the idle check takes it back


@dataclass(frozen=True)
class SlowDependency:
    """The secrets service, called with a connection in hand, takes this long."""

    seconds: float


@dataclass(frozen=True)
class ExpensiveJob:
    """A reporting job runs sorts over many lists, as fast as Redis answers, on this many connections."""

    clients: int


@dataclass(frozen=True)
class StopRedis:
    """Redis is gone."""


@dataclass(frozen=True)
class StopMetrics:
    """The gateway's metrics vanish, and with them the alert."""


@dataclass(frozen=True)
class Deploy:
    """A version is rolled out to everybody, with its change events."""

    version: str


@dataclass(frozen=True)
class Storm:
    """This many services raise an alert at once."""

    services: int


Deed = SlowDependency | ExpensiveJob | StopRedis | StopMetrics | Deploy | Storm


@dataclass(frozen=True, kw_only=True)
class Level:
    """One step of the heat."""

    errors: float = 0.0  # share of 5xx the load is trimmed to while `knob` is set
    knob: Knob | None = None
    deeds: tuple[Deed, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Keys:
    """What is kept in Redis. A cost is CPU milliseconds of one read there: sizes are chosen on the machine to meet it."""

    namespaces: int = 400
    cost: float = 0.0  # 0: small hashes of twenty settings
    skew: float = 1.0  # the exponent of the zipf law by which namespaces are read
    hot_cost: float = 5.0  # of the company-wide namespace `shared`; 0: there is none
    lists: int = 0  # lists for the reporting job
    list_cost: float = 4.0


@dataclass(frozen=True, kw_only=True)
class Description:
    """A stage: its parts' sizes, its versions, and what each level of heat means. Rates are requests a second."""

    name: str
    title: Text
    levels: tuple[Level, ...]
    versions: Mapping[str, Version] = field(default_factory=lambda: VERSIONS)
    running: str = "v1.8.2"
    fix: str = ""  # the version that mends it, where a version does
    keys: Keys = field(default_factory=Keys)
    polls: float = 150.0  # "has anything changed?", answered from memory: most of a config center's traffic, and none of Redis's
    base: float = 10.0  # reads of ordinary namespaces
    hot: float = 2.0  # reads of the hot one
    exports: bool = False  # the hot stream asks for exports of small namespaces instead of the hot key
    dependency: bool = False
    pods: int = 3
    pool: int = 4  # connections of one pod
    pool_timeout: float = 0.25  # seconds
    redis_cores: float = 0.15  # Redis's CPU limit, as a container has one
    plays: str = SERVICE  # the service of the catalog that alerts and changes name


# The versions every stage knows: what runs, the hotfix with the cache, and two that should never have been released.
VERSIONS: Mapping[str, Version] = {
    "v1.8.1": Version(),
    "v1.8.2": Version(),
    "v1.8.3": Version(cache_seconds=1.0),
    "v1.9.0": Version(fails=0.12),
    "v1.9.1": Version(leaks=True),
}
