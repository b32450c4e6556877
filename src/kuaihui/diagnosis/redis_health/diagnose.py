"""
What two looks at a Redis server say about it, as sentences with numbers.

Rule 1: pure: two snapshots and the hot keys in, findings out, the weightiest first.
Rule 2: a finding never rests on a section that was not answered, and Redis is called calm only when everything that could contradict was.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from msgspec.structs import replace

from kuaihui.diagnosis.redis_health import keys, resources
from kuaihui.diagnosis.redis_health.finding import Finding, Kind, Rule, Thresholds, View, between, number, percent
from kuaihui.diagnosis.redis_health.snapshot import HotKeys, RedisSnapshot
from kuaihui.language import Text, text

RULES: Final[tuple[Rule, ...]] = (
    keys.hot_keys,
    keys.hot_by_time,
    keys.slow,
    keys.big_keys,
    keys.commands,
    resources.restarted,
    resources.loading,
    resources.busy,
    resources.clients_busy,
    resources.client_limit,
    resources.blocked,
    resources.output_buffers,
    resources.memory,
    resources.evictions,
    resources.replication,
    resources.misses,
    resources.errors,
    resources.latency,
    resources.save_failed,
)


def diagnose(
    before: RedisSnapshot | None, after: RedisSnapshot, hot: Sequence[HotKeys] = (), limits: Thresholds | None = None
) -> list[Finding]:
    """What the later look says, in the light of the earlier one; without an earlier one, nothing that needs a rate is said."""
    restarted = before is not None and before.info.run_id != after.info.run_id
    change = between(before, after) if before is not None and not restarted else None
    view = View(after, change, restarted, hot, limits or Thresholds())
    found = [replace(finding, node=after.node) for rule in RULES for finding in rule(view)]
    found += [replace(finding, node=after.node) for finding in _calm(view, found)]
    return by_weight(found)


def by_weight(findings: Iterable[Finding]) -> list[Finding]:
    """The weightiest first; among equals, by what they are about."""
    return sorted(findings, key=lambda finding: (-finding.weight, finding.kind, finding.node, finding.key))


def unreachable(node: str, why: Text) -> Finding:
    """The server does not answer."""
    return Finding(kind=Kind.DOWN, says=text("Redis {node} does not answer: {why}", node=node, why=why), weight=1.0, node=node)


def login_refused(node: str) -> Finding:
    """The server answers, but not to us: it says nothing about the outage, and that must be told."""
    says = text("Redis {node} is up, but refuses the probe's login", node=node)
    return Finding(kind=Kind.LOGIN_REFUSED, says=says, weight=0.3, node=node)


def no_connection_left(node: str) -> Finding:
    """Not even we were let in."""
    says = text("Redis {node} takes no more connections: its client limit is reached", node=node)
    return Finding(kind=Kind.MAX_CLIENTS, says=says, weight=0.95, node=node)


def failed_node(node: str) -> Finding:
    """The cluster itself has given this node up."""
    return Finding(kind=Kind.DOWN, says=text("the cluster has marked {node} as failed", node=node), weight=0.9, node=node)


def one_busy_primary(looks: Sequence[tuple[RedisSnapshot | None, RedisSnapshot]]) -> list[Finding]:
    """In a cluster one key lives on one primary: a primary that does most of the work is how a hot key shows from afar."""
    changes = {after.node: between(before, after) for before, after in looks if before is not None}
    rates = {node: change.rate for node, change in changes.items() if change is not None}
    whole = sum(rates.values())
    if len(rates) < 2 or whole < Thresholds().steady_ops:
        return []
    node, rate = max(rates.items(), key=lambda entry: entry[1])
    if rate < 2 * whole / len(rates) and rate < 0.8 * whole:
        return []
    values = {"node": node, "share": percent(rate / whole), "rate": number(whole), "count": len(rates)}
    says = text("{node} takes {share} % of {rate} ops/s of the cluster's {count} primaries", **values)
    return [Finding(kind=Kind.SHARD, says=says, weight=0.5, node=node)]


def _calm(view: View, found: Sequence[Finding]) -> Iterator[Finding]:
    """Nothing wrong on Redis's side: a client whose pool is empty all the same must look at its pool."""
    change, now = view.change, view.now
    if change is None or now.slow is None or now.clients is None or now.info.loading or change.held >= view.limits.busy_cpu / 2:
        return
    if any(finding.weight >= 0.4 and finding.kind is not Kind.CLIENTS_BUSY for finding in found):
        return
    values = {"rate": number(change.rate), "cpu": percent(change.busy)}
    says = text("Redis is calm: {rate} ops/s at {cpu} % of a core, no slow command lately", **values)
    if any(finding.kind is Kind.CLIENTS_BUSY for finding in found):
        says = text(
            "Redis is calm ({rate} ops/s at {cpu} % of a core) though a client's connections are all in use: look at its pool", **values
        )
    yield Finding(kind=Kind.CALM, says=says, weight=0.35)
