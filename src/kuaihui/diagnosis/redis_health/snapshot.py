"""
What one look at one Redis server tells, in our own words.

Rule 1: nothing here holds a value that is stored in Redis, nor a key's name that has not been scrubbed.
Rule 2: a section that was not answered is None, never empty: "no slow command" and "not allowed to ask" are different answers.
Rule 3: counters are as the server keeps them, since its start; only two snapshots of one run say what is going on now.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import msgspec

from kuaihui.language import Text


class CommandCount(msgspec.Struct, frozen=True):
    """What one command has cost since the server's start; `usec` is its execution time in microseconds."""

    calls: int = 0
    usec: int = 0
    rejected_calls: int = 0
    failed_calls: int = 0


class Replica(msgspec.Struct, frozen=True):
    """A replica as its primary sees it: `behind` in bytes of the replication stream, `lag` in seconds since it last reported."""

    address: str
    state: str
    behind: int
    lag: int


class ServerInfo(msgspec.Struct, frozen=True, kw_only=True):
    """INFO, in our words: bytes, seconds, and counts since the server's start. `cpu` is the main thread's, in seconds."""

    run_id: str
    version: str = ""
    role: str = "master"
    uptime: int = 0
    cpu: float = 0.0
    commands: int = 0
    rate: int = 0  # commands a second, smoothed by the server over its last seconds
    clients: int = 0
    blocked: int = 0
    max_clients: int = 0
    refused_connections: int = 0
    memory: int = 0
    max_memory: int = 0
    memory_policy: str = "noeviction"
    evicted: int = 0
    hits: int = 0
    misses: int = 0
    loading: bool = False
    cluster: bool = False
    save_failed: bool = False
    primary_link_down: int | None = None  # seconds a replica has been without its primary; None on a primary, or while linked
    replicas: tuple[Replica, ...] = ()
    by_command: dict[str, CommandCount] = {}
    errors: dict[str, int] = {}
    keys: int = 0


class SlowEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of the slow log; its number starts again with every run of the server, so (run_id, id) names it."""

    run_id: str
    id: int
    at: datetime
    usec: int
    command: str
    key: str = ""
    client: str = ""
    connection: str = ""  # address and port it came from: two of one client are two


class ClientGroup(msgspec.Struct, frozen=True, kw_only=True):
    """The connections of one client (its name, or its host): `busy` were used within the last second, `output` is in bytes."""

    who: str
    connections: int
    busy: int
    blocked: int = 0
    output: int = 0
    biggest_output: int = 0


class LatencyEvent(msgspec.Struct, frozen=True, kw_only=True):
    """A delay the server's own latency monitor saw."""

    event: str
    at: datetime
    latest_ms: int
    worst_ms: int


class KeySize(msgspec.Struct, frozen=True):
    """A key's memory in bytes, estimated by the server from a few of its elements."""

    key: str
    size: int


class Method(StrEnum):
    """How hot keys were found."""

    HOTKEYS = "HOTKEYS"
    LFU = "OBJECT FREQ"
    MONITOR = "MONITOR"


class HotKey(msgspec.Struct, frozen=True, kw_only=True):
    """
    One key that is used a lot.

    `share` is its part of all commands (HOTKEYS: of all command time), between 0 and 1, true within ±`margin` in 19 of 20 looks; None where
    the method only ranks. `frequency` is the server's logarithmic counter (0 to 255).
    """

    key: str
    share: float | None = None
    margin: float = 0.0
    commands: tuple[str, ...] = ()
    frequency: int | None = None


class HotKeys(msgspec.Struct, frozen=True, kw_only=True):
    """The keys used most, the most used first; `seen` commands (OBJECT FREQ: keys) in `took` seconds of watching, `of` so many keys."""

    method: Method
    keys: tuple[HotKey, ...]
    seen: int
    took: float
    of: int = 0


class Gap(msgspec.Struct, frozen=True):
    """A part of the look that could not be had, with the reason, told to the reader."""

    section: str
    why: Text
    node: str = ""


class RedisSnapshot(msgspec.Struct, frozen=True, kw_only=True):
    """One look at one server (`node` is host:port), at an instant by the server's own clock where it tells it, in UTC."""

    node: str
    at: datetime
    info: ServerInfo
    slow: tuple[SlowEntry, ...] | None = None
    clients: tuple[ClientGroup, ...] | None = None
    latencies: tuple[LatencyEvent, ...] | None = None
    sizes: tuple[KeySize, ...] = ()
