"""
Redis's replies, in our words.

Rule 1: this is the door: of a logged command its name and its key's scrubbed name come in, its other arguments never.
Rule 2: a field that this server's version does not have is its default; a reply of another shape raises msgspec's ValidationError.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Final, TypeVar

import msgspec

from kuaihui.diagnosis.redis_health.snapshot import ClientGroup, CommandCount, LatencyEvent, Replica, ServerInfo, SlowEntry
from kuaihui.integrations.redis.monitor_text import KeyPosition

# Commands whose one key is their first argument, for servers that do not let us ask; a command missing here only loses its key's name.
_ONE_KEY: Final = """
    append decr decrby expire get getdel getex getrange getset hdel hexists hget hgetall hincrby hkeys hlen hmget hmset hscan hset hsetnx
    hvals incr incrby lindex linsert llen lpop lpush lrange lrem lset ltrim persist pexpire psetex pttl rpop rpush sadd scard set setex
    setnx setrange sismember smembers spop srandmember srem sscan strlen ttl type xadd xlen xrange xrevrange zadd zcard zcount zincrby
    zrange zrangebyscore zrank zrem zrevrange zrevrangebyscore zscan zscore
"""
_MANY_KEYS: Final = ("del", "exists", "mget", "sinter", "sunion", "touch", "unlink")
USUAL_POSITIONS: Final[dict[str, KeyPosition]] = {
    **{name: KeyPosition(1, 1, 1) for name in _ONE_KEY.split()},
    **{name: KeyPosition(1, -1, 1) for name in _MANY_KEYS},
}


Row = TypeVar("Row", bound=msgspec.Struct)


class _Replica(msgspec.Struct):
    ip: str
    port: int
    state: str = ""
    offset: int = 0
    lag: int = 0


class _Command(msgspec.Struct):
    calls: int = 0
    usec: int = 0
    rejected_calls: int = 0
    failed_calls: int = 0


class _Error(msgspec.Struct):
    count: int = 0


class _Keyspace(msgspec.Struct):
    keys: int = 0


class _ClusterNode(msgspec.Struct):
    flags: str
    slots: list[list[str]] = []  # a primary without slots serves nobody


class Info(msgspec.Struct):
    """INFO's fields by Redis's own names."""

    run_id: str
    redis_version: str = ""
    server_name: str = "redis"
    valkey_version: str = ""
    role: str = "master"
    uptime_in_seconds: int = 0
    server_time_usec: int = 0
    used_cpu_user: float = 0.0
    used_cpu_sys: float = 0.0
    used_cpu_user_main_thread: float | None = None
    used_cpu_sys_main_thread: float | None = None
    total_commands_processed: int = 0
    instantaneous_ops_per_sec: int = 0
    connected_clients: int = 0
    blocked_clients: int = 0
    maxclients: int = 0
    rejected_connections: int = 0
    used_memory: int = 0
    maxmemory: int = 0
    maxmemory_policy: str = "noeviction"
    evicted_keys: int = 0
    keyspace_hits: int = 0
    keyspace_misses: int = 0
    loading: int = 0
    cluster_enabled: int = 0
    rdb_last_bgsave_status: str = "ok"
    aof_last_write_status: str = "ok"
    master_repl_offset: int = 0
    master_link_status: str = "up"
    master_link_down_since_seconds: int = 0


def info(fields: Mapping[str, object]) -> tuple[Info, ServerInfo]:
    """INFO as the client library cuts it into fields: under Redis's names, and in our words."""
    told = msgspec.convert({str(name): value for name, value in fields.items()}, Info, strict=False)
    return told, _server_info(told, fields)


def _server_info(told: Info, fields: Mapping[str, object]) -> ServerInfo:
    user = told.used_cpu_user if told.used_cpu_user_main_thread is None else told.used_cpu_user_main_thread
    system = told.used_cpu_sys if told.used_cpu_sys_main_thread is None else told.used_cpu_sys_main_thread
    by_command = _with_prefix(fields, "cmdstat_", _Command)
    return ServerInfo(
        run_id=told.run_id,
        version=f"{told.server_name} {told.valkey_version or told.redis_version}",
        role=told.role,
        uptime=told.uptime_in_seconds,
        cpu=user + system,
        commands=told.total_commands_processed,
        rate=told.instantaneous_ops_per_sec,
        clients=told.connected_clients,
        blocked=told.blocked_clients,
        max_clients=told.maxclients,
        refused_connections=told.rejected_connections,
        memory=told.used_memory,
        max_memory=told.maxmemory,
        memory_policy=told.maxmemory_policy,
        evicted=told.evicted_keys,
        hits=told.keyspace_hits,
        misses=told.keyspace_misses,
        loading=bool(told.loading),
        cluster=bool(told.cluster_enabled),
        save_failed="err" in {told.rdb_last_bgsave_status, told.aof_last_write_status},
        primary_link_down=_link_down(told),
        replicas=tuple(_replica(one, told.master_repl_offset) for one in _with_prefix(fields, "slave", _Replica).values()),
        by_command={name: CommandCount(c.calls, c.usec, c.rejected_calls, c.failed_calls) for name, c in by_command.items()},
        errors={name: error.count for name, error in _with_prefix(fields, "errorstat_", _Error).items()},
        keys=sum(space.keys for space in _with_prefix(fields, "db", _Keyspace).values()),
    )


