"""
A pod of the config center: settings of one application in a namespace, read from Redis over a small pool.

Rule 1: nothing here knows which fault is being acted out; a pod has a version's traits and the rest follows.
Rule 2: a read scans the namespace's hash for the application's settings, so its cost in Redis grows with the namespace.
"""

from __future__ import annotations

import asyncio
import random
import sys
import time
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import msgspec
from redis.asyncio import ConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError
from redis.exceptions import TimeoutError as RedisTimeoutError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from kuaihui.app.drill.stage.json_lines import JsonLines
from kuaihui.app.drill.stage.loopback import LOOPBACK
from kuaihui.app.drill.stage.parts.pod_metrics import PodMetrics
from kuaihui.app.drill.stage.parts.serving import serve
from kuaihui.app.drill.stage.pool import Gate, PoolTimeout
from kuaihui.app.drill.stage.roles import Pod
from kuaihui.app.drill.stage.wire import Client, Unreachable

Found = dict[str, str]
# One line in twenty of the requests that went well is logged, as services do that are read a lot.
LOGGED_SHARE = 0.05


class BrokenRelease(Exception):
    """What a fault in the code looks like from outside."""

    def __init__(self) -> None:
        super().__init__("json: cannot unmarshal string into Go struct field Settings.timeout of type int")


class Settings:
    """The read path: cache where the version has one, gate, Redis."""

    def __init__(self, pod: Pod) -> None:
        self.gate = Gate(pod.pool, pod.pool_timeout)
        self.hits = 0
        self.misses = 0
        self._pod = pod
        self._chance = random.Random(pod.seed)
        self._client = Client(timeout=2.0)
        self._changes: Counter[str] = Counter()
        self._cached: dict[tuple[str, str], tuple[float, asyncio.Future[Found]]] = {}
        self._redis = Redis(connection_pool=_pool(pod))

    async def warm(self) -> None:
        """Open all connections before the first request, as a pool with idle connections does; without Redis, when needed."""
        with suppress(RedisError):
            await asyncio.gather(*(self._redis.ping() for _ in range(self._pod.pool)))  # pyright: ignore[reportUnknownMemberType]: untyped there

    async def read(self, namespace: str, application: str) -> Found:
        """The settings of an application. Raises PoolTimeout, BrokenRelease, Unreachable or a RedisError."""
        self._may_break()
        if not self._pod.cache_seconds:
            return await self._fetch(namespace, application)
        return await self._through_cache(namespace, application)

    async def write(self, namespace: str, application: str, name: str, value: str) -> None:
        """Change one setting; readers see it when their cached copy has aged out."""
        async with self.gate.place():
            await self._redis.hset(f"config:{namespace}", f"{application}.{name}", value)
        self._changes[namespace] += 1

    def changes(self, namespace: str) -> int:
        """How often a namespace was changed here; from memory. Raises BrokenRelease."""
        self._may_break()
        return self._changes[namespace]

    def _may_break(self) -> None:
        if self._chance.random() < self._pod.fails:
            raise BrokenRelease

    async def _through_cache(self, namespace: str, application: str) -> Found:
        """One fetch for all who ask at the same time; a fetch that fails is not kept."""
        key, now = (namespace, application), time.monotonic()
        until, kept = self._cached.get(key, (0.0, None))
        if kept is not None and (now < until or not kept.done()):
            self.hits += 1
            return await asyncio.shield(kept)
        self.misses += 1
        fetching = asyncio.ensure_future(self._fetch(namespace, application))
        self._cached[key] = (now + self._pod.cache_seconds, fetching)
        try:
            return await asyncio.shield(fetching)
        except BaseException:
            self._cached.pop(key, None)
            raise

    async def _fetch(self, namespace: str, application: str) -> Found:
        kept = self._pod.leak_seconds if self._pod.leaks and application == "export" else 0.0
        async with self.gate.place(kept):
            if self._pod.dependency:
                await self._client.get(self._pod.dependency, f"/secrets/{namespace}")
            reply = await self._redis.execute_command(  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]: untyped there
                "HSCAN", f"config:{namespace}", "0", "MATCH", f"{application}.*", "COUNT", "1000000"
            )
        return msgspec.convert(reply, tuple[int, Found])[1]


