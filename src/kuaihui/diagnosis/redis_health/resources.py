"""
Findings about the server itself: load, connections, memory, replication, errors, delays.

Rule 1: every threshold is in `Thresholds`, with where it comes from.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from kuaihui.diagnosis.redis_health.finding import Finding, Kind, View, mebibytes, number, percent
from kuaihui.language import text
from kuaihui.language.durations import in_words

# Errors that are an answer of the application's making, not a sign of trouble: a lost race, a missing script, another slot's key.
HARMLESS_ERRORS = frozenset({"NOSCRIPT", "MOVED", "ASK", "BUSYGROUP", "BUSYKEY"})


def restarted(view: View) -> Iterator[Finding]:
    """A new run: its data, caches and slow log may be gone."""
    if view.restarted or view.now.info.uptime < view.limits.recent.total_seconds():
        says = text("Redis started {span} ago", span=in_words(timedelta(seconds=view.now.info.uptime)))
        yield Finding(kind=Kind.RESTARTED, says=says, weight=0.7 if view.restarted else 0.35)


def loading(view: View) -> Iterator[Finding]:
    """Every command is refused until the data set is read back."""
    if view.now.info.loading:
        yield Finding(kind=Kind.LOADING, says=text("Redis is loading its data set and refuses commands"), weight=0.95)


def busy(view: View) -> Iterator[Finding]:
    """Commands run on one thread: when its core is full, everybody waits."""
    if view.change and view.change.held >= view.limits.busy_cpu:
        values = {"cpu": percent(view.change.busy), "held": percent(view.change.held), "rate": number(view.change.rate)}
        says = text("Redis's main thread is at {cpu} % of its core, {rate} ops/s", **values)
        if view.change.busy < view.limits.busy_cpu:
            says = text("commands hold Redis's one thread {held} % of the time, {rate} ops/s; it is given {cpu} % of a core", **values)
        yield Finding(kind=Kind.BUSY, says=says, weight=0.5)


def clients_busy(view: View) -> Iterator[Finding]:
    """A client all of whose connections are in use has a pool that is empty, or nearly."""
    for group in view.now.clients or ():
        if group.connections >= 4 and group.busy == group.connections:
            says = text("{busy} of {all} connections of {who} in use", busy=group.busy, all=group.connections, who=group.who)
            yield Finding(kind=Kind.CLIENTS_BUSY, says=says, weight=0.45)


def client_limit(view: View) -> Iterator[Finding]:
    """No connection left means no service for whoever comes next."""
    info = view.now.info
    if view.change and view.change.refused:
        says = text("{refused} connections refused since the first look: {clients} of {limit} are open", **_connections(view))
        yield Finding(kind=Kind.MAX_CLIENTS, says=says, weight=0.9)
    elif info.max_clients and info.clients >= view.limits.near_full * info.max_clients:
        yield Finding(kind=Kind.MAX_CLIENTS, says=text("{clients} of {limit} connections are open", **_connections(view)), weight=0.6)


def _connections(view: View) -> dict[str, str | int]:
    info = view.now.info
    refused = view.change.refused if view.change else 0
    return {"refused": refused, "clients": number(info.clients), "limit": number(info.max_clients)}


def blocked(view: View) -> Iterator[Finding]:
    """Waiting in BLPOP and its kin is how queues work; that most clients wait is not."""
    info = view.now.info
    if info.blocked:
        most = info.blocked * 2 >= info.clients
        says = text("{blocked} of {clients} clients wait in a blocking command", blocked=number(info.blocked), clients=number(info.clients))
        yield Finding(kind=Kind.BLOCKED, says=says, weight=0.35 if most else 0.15)


def output_buffers(view: View) -> Iterator[Finding]:
    """A client that reads more slowly than it asks makes the server keep its replies."""
    for group in view.now.clients or ():
        if group.biggest_output >= view.limits.output:
            says = text("{size} MiB of replies wait for {who}: it reads too slowly", size=mebibytes(group.output), who=group.who)
            yield Finding(kind=Kind.OUTPUT, says=says, weight=0.6)


def memory(view: View) -> Iterator[Finding]:
    """Full without eviction, every write fails; full with it, keys go."""
    info = view.now.info
    if not info.max_memory or info.memory < view.limits.near_full * info.max_memory:
        return
    values = {"share": percent(info.memory / info.max_memory), "limit": mebibytes(info.max_memory), "policy": info.memory_policy}
    says = text("memory is {share} % of {limit} MiB, policy {policy}", **values)
    full = info.memory >= 0.99 * info.max_memory and info.memory_policy == "noeviction"
    yield Finding(kind=Kind.MEMORY, says=says, weight=0.85 if full else 0.45)


def evictions(view: View) -> Iterator[Finding]:
    """Keys are thrown out to make room."""
    if view.change and view.change.evicted > 0:
        says = text(
            "{rate} keys a second are evicted (policy {policy})", rate=_rate(view, view.change.evicted), policy=view.now.info.memory_policy
        )
        yield Finding(kind=Kind.EVICTIONS, says=says, weight=0.5)


def replication(view: View) -> Iterator[Finding]:
    """Readers of a replica that is behind read the past."""
    down = view.now.info.primary_link_down
    if down is not None:
        says = text("this replica has been without its primary for {seconds} s", seconds=down)
        yield Finding(kind=Kind.REPLICATION, says=says, weight=0.7)
    for replica in view.now.info.replicas:
        if replica.state != "online":
            says = text("replica {address} is not in step: {state}", address=replica.address, state=replica.state)
            yield Finding(kind=Kind.REPLICATION, says=says, weight=0.45)
        elif replica.lag >= view.limits.replica_lag or replica.behind >= view.limits.replica_behind:
            values = {"address": replica.address, "size": mebibytes(replica.behind), "lag": replica.lag}
            says = text("replica {address} is {size} MiB behind, last heard of {lag} s ago", **values)
            yield Finding(kind=Kind.REPLICATION, says=says, weight=0.55)


def misses(view: View) -> Iterator[Finding]:
    """Look-ups that find nothing fall through to the database."""
    change = view.change
    if change is None or (change.hits + change.misses) / change.seconds < view.limits.steady_ops:
        return
    share = change.misses / (change.hits + change.misses)
    if share >= view.limits.misses:
        says = text(
            "{share} % of look-ups find no key ({rate} a second)", share=percent(share), rate=number(change.misses / change.seconds)
        )
        yield Finding(kind=Kind.MISSES, says=says, weight=0.3)


def errors(view: View) -> Iterator[Finding]:
    """Errors the server has answered between the looks."""
    if view.change is None:
        return
    for name, count in sorted(view.change.errors.items()):
        if name not in HARMLESS_ERRORS and count >= view.limits.errors:
            weight = 0.7 if name in {"OOM", "MISCONF", "READONLY", "CLUSTERDOWN", "MASTERDOWN"} else 0.25
            yield Finding(kind=Kind.ERRORS, says=text("{rate} {name} errors a second", rate=_rate(view, count), name=name), weight=weight)


def latency(view: View) -> Iterator[Finding]:
    """Delays the server's own latency monitor has seen lately (it is off unless latency-monitor-threshold is set)."""
    for event in view.now.latencies or ():
        if event.at >= view.now.at - view.limits.recent:
            values = {"event": event.event, "latest": event.latest_ms, "worst": event.worst_ms}
            says = text("latency monitor: {event} took {latest} ms, at worst {worst} ms", **values)
            yield Finding(kind=Kind.LATENCY, says=says, weight=0.6 if event.latest_ms >= 100 else 0.4)


def save_failed(view: View) -> Iterator[Finding]:
    """With stop-writes-on-bgsave-error, as it is by default, Redis then refuses writes."""
    if view.now.info.save_failed:
        yield Finding(kind=Kind.SAVE, says=text("the last background save failed: Redis may refuse writes"), weight=0.6)


def _rate(view: View, count: int) -> str:
    return number(count / view.change.seconds) if view.change else "-"
