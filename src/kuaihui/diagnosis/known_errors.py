"""
Known errors: what is seen when it is this, how to make sure without changing anything, and what is then safe to do.

Rule 1: a clue that is only seen speaks for a cause; only a proof confirms it, and a deploy is never proved by its hour alone.
Rule 2: what contradicts a cause is written down beside what supports it: no hot key is claimed where Redis was looked at and has none.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

import msgspec

from kuaihui.language import Text, text


class Logged(msgspec.Struct, frozen=True):
    """A log signature that fits this regular expression."""

    pattern: str
    weight: float


class Found(msgspec.Struct, frozen=True):
    """A finding of this kind about Redis, at least this weighty; it counts by its own weight times `weight`."""

    kind: str
    weight: float
    least: float = 0.0


class Missing(msgspec.Struct, frozen=True):
    """Redis was looked at, and there is no finding of this kind as weighty as that."""

    kind: str
    weight: float
    least: float = 0.0


class Changed(msgspec.Struct, frozen=True):
    """A suspect change; it counts by its own score times `weight`."""

    weight: float


Clue = Logged | Found | Missing | Changed


class Supporting(msgspec.Struct, frozen=True):
    """
    A number that falls once the cause is gone; `metric` is a counter as the usual exporter names it.

    `selector` is the word of the catalog's `sources.metrics` that narrows it down: {from: prometheus, redis: 'addr="redis:6379"'}.
    """

    name: Text
    metric: str
    selector: str

    def promql(self, where: str, over: timedelta = timedelta(minutes=1)) -> str:
        """Its rate `over` this span, summed; `where` are the matchers of the catalog, or nothing."""
        labels = f"{{{where}}}" if where else ""
        seconds = round(over.total_seconds())
        return f"sum(rate({self.metric}{labels}[{f'{seconds // 60}m' if seconds % 60 == 0 else f'{seconds}s'}]))"


class KnownError(msgspec.Struct, frozen=True, kw_only=True):
    """A cause that has been met before; one of `proofs` is enough to confirm it, unless something in `against` holds as well."""

    id: str
    claim: Text
    clues: tuple[Clue, ...]
    against: tuple[Clue, ...] = ()
    proofs: tuple[Clue, ...] = ()
    verify: Text
    mitigations: tuple[Text, ...]
    supporting: tuple[Supporting, ...] = ()


_POOL: Final = r"(?i)(connection )?pool.{0,30}(time-?out|exhaust|full)|time-?out.{0,40}connection from pool"
_REFUSED: Final = r"(?i)connection refused|ECONNREFUSED"
_REDIS_REFUSED: Final = r"(?i)(redis|:6379|<\*>:<\*>|dial tcp).*connection refused"
_COMMANDS: Final = (Supporting(text("Redis commands a second"), "redis_commands_processed_total", "redis"),)
_HOT: Final = 0.6  # the weight from which a hot key explains an outage: it takes a fifth of the work of a stressed server
_SLOW: Final = 0.6  # the weight from which slow commands do: they hold the one thread for half of the time

_ALL: Final = (
    KnownError(
        id="redis-hot-key",
        claim=text("Redis has a hot key"),
        clues=(Logged(_POOL, 0.35), Found("hot key", 1.0), Found("slow commands on one key", 0.3)),
        against=(Missing("hot key", 0.9, 0.3), Found("slow commands", 0.8, 0.3), Found("everything slow", 0.8), Found("down", 0.9)),
        proofs=(Found("hot key", 1.0, _HOT),),
        verify=text("read the slow log and sample the commands for a second: one key must stand out"),
        mitigations=(
            text("cache the key for a second or two in the reading process"),
            text("spread the key over several copies, or read it from replicas"),
        ),
        supporting=_COMMANDS,
    ),
    KnownError(
        id="redis-slow-command",
        claim=text("slow commands hold Redis"),
        clues=(Logged(_POOL, 0.25), Found("slow commands", 1.0, 0.3), Found("slow commands on one key", 0.9, 0.3), Found("latency", 0.3)),
        against=(Found("hot key", 0.8, _HOT), Found("everything slow", 0.7), Missing("slow commands", 0.8, 0.0), Found("down", 0.9)),
        proofs=(Found("slow commands", 1.0, _SLOW), Found("slow commands on one key", 1.0, _SLOW)),
        verify=text("read the slow log: which command, on which keys, from which client"),
        mitigations=(text("stop the client that sends them"), text("do the work in small steps (SCAN), or on a replica")),
    ),
    KnownError(
        id="redis-down",
        claim=text("Redis is down"),
        clues=(Found("down", 1.0), Found("loading", 0.8), Logged(_REDIS_REFUSED, 0.55)),
        against=(Found("calm", 0.8), Found("busy", 0.6), Found("hot key", 0.6)),
        proofs=(Found("down", 1.0, 0.8),),
        verify=text("ping it from the service's own network"),
        mitigations=(text("restart it, or fail over to a replica"), text("serve what is cached until it is back")),
    ),
    KnownError(
        id="pool-full-redis-calm",
        claim=text("the connection pool is full while Redis is calm: the service holds its connections too long"),
        clues=(Logged(_POOL, 0.5), Found("calm", 0.6)),
        against=(
            Found("hot key", 0.9, 0.3),
            Found("slow commands", 0.8, 0.3),
            Found("slow commands on one key", 0.8, 0.3),
            Found("everything slow", 0.8),
            Found("busy", 0.8),
            Found("down", 0.9),
            Found("client limit", 0.5),
        ),
        verify=text("look what is done while a connection is held: another call, a lock, a forgotten close"),
        mitigations=(text("go back to the release before, if the pool filled with it"), text("give the slow dependency a short time-out")),
    ),
    KnownError(
        id="overload",
        claim=text("there is more traffic than can be served, evenly"),
        clues=(
            Logged(_POOL, 0.3),
            Found("busy", 0.8),
            Found("everything slow", 0.8),
            Found("connections in use", 0.3),
            Logged(r"(?i)overload|too busy|queue (is )?full|load shed", 0.5),
        ),
        against=(
            Found("hot key", 0.8, 0.3),
            Found("slow commands", 0.5, _SLOW),
            Found("slow commands on one key", 0.6, _SLOW),
            Found("calm", 0.6),
            Found("down", 0.9),
        ),
        verify=text("compare the request rate with the same hour of last week"),
        mitigations=(
            text("limit the rate at the gateway, least important callers first"),
            text("add instances, if what they wait for can take it"),
        ),
    ),
    KnownError(
        id="bad-deploy",
        claim=text("the last release broke it"),
        clues=(Changed(0.9),),
        against=(Found("hot key", 0.6, _HOT), Found("down", 0.7)),
        verify=text("compare the errors of old and new instances"),
        mitigations=(text("go back to the release before"),),
    ),
    KnownError(
        id="refused-after-deploy",
        claim=text("connections are refused since a release"),
        clues=(Logged(_REFUSED, 0.45), Changed(0.25)),
        against=(Found("down", 0.8),),
        verify=text("see whether the new instances listen, and on which port"),
        mitigations=(text("go back to the release before"),),
    ),
    KnownError(
        id="disk-full",
        claim=text("a disk is full"),
        clues=(Logged(r"(?i)no space left on device|disk (is )?full|ENOSPC|disk quota exceeded", 0.9),),
        verify=text("ask the node for its free space and inodes (df -h, df -i)"),
        mitigations=(text("move old logs away"), text("enlarge the volume")),
    ),
    KnownError(
        id="oom-kill",
        claim=text("a process was killed for want of memory"),
        clues=(Logged(r"(?i)out of memory|oom-?kill|OOMKilled|cannot allocate memory|OutOfMemoryError", 0.9), Found("memory", 0.5)),
        verify=text("read the last state of the pods and the kernel's log"),
        mitigations=(text("raise the memory limit"), text("restart one instance at a time")),
    ),
    KnownError(
        id="certificate-expired",
        claim=text("a certificate has expired"),
        clues=(Logged(r"(?i)(x509|certificate|tls|ssl).*(expired|not yet valid)", 0.95),),
        verify=text("read the certificate's last day (openssl s_client)"),
        mitigations=(text("put the renewed certificate in place and reload"),),
    ),
    KnownError(
        id="dns-failure",
        claim=text("names cannot be resolved"),
        clues=(
            Logged(r"(?i)no such host|name or service not known|temporary failure in name resolution|NXDOMAIN|SERVFAIL|EAI_AGAIN", 0.9),
        ),
        verify=text("resolve the name from the pod and from the node"),
        mitigations=(text("restart the cluster's DNS"), text("give the client the address of a second resolver")),
    ),
    KnownError(
        id="thread-pool-exhausted",
        claim=text("the thread pool is exhausted"),
        clues=(
            Logged(
                r"(?i)RejectedExecutionException|thread ?pool.{0,30}(exhaust|full|reject)|can'?t start new thread|too many goroutines", 0.9
            ),
        ),
        verify=text("take a thread dump: what are they all waiting for"),
        mitigations=(text("give what they wait for a short time-out"), text("restart one instance at a time")),
    ),
    KnownError(
        id="replication-lag",
        claim=text("replicas lag behind"),
        clues=(Found("replication", 0.9), Logged(r"(?i)replication lag|seconds_behind_master|replica.{0,20}(behind|lag)|MASTERDOWN", 0.85)),
        verify=text("compare the offsets of primary and replica"),
        mitigations=(text("read from the primary for the time being"), text("pause the batch that writes so much")),
    ),
    KnownError(
        id="cache-stampede",
        claim=text("the cache misses, and everything goes to the store behind it"),
        clues=(Found("misses", 0.9), Found("evictions", 0.6), Logged(r"(?i)cache (miss|avalanche|stampede)|thundering herd", 0.7)),
        against=(Found("hot key", 0.4, _HOT),),
        verify=text("compare the hit rate with yesterday, and look when the keys expire"),
        mitigations=(text("let one request fill the key while the others wait"), text("spread the expiry of the keys")),
        supporting=_COMMANDS,
    ),
    KnownError(
        id="redis-big-key",
        claim=text("Redis has a big key that is read as a whole"),
        clues=(Found("big key", 0.9), Found("output buffers", 0.5)),
        against=(Found("hot key", 0.5, _HOT), Found("down", 0.9)),
        verify=text("ask for the key's size and for the slow log's entries on it"),
        mitigations=(text("read only the fields that are wanted"), text("split the key")),
    ),
    KnownError(
        id="rate-limited-upstream",
        claim=text("an upstream limits our rate"),
        clues=(Logged(r"(?i)too many requests|rate limit|\b429\b|throttl|quota exceeded", 0.85),),
        verify=text("read the upstream's answer: which limit, until when"),
        mitigations=(text("ask less often, with a growing pause"), text("ask the upstream for a higher limit")),
    ),
)
KNOWN: Final[Mapping[str, KnownError]] = {known.id: known for known in _ALL}