def _pool(pod: Pod) -> ConnectionPool:
    return ConnectionPool(
        host=LOOPBACK,
        port=pod.redis,
        max_connections=pod.pool,
        socket_timeout=3.0,
        socket_connect_timeout=3.0,
        retry=Retry(NoBackoff(), 0),
        decode_responses=True,
        client_name=pod.name,
        protocol=2,  # one round trip less for a new connection
    )


def words(fault: Exception, redis: int) -> str:
    """The error as the service in Go logs it."""
    match fault:
        case RedisTimeoutError():
            return f"read tcp {LOOPBACK}->{LOOPBACK}:{redis}: i/o timeout"
        case RedisConnectionError():
            return f"dial tcp {LOOPBACK}:{redis}: connect: connection refused"
        case Unreachable():
            return f"secrets: {fault}"
        case _:
            return str(fault)


@dataclass(frozen=True)
class Asked:
    """Whose request it is and what it asks for; the names are the log's."""

    trace_id: str
    namespace: str
    application: str


class Service:
    """The HTTP side of a pod."""

    def __init__(self, pod: Pod) -> None:
        self._pod = pod
        self._settings = Settings(pod)
        self._metrics = PodMetrics(pod)
        self._chance = random.Random(pod.seed + 1)
        said = {"service": "config-center", "pod": pod.name, "environment": pod.environment, "version": pod.version}
        self._log = JsonLines(Path(pod.log), said)

    def application(self) -> Starlette:
        """The routes."""
        return Starlette(
            routes=[
                Route("/v1/settings/{namespace}/{application}", self.read),
                Route("/v1/settings/{namespace}/{application}/{name}", self.write, methods=["PUT"]),
                Route("/v1/versions/{namespace}", self.poll),
                Route("/metrics", self.metrics),
                Route("/healthz", self.healthy),
            ],
            lifespan=self._warming,
        )

    @asynccontextmanager
    async def _warming(self, application: Starlette) -> AsyncGenerator[None]:
        await self._settings.warm()
        self._log.write("info", "config center serves", listen=f"{LOOPBACK}:{self._pod.port}", pool_size=self._pod.pool)
        yield

    async def read(self, request: Request) -> Response:
        namespace, application = request.path_params["namespace"], request.path_params["application"]
        asked, began = Asked(request.headers.get("x-trace-id", ""), namespace, application), time.monotonic()
        try:
            settings = await self._settings.read(namespace, application)
        except (PoolTimeout, BrokenRelease, Unreachable, RedisError) as fault:
            return self._failed("read settings", asked, fault, time.monotonic() - began)
        self._well(asked, time.monotonic() - began)
        return JSONResponse({"namespace": namespace, "application": application, "settings": settings, "version": self._pod.version})

    async def poll(self, request: Request) -> Response:
        namespace = request.path_params["namespace"]
        try:
            changes = self._settings.changes(namespace)
        except BrokenRelease as fault:
            return self._failed("poll version", Asked(request.headers.get("x-trace-id", ""), namespace, ""), fault, 0.0)
        self._metrics.answered(200)
        return JSONResponse({"namespace": namespace, "changes": changes})

    async def write(self, request: Request) -> Response:
        await self._settings.write(
            request.path_params["namespace"],
            request.path_params["application"],
            request.path_params["name"],
            (await request.body()).decode(),
        )
        return Response(status_code=204)

    async def metrics(self, request: Request) -> Response:
        return Response(
            self._metrics.page(self._settings.gate, self._settings.hits, self._settings.misses), media_type="text/plain; version=0.0.4"
        )

    async def healthy(self, request: Request) -> Response:
        return Response("ok")

    def _failed(self, doing: str, asked: Asked, fault: Exception, seconds: float) -> Response:
        said = words(fault, self._pod.redis)
        self._log.write("error", f"{doing}: {said}", error=said, elapsed_ms=round(seconds * 1000, 1), **vars(asked))
        self._metrics.answered(500)
        return JSONResponse({"error": said, "trace_id": asked.trace_id}, status_code=500)

    def _well(self, asked: Asked, seconds: float) -> None:
        self._metrics.answered(200)
        if self._chance.random() < LOGGED_SHARE:
            self._log.write("info", "settings read", elapsed_ms=round(seconds * 1000, 1), **vars(asked))


if __name__ == "__main__":
    role = msgspec.json.decode(sys.argv[1], type=Pod)
    with suppress(KeyboardInterrupt):
        serve(Service(role).application(), role.port)