def _link_down(told: Info) -> int | None:
    if told.role == "master" or told.master_link_status == "up":
        return None
    return max(0, told.master_link_down_since_seconds)  # -1 means it has never been linked


def _replica(told: _Replica, offset: int) -> Replica:
    return Replica(f"{told.ip}:{told.port}", told.state, max(0, offset - told.offset), told.lag)


def _with_prefix(fields: Mapping[str, object], prefix: str, kind: type[Row]) -> dict[str, Row]:
    """The fields that hold a row each: cmdstat_get, slave0, db0, errorstat_OOM."""
    rows = {name.removeprefix(prefix): value for name, value in fields.items() if name.startswith(prefix)}
    return {name: msgspec.convert(value, kind, strict=False) for name, value in rows.items() if isinstance(value, dict)}


def server_time(told: Info, otherwise: datetime) -> datetime:
    """The server's own clock (UTC), which its slow log is stamped by; `otherwise` where it does not tell."""
    return datetime.fromtimestamp(told.server_time_usec / 1e6, UTC) if told.server_time_usec else otherwise


class Logged(msgspec.Struct, frozen=True):
    """One line of the slow log as it is read: of its arguments, the command's name and the first one, which may be a key."""

    id: int
    second: int
    usec: int
    command: str
    first: bytes
    client: str
    connection: str = ""


def slow_log(reply: object) -> list[Logged]:
    """SLOWLOG GET: number, second, microseconds, arguments, address, client's name."""
    rows = msgspec.convert(reply, list[tuple[int, int, int, list[bytes], bytes, bytes]])
    return [
        Logged(number, second, usec, _name(words), words[1] if len(words) > 1 else b"", _who(address, name), text_of(address))
        for number, second, usec, words, address, name in rows
    ]


def _who(address: bytes, name: bytes) -> str:
    return text_of(name) or host_of(text_of(address))


def _name(words: Sequence[bytes]) -> str:
    return words[0].decode("ascii", "replace").lower() if words else ""


def slow_entry(logged: Logged, run_id: str, key: str) -> SlowEntry:
    """A line of the slow log in our words; `key` is its key's scrubbed name."""
    at = datetime.fromtimestamp(logged.second, UTC)
    who = {"client": logged.client, "connection": logged.connection}
    return SlowEntry(run_id=run_id, id=logged.id, at=at, usec=logged.usec, command=logged.command, key=key, **who)


def client_groups(reply: object, our_name: str) -> tuple[ClientGroup, ...]:
    """CLIENT LIST by client: its name, or else its host. Our own connections, replicas and other watchers are left out."""
    rows = msgspec.convert(reply, list[dict[str, str]])
    groups: dict[str, list[Mapping[str, str]]] = {}
    for row in rows:
        if row.get("name") != our_name and not set(row.get("flags", "N")) & set("SMO"):
            groups.setdefault(row.get("name") or host_of(row.get("addr", "")), []).append(row)
    return tuple(_group(who, ours) for who, ours in sorted(groups.items()))


def _group(who: str, rows: Sequence[Mapping[str, str]]) -> ClientGroup:
    outputs = [int(row.get("omem", "0")) for row in rows]
    return ClientGroup(
        who=who,
        connections=len(rows),
        busy=sum(row.get("idle") == "0" for row in rows),
        blocked=sum("b" in row.get("flags", "") for row in rows),
        output=sum(outputs),
        biggest_output=max(outputs),
    )


def latency_events(reply: object) -> tuple[LatencyEvent, ...]:
    """LATENCY LATEST: event, second, latest and worst delay in milliseconds; newer servers append more."""
    rows = msgspec.convert(reply, list[list[bytes | int]])
    return tuple(_latency(*row[:4]) for row in rows)


def _latency(event: object, second: object, latest: object, worst: object) -> LatencyEvent:
    at = datetime.fromtimestamp(msgspec.convert(second, int), UTC)
    return LatencyEvent(event=text_of(event), at=at, latest_ms=msgspec.convert(latest, int), worst_ms=msgspec.convert(worst, int))


def primaries(reply: object, host: str) -> tuple[list[tuple[str, int]], list[str]]:
    """CLUSTER NODES: the primaries' addresses, and the nodes the cluster calls failed; one without an address is at `host`."""
    nodes = msgspec.convert(reply, dict[str, _ClusterNode])
    living: list[tuple[str, int]] = []
    failed: list[str] = []
    for address, node in nodes.items():
        flags, (where, _, port) = set(node.flags.split(",")), address.rpartition(":")
        if "fail" in flags:
            failed.append(address)
        elif "master" in flags and not flags & {"noaddr", "handshake"} and node.slots:
            living.append((where or host, int(port)))
    return sorted(living), sorted(failed)


def key_positions(reply: object) -> dict[str, KeyPosition]:
    """COMMAND INFO: name, arity, flags, first key, last key, step, …; nil for a command the server does not have."""
    rows = msgspec.convert(reply, list[list[object] | None])
    return {text_of(row[0]): KeyPosition(*msgspec.convert(row[3:6], tuple[int, int, int])) for row in rows if row}


def host_of(address: str) -> str:
    """The host of "host:port"; unix sockets and IPv6 keep theirs."""
    return address.rpartition(":")[0] or address


def text_of(reply: object) -> str:
    """A reply that is bytes or text."""
    return reply.decode("utf-8", "backslashreplace") if isinstance(reply, bytes) else str(reply)
