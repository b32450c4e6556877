"""
How much traffic makes the errors a level asks for: worked out beforehand from costs, then corrected by what is measured.

Rule 1: pure: nothing here touches a clock or a process.
Rule 2: the errors themselves are never made here. Where a full resource serves C requests a second and more come, the share that fails is
        1 - C / arrivals; so arrivals = C / (1 - share), with C measured while it is full.
Rule 3: the correction stops at the first deploy, or it would answer a fix with more traffic.
"""

from __future__ import annotations

from dataclasses import dataclass

from kuaihui.app.drill.stage.description import Description, ExpensiveJob, Knob, Level, SlowDependency
from kuaihui.app.drill.stage.roles import Rates

LEAK_SECONDS = 2.0  # until the idle check takes a forgotten connection back
# Offered load, in connections kept at once by one pod's exports, at which Erlang's formula loses a tenth of the calls over four lines.
ERLANG_TENTH_OF_FOUR = 2.05
FULL = 0.02  # share of errors from which a resource counts as full
STEP = 0.7  # how much of the correction is taken at once
WIDEST = 1.3  # no single correction changes the knob by more


@dataclass(frozen=True)
class Costs:
    """CPU milliseconds in Redis of one read: of an ordinary namespace, of the hot one."""

    base: float
    hot: float


@dataclass(frozen=True)
class Measured:
    """What the gateway answered in some seconds."""

    requests: int
    failed: int
    seconds: float

    @property
    def ratio(self) -> float:
        """The share of 5xx; 0 when nothing was asked."""
        return self.failed / self.requests if self.requests else 0.0

    @property
    def served(self) -> float:
        """Good answers a second."""
        return (self.requests - self.failed) / self.seconds


def first_rates(description: Description, level: Level, costs: Costs) -> Rates:
    """The rates to begin a level with."""
    rates = Rates(base=description.base, hot=description.hot)
    match level.knob:
        case None:
            return rates
        case Knob.HOT:
            return Rates(base=rates.base, hot=_first_hot(description, level.errors, costs))
        case Knob.BASE:
            return Rates(base=_first_base(description, level, costs) / (1 - level.errors), hot=rates.hot)


def next_rates(description: Description, level: Level, rates: Rates, seen: Measured) -> Rates:
    """The rates to go on with after what was seen."""
    if level.knob is None:
        return rates
    now = rates.hot if level.knob is Knob.HOT else rates.base
    if description.exports:
        wanted = now * (level.errors / max(seen.ratio, FULL)) ** 0.5
    elif seen.ratio < FULL:
        wanted = now * (1 + level.errors)
    else:
        wanted = now + seen.served / (1 - level.errors) - (rates.base + rates.hot)
    fresh = now + STEP * (min(max(wanted, now / WIDEST), now * WIDEST) - now)
    return Rates(base=rates.base, hot=fresh) if level.knob is Knob.HOT else Rates(base=fresh, hot=rates.hot)


def _first_hot(description: Description, errors: float, costs: Costs) -> float:
    if description.exports:
        return description.pods * ERLANG_TENTH_OF_FOUR / LEAK_SECONDS
    cpu = description.redis_cores * 1000 / (1 - errors)
    return max(description.hot, (cpu - description.base * costs.base) / costs.hot)


def _first_base(description: Description, level: Level, costs: Costs) -> float:
    """What can be served: by connections that wait elsewhere, by a Redis shared with a job, or by Redis alone."""
    places = description.pods * description.pool
    cpu = description.redis_cores * 1000
    for deed in level.deeds:
        if isinstance(deed, SlowDependency):
            return places / (deed.seconds + 0.01)
        if isinstance(deed, ExpensiveJob):
            return places * cpu / (deed.clients * description.keys.list_cost + places * costs.base)
    return cpu / costs.base
