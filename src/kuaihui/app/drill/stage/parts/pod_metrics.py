"""What a pod tells Prometheus."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest

from kuaihui.app.drill.stage.pool import Gate
from kuaihui.app.drill.stage.roles import Pod

OURS = ["pod", "environment", "version"]


class PodMetrics:
    """Requests by code, the pool, the cache and the version."""

    def __init__(self, pod: Pod) -> None:
        self._registry = CollectorRegistry()
        self._told: dict[Counter, int] = {}
        self._who = (pod.name, pod.environment, pod.version)
        self._requests = Counter("config_center_requests", "Requests answered", ["code", *OURS], registry=self._registry)
        self._timeouts = self._counter("redis_pool_timeouts", "Waits for a connection that ended without one")
        self._hits = self._counter("config_center_cache_hits", "Reads answered from the in-process cache")
        self._misses = self._counter("config_center_cache_misses", "Reads that went to Redis past the cache")
        self._in_use = self._gauge("redis_pool_in_use", "Connections in use")
        self._waiting = self._gauge("redis_pool_waiting", "Requests waiting for a connection")
        self._gauge("redis_pool_size", "Connections the pool may have").set(pod.pool)
        self._gauge("config_center_build_info", "The version that runs").set(1)
        for code in (200, 500):
            self._requests.labels(str(code), *self._who)

    def answered(self, code: int) -> None:
        """One request more."""
        self._requests.labels(str(code), *self._who).inc()

    def page(self, gate: Gate, hits: int, misses: int) -> bytes:
        """The metrics as text."""
        self._in_use.set(gate.in_use)
        self._waiting.set(gate.waiting)
        for counter, total in ((self._timeouts, gate.timeouts), (self._hits, hits), (self._misses, misses)):
            counter.inc(total - self._told.get(counter, 0))
            self._told[counter] = total
        return generate_latest(self._registry)

    def _counter(self, name: str, says: str) -> Counter:
        return Counter(name, says, OURS, registry=self._registry).labels(*self._who)

    def _gauge(self, name: str, says: str) -> Gauge:
        return Gauge(name, says, OURS, registry=self._registry).labels(*self._who)
