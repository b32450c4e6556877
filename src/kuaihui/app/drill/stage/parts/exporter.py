"""
The gateway's metrics, counted from its access log, and Redis's, read from INFO.

Rule 1: the access log is the only source for the gateway's figures, so the ratio alerted on is what the gateway really answered.
Rule 2: a scrape waits for nobody: Redis is asked beside it, or the gateway's figures would have holes just while Redis is full.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from kuaihui.app.drill.stage.access_log import AccessLog, Line
from kuaihui.app.drill.stage.loopback import LOOPBACK
from kuaihui.app.drill.stage.parts.serving import serve
from kuaihui.app.drill.stage.roles import Exporter

LOOK = 0.1  # seconds between two looks at the log
ASK = 0.5  # seconds between two questions to Redis
PATIENCE = 2.0  # seconds for an answer: a full Redis takes its time, and is up
BUCKETS = (0.01, 0.05, 0.1, 0.25, 0.5, 1, 3)  # seconds
CODES = ("200", "500", "502", "504")  # counted from zero, so that the first failure already has a rate
# INFO's field, our metric, and what it is.
REDIS = (
    ("total_commands_processed", "redis_commands_processed_total", "Commands Redis has carried out"),
    ("used_cpu_user", "redis_cpu_user_seconds_total", "CPU Redis has used outside the kernel"),
    ("used_cpu_sys", "redis_cpu_sys_seconds_total", "CPU Redis has used in the kernel"),
    ("connected_clients", "redis_connected_clients", "Connections open to Redis"),
)


class Counting:
    """Counts as the log grows."""

    def __init__(self, role: Exporter) -> None:
        self._registry = CollectorRegistry()
        labels = ["service", "environment", "version"]
        self._requests = Counter("http_requests", "Requests the gateway answered", [*labels, "code"], registry=self._registry)
        self._seconds = Histogram(
            "http_request_duration_seconds", "Time the gateway took", labels, registry=self._registry, buckets=BUCKETS
        )
        self._up = Gauge("redis_up", "Whether Redis answers", registry=self._registry)
        self._info = {field: Gauge(name, says, registry=self._registry) for field, name, says in REDIS}
        once = Retry(NoBackoff(), 0)  # that Redis is gone is told at once
        self._redis = Redis(
            host=LOOPBACK, port=role.redis, socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE, client_name="exporter", retry=once
        )
        self._log = AccessLog(Path(role.log))
        self._seen = set[tuple[str, str, str]]()

    def application(self) -> Starlette:
        """The one route."""
        return Starlette(routes=[Route("/metrics", self.metrics)], lifespan=self._following)

    def close(self) -> None:
        """Let go of the log."""
        self._log.close()

    async def metrics(self, request: Request) -> Response:
        return Response(generate_latest(self._registry), media_type="text/plain; version=0.0.4")

    @asynccontextmanager
    async def _following(self, application: Starlette) -> AsyncGenerator[None]:
        await self._ask()
        tasks = [asyncio.create_task(self._follow()), asyncio.create_task(self._keep_asking())]
        yield
        for task in tasks:
            task.cancel()
        self.close()

    async def _keep_asking(self) -> None:
        while True:
            await asyncio.sleep(ASK)
            await self._ask()

    async def _ask(self) -> None:
        try:
            info = await self._redis.info()  # pyright: ignore[reportUnknownMemberType]: untyped there
        except (RedisError, OSError):
            self._up.set(0)
        else:
            self._up.set(1)
            for field, gauge in self._info.items():
                gauge.set(float(info[field]))

    async def _follow(self) -> None:
        while True:
            for line in self._log.fresh():
                self._add(line)
            await asyncio.sleep(LOOK)

    def _add(self, line: Line) -> None:
        who = (line.service, line.environment, line.version)
        if who not in self._seen:
            self._seen.add(who)
            for code in CODES:
                self._requests.labels(*who, code)
        self._requests.labels(*who, line.status).inc()
        self._seconds.labels(*who).observe(float(line.seconds))


if __name__ == "__main__":
    told = msgspec.json.decode(sys.argv[1], type=Exporter)
    serve(Counting(told).application(), told.port)
