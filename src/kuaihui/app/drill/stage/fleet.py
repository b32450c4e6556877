"""
The pods of the config center, by environment, and who of them the gateway serves.

Rule 1: a pod is served only when it answers, and ended only when it is no longer served.
Rule 2: whoever is served is scraped, and the other way round.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from kuaihui.app.drill.stage import roles
from kuaihui.app.drill.stage.description import SERVICE, Description, Environment
from kuaihui.app.drill.stage.gateway import Gateway
from kuaihui.app.drill.stage.loopback import LOOPBACK, Ports
from kuaihui.app.drill.stage.processes import Crew, Started, until_open
from kuaihui.app.drill.stage.prometheus import Target, write_targets
from kuaihui.app.drill.stage.trim import LEAK_SECONDS

# Three pods of weight three beside a canary of one: the canary takes a tenth.
WEIGHTS = {Environment.FULL: 3, Environment.CANARY: 1, Environment.PREPRODUCTION: 1}
DRAIN = 0.5  # seconds for the requests under way


@dataclass(frozen=True)
class Running:
    """A pod and its process."""

    role: roles.Pod
    part: Started


class Fleet:
    """Starts, rolls and ends pods."""

    def __init__(self, description: Description, crew: Crew, ports: Ports, *, redis: int, dependency: int, seed: int) -> None:
        self.targets = crew.folder / "targets.json"
        self.others: list[Target] = []
        self._description = description
        self._crew = crew
        self._ports = ports
        self._redis = redis
        self._dependency = dependency
        self._seed = seed
        self._started = 0
        self._pods: dict[Environment, list[Running]] = {environment: [] for environment in Environment}

    def version(self, environment: Environment) -> str:
        """The version of the newest pod there; "" where there is none."""
        return self._pods[environment][-1].role.version if self._pods[environment] else ""

    def backends(self) -> list[roles.Backend]:
        """The pods as the gateway is to serve them."""
        return [_backend(pod.role) for pods in self._pods.values() for pod in pods]

    async def first(self, version: str) -> None:
        """The pods everybody begins with, all at once."""
        self._pods[Environment.FULL] = list(
            await asyncio.gather(*(self._start(version, Environment.FULL) for _ in range(self._description.pods)))
        )
        self.say_targets()

    async def place(self, version: str, environment: Environment, gateway: Gateway) -> None:
        """One pod of the version in an environment, in place of what stood there."""
        fresh, old = await self._start(version, environment), self._pods[environment]
        self._pods[environment] = [fresh]
        await self._served(gateway, old)

    async def roll(self, version: str, gateway: Gateway) -> None:
        """All pods of the full environment replaced one by one; the canary has done its work and goes."""
        for _ in range(self._description.pods):
            fresh = await self._start(version, Environment.FULL)
            old, *rest = self._pods[Environment.FULL]
            self._pods[Environment.FULL] = [*rest, fresh]
            await self._served(gateway, [old])
        await self.withdraw(Environment.CANARY, gateway)

    async def withdraw(self, environment: Environment, gateway: Gateway) -> None:
        """Nobody is served from this environment any more."""
        old, self._pods[environment] = self._pods[environment], []
        if old:
            await self._served(gateway, old)

    def say_targets(self) -> None:
        """Who is to be scraped: all pods, and the other parts that have metrics."""
        write_targets(self.targets, [*self.others, *(Target([f"{LOOPBACK}:{each.port}"]) for each in self.backends())])

    def logs(self) -> Path:
        """The folder of the pods' logs."""
        return self._crew.folder / "logs" / SERVICE

    async def _served(self, gateway: Gateway, old: Sequence[Running]) -> None:
        await gateway.serve(self.backends())
        self.say_targets()
        await asyncio.sleep(DRAIN)
        for pod in old:
            await self._crew.stop(pod.part)

    async def _start(self, version: str, environment: Environment) -> Running:
        self._started += 1
        name = _pod_name(version, self._seed, self._started)
        traits, described = self._description.versions[version], self._description
        role = roles.Pod(
            name=name,
            environment=environment.value,
            version=version,
            port=self._ports.free(),
            redis=self._redis,
            log=str(self.logs() / environment.value / f"{name}.log"),
            seed=self._seed * 1000 + self._started,
            pool=described.pool,
            pool_timeout=described.pool_timeout,
            cache_seconds=traits.cache_seconds,
            fails=traits.fails,
            leaks=traits.leaks,
            leak_seconds=LEAK_SECONDS,
            dependency=self._dependency,
        )
        part = await self._crew.start_part("config_center", role, name=name)
        try:
            await until_open(part, role.port)
        except BaseException:
            await self._crew.stop(part)
            raise
        return Running(role, part)


def _backend(role: roles.Pod) -> roles.Backend:
    environment = Environment(role.environment)
    return roles.Backend(port=role.port, weight=WEIGHTS[environment], pod=role.name, environment=environment.value, version=role.version)


def _pod_name(version: str, seed: int, number: int) -> str:
    """A name as Kubernetes makes them: service, what is the same for a version, what is each pod's own; the same for the same seed."""
    own = hashlib.sha256(f"{seed}/{number}".encode()).hexdigest()[:5]
    return f"{SERVICE}-{hashlib.sha256(version.encode()).hexdigest()[:8]}-{own}"
