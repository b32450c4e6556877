"""
A finding about a Redis server, what usual is, and what a rule may look at.

Rule 1: counters are told as what happened between the two looks; a run that ended between them is a finding, not a negative rate.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final

import msgspec

from kuaihui.diagnosis.redis_health.snapshot import CommandCount, HotKeys, RedisSnapshot, SlowEntry
from kuaihui.language import Text


class Kind(StrEnum):
    """What a finding is about."""

    DOWN = "down"
    LOGIN_REFUSED = "login refused"
    LOADING = "loading"
    RESTARTED = "restarted"
    HOT_KEY = "hot key"
    SLOW_ON_KEY = "slow commands on one key"
    SLOW = "slow commands"
    ALL_SLOW = "everything slow"
    BIG_KEY = "big key"
    BUSY = "busy"
    CLIENTS_BUSY = "connections in use"
    MAX_CLIENTS = "client limit"
    BLOCKED = "blocked clients"
    OUTPUT = "output buffers"
    MEMORY = "memory"
    EVICTIONS = "evictions"
    REPLICATION = "replication"
    COMMANDS = "command mix"
    MISSES = "misses"
    ERRORS = "errors"
    LATENCY = "latency"
    SAVE = "save failed"
    SHARD = "one busy primary"
    CALM = "calm"


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """
    Something worth telling about a Redis server.

    `weight` (0 to 1) is how well it would explain an outage by itself; `key` is the key it is about, scrubbed, for those who join findings.
    """

    kind: Kind
    says: Text
    weight: float
    node: str = ""
    key: str = ""
    evidence: tuple[Text, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Thresholds:
    """Where usual ends. The defaults are the field's own alert rules, and Redis's own defaults where it has them."""

    recent: timedelta = timedelta(minutes=15)  # how far back slow and late commands count
    hot_share: float = 0.2  # of all commands, or of the thread's time, on one key
    hot_askers: int = 3  # connections: a hot key is asked for by many, a slow command comes from one or two
    hot_frequency: int = 100  # OBJECT FREQ; with the default lfu-log-factor about 100,000 uses
    big_key: int = 1 << 20  # bytes; a reply of 1 MiB holds a 10 Gbit/s link for about 1 ms
    busy_cpu: float = 0.85  # of one core: commands run on one thread
    near_full: float = 0.9  # of maxmemory, of maxclients
    output: int = 8 << 20  # bytes to one client; Redis cuts a subscriber off at 8 MiB for a minute
    replica_lag: int = 10  # seconds; Redis's own min-replicas-max-lag
    replica_behind: int = 16 << 20  # bytes
    mix_shift: float = 0.2  # of all commands
    dear: float = 5.0  # times what the other commands take on average: slow by itself, and not because everything is
    slow_by_itself: int = 100_000  # microseconds; ten times the slow log's default threshold
    misses: float = 0.5  # of all look-ups
    errors: int = 20  # between the looks; the questions a poor user is refused, our own among them, are fewer
    steady_ops: int = 100  # a second; below it shares say nothing


@dataclass(frozen=True)
class Change:
    """What happened between two looks at one run of the server."""

    seconds: float
    commands: int
    cpu: float
    evicted: int
    refused: int
    hits: int
    misses: int
    by_command: dict[str, CommandCount]
    errors: dict[str, int]

    @property
    def rate(self) -> float:
        """Commands a second."""
        return self.commands / self.seconds

    @property
    def busy(self) -> float:
        """The main thread's part of one core."""
        return self.cpu / self.seconds

    @property
    def held(self) -> float:
        """
        The part of the time in which commands hold the one thread (0 to 1).

        A server with less than a core (a container's limit, a crowded machine) is full long before it has used a core's time.
        """
        return max(self.busy, min(1.0, sum(count.usec for count in self.by_command.values()) / 1e6 / self.seconds))


@dataclass(frozen=True)
class View:
    """Everything a rule may look at."""

    now: RedisSnapshot
    change: Change | None
    restarted: bool
    hot: Sequence[HotKeys]
    limits: Thresholds


# What the look itself asks; some of it in numbers (OBJECT FREQ once a key), which are nobody's traffic.
OURS: Final = frozenset(
    {"object|freq", "memory|usage", "command|info", "client|list", "client|setname", "slowlog|get", "latency|latest", "monitor", "wait"}
)

Rule = Callable[[View], Iterator[Finding]]


def between(before: RedisSnapshot, after: RedisSnapshot) -> Change | None:
    """The counters' change but for our own asking; None when no time has passed, or they went back themselves (CONFIG RESETSTAT)."""
    seconds = (after.at - before.at).total_seconds()
    old, new = before.info, after.info
    if seconds <= 0 or new.commands < old.commands:
        return None
    by_command = {name: _less(count, old.by_command.get(name, CommandCount())) for name, count in new.by_command.items()}
    own = sum(count.calls for name, count in by_command.items() if name in OURS)
    return Change(
        seconds,
        max(0, new.commands - old.commands - own),
        max(0.0, new.cpu - old.cpu),
        max(0, new.evicted - old.evicted),
        max(0, new.refused_connections - old.refused_connections),
        max(0, new.hits - old.hits),
        max(0, new.misses - old.misses),
        {name: count for name, count in by_command.items() if name not in OURS},
        {name: count - old.errors.get(name, 0) for name, count in new.errors.items() if count > old.errors.get(name, 0)},
    )


def _less(new: CommandCount, old: CommandCount) -> CommandCount:
    return CommandCount(
        max(0, new.calls - old.calls),
        max(0, new.usec - old.usec),
        max(0, new.rejected_calls - old.rejected_calls),
        max(0, new.failed_calls - old.failed_calls),
    )


def recent_slow(view: View) -> Sequence[SlowEntry]:
    """The slow log's entries of the last minutes; entries of an earlier run are another server's."""
    since = view.now.at - view.limits.recent
    return [entry for entry in view.now.slow or () if entry.at >= since and entry.run_id == view.now.info.run_id]


LAST_MINUTE: Final = timedelta(minutes=1)
_LEAST_SPAN: Final = 10.0  # seconds: one slow command alone holds nothing
# Where so many were read and older ones were not, what was read is all that was slow since the first of them, however short that is.
_MANY: Final = 64
_LEAST_OF_MANY: Final = 1.0  # seconds: the log's own grain


def held_lately(view: View) -> tuple[Sequence[SlowEntry], float]:
    """The slow log's entries of the last minute, and over how many seconds they are to be spread: since the first of them."""
    entries = [entry for entry in recent_slow(view) if entry.at >= view.now.at - LAST_MINUTE]
    first = min((entry.at for entry in entries), default=view.now.at)
    cut_off = len(entries) >= _MANY and min(entry.id for entry in entries) > 0
    return entries, max(_LEAST_OF_MANY if cut_off else _LEAST_SPAN, (view.now.at - first).total_seconds())


def number(value: float) -> str:
    """Thousands apart, decimals only where they matter."""
    return f"{value:,.0f}" if value >= 100 or value == int(value) else f"{value:.1f}"


def percent(share: float) -> str:
    """A share (0 to 1) in percent."""
    return f"{share * 100:.0f}" if share >= 0.1 or share == 0 else f"{share * 100:.1f}"


def mebibytes(size: float) -> str:
    """Bytes in MiB."""
    return f"{size / (1 << 20):,.1f}"


def milliseconds(usec: float) -> str:
    """Microseconds in milliseconds."""
    return f"{usec / 1000:,.0f}" if usec >= 10_000 else f"{usec / 1000:.1f}"
