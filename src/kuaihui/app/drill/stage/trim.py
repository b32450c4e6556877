"""
How much traffic makes the errors a level asks for: worked out beforehand from costs, then corrected by what is measured.

Rule 1: pure: nothing here touches a clock or a process.
Rule 2: the errors themselves are never made here. Where a full resource serves C reads a second and R come, beside P polls that do not
        need it, the share that fails is (R - C) / (P + R); so R = (C + share * P) / (1 - share), with C measured while it is full.
Rule 3: the correction stops at the first deploy, or it would answer a fix with more traffic.
"""

from __future__ import annotations

from dataclasses import dataclass

from msgspec.structs import replace

from kuaihui.app.drill.stage.description import Description, ExpensiveJob, Knob, Level, SlowDependency
from kuaihui.app.drill.stage.roles import Rates

LEAK_SECONDS = 2.0  # until the idle check takes a forgotten connection back
EXPORTS = 7.0  # a second: with that many forgotten for two seconds each, pools of four are full four times in ten (Erlang's formula B)
FULL = 0.02  # share of errors from which a resource counts as full
EAGER = 1.15  # growth while nothing is full yet: what the resource can serve is not known before
STEP = 0.5  # how much of the correction is taken at once
WIDEST = 1.25  # no single correction changes the knob by more


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
    rates = Rates(polls=description.polls, base=description.base, hot=description.hot)
    match level.knob:
        case None:
            return rates
        case Knob.HOT if description.exports:
            return replace(rates, hot=EXPORTS)
        case Knob.HOT:
            return replace(rates, hot=_first_hot(description, level.errors, costs))
        case Knob.BASE:
            return replace(rates, base=_reads(_capacity(description, level, costs), level.errors, rates.polls))


def turned(level: Level, rates: Rates) -> float:
    """The rate a level's knob stands at."""
    return rates.base if level.knob is Knob.BASE else rates.hot


def next_rates(description: Description, level: Level, rates: Rates, seen: Measured, most: float) -> Rates:
    """The rates to go on with after what was seen; the knob is never turned beyond `most`."""
    if level.knob is None:
        return rates
    now = turned(level, rates)
    if description.exports:
        wanted = now * (level.errors / max(seen.ratio, FULL)) ** 0.5
    elif seen.ratio < FULL:
        wanted = now * EAGER
    else:
        wanted = now + _reads(seen.served - rates.polls, level.errors, rates.polls) - (rates.base + rates.hot)
    fresh = min(now + STEP * (min(max(wanted, now / WIDEST), now * WIDEST) - now), most)
    return replace(rates, hot=fresh) if level.knob is Knob.HOT else replace(rates, base=fresh)


def _reads(capacity: float, share: float, polls: float) -> float:
    """How many reads a second make `share` of all requests fail where `capacity` of the reads are served (rule 2)."""
    return (capacity + share * polls) / (1 - share)


def _first_hot(description: Description, share: float, costs: Costs) -> float:
    """The hot reads; the more of them, the fewer reads Redis serves, so the answer is found by trying ever closer."""
    hot = description.hot
    for _ in range(40):
        reads = description.base + hot
        capacity = description.redis_cores * 1000 * reads / (description.base * costs.base + hot * costs.hot)
        hot = (hot + max(description.hot, _reads(capacity, share, description.polls) - description.base)) / 2
    return hot


def _capacity(description: Description, level: Level, costs: Costs) -> float:
    """The reads a second that are served: by connections that wait elsewhere, by a Redis shared with a job, or by Redis alone."""
    places, cpu = description.pods * description.pool, description.redis_cores * 1000
    for deed in level.deeds:
        if isinstance(deed, SlowDependency):
            return places / (deed.seconds + 0.01)
        if isinstance(deed, ExpensiveJob):
            return places * cpu / (deed.clients * description.keys.list_cost + places * costs.base)
    return cpu / costs.base
