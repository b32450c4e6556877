"""
The parts of a stage: built in the order in which one needs another, taken down in reverse.

Rule 1: nothing here writes an error, a metric or a log line; they follow from what the parts do to each other.
Rule 2: parts are stopped by their own process ids, and in any case when this process dies.
Rule 3: a stage stands when its ratio is told. Prometheus looks at its targets for the first time after five seconds: what broke before
        would be told by the first two scrapes alone, and of a counter that has just begun it makes up to 1.4 times what it grew.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import msgspec

from kuaihui.app.drill.stage import roles
from kuaihui.app.drill.stage.description import Description
from kuaihui.app.drill.stage.expressions import ERROR_RATIO
from kuaihui.app.drill.stage.fleet import Fleet
from kuaihui.app.drill.stage.gateway import Gateway
from kuaihui.app.drill.stage.hooks import Hooks
from kuaihui.app.drill.stage.installed import Installed
from kuaihui.app.drill.stage.loopback import LOOPBACK, Ports
from kuaihui.app.drill.stage.processes import Crew, Started, until, until_open
from kuaihui.app.drill.stage.prometheus import ALERTS_PATH, AlertsSay, Target, start_alertmanager, start_prometheus
from kuaihui.app.drill.stage.settings_store import EVERYBODYS, HOT, SettingsStore
from kuaihui.app.drill.stage.wire import Client, Unreachable
from kuaihui.language import Language

FIRST_LOOK = 60.0  # seconds at most until the ratio is told: seven on a quiet machine


@dataclass(frozen=True, kw_only=True)
class Addresses:
    """Where the parts are. URLs end without a slash; `alertmanager` is "" where there is none."""

    gateway: str
    service: str  # people's way to the config center through the gateway
    preproduction: str  # the tester's way
    metrics: str
    redis: str
    prometheus: str
    alertmanager: str
    logs: Path  # JSON lines: config-center/ENVIRONMENT/POD.log, gateway/access.log, load.log
    targets: Path  # whom Prometheus scrapes


class Standing:
    """The parts, and what can be done to each of them."""

    def __init__(self, description: Description, folder: Path, seed: int, hooks: Hooks, installed: Installed, language: Language) -> None:
        self.crew = Crew(folder)
        ports = Ports()
        self._description, self._seed, self._hooks, self._installed, self.language = description, seed, hooks, installed, language
        self._metrics_port, self._prometheus_port, self._alertmanager_port = ports.free(), ports.free(), ports.free()
        self._dependency_port = ports.free() if description.dependency else 0
        self.store = SettingsStore(description, self.crew, ports.free(), installed.redis)
        self.gateway = Gateway(self.crew, ports.free(), installed.nginx)
        self.fleet = Fleet(description, self.crew, ports, redis=self.store.port, dependency=self._dependency_port, seed=seed)
        self._load: Started | None = None
        self._exporter: Started | None = None
        self._job: Started | None = None

    async def build(self) -> None:
        """Start everything. Raises StageFailed with the last words of a part that does not come up."""
        if self._dependency_port:
            part = await self.crew.start_part("dependency", roles.Dependency(port=self._dependency_port))
            await until_open(part, self._dependency_port)
        await asyncio.gather(self.store.start(), self.fleet.first(self._description.running))
        await self.gateway.start(self.fleet.backends())
        _, watch, _ = await asyncio.gather(self.start_metrics(), self._start_watch(), self._start_load())
        await until(watch, self._watched, patience=FIRST_LOOK)

    async def take_down(self) -> None:
        """Stop everything, whatever has been built so far."""
        await self.store.close()
        await self.crew.stop_all()

    def addresses(self) -> Addresses:
        """Where the parts are."""
        gateway = f"http://{LOOPBACK}:{self.gateway.port}"
        return Addresses(
            gateway=gateway,
            service=f"{gateway}/config-center",
            preproduction=f"{gateway}/preproduction",
            metrics=f"http://{LOOPBACK}:{self._metrics_port}/metrics",
            redis=f"redis://{LOOPBACK}:{self.store.port}/0",
            prometheus=f"http://{LOOPBACK}:{self._prometheus_port}",
            alertmanager=f"http://{LOOPBACK}:{self._alertmanager_port}" if self._has_alertmanager() else "",
            logs=self.crew.folder / "logs",
            targets=self.fleet.targets,
        )

    def alert_receivers(self) -> list[roles.Receiver]:
        """Who takes alerts in the form of Alertmanager's API: a real Alertmanager, and whoever asked to be posted to directly."""
        own = [roles.Receiver(url=self.addresses().alertmanager + ALERTS_PATH)] if self._has_alertmanager() else []
        return [*own, *([self._hooks.alerts] if self._hooks.alerts else [])]

    async def tell_load(self, rates: roles.Rates) -> None:
        """Change the arrivals a second."""
        assert self._load is not None
        await self._load.tell(rates)

    async def start_metrics(self) -> None:
        """The gateway's metrics are there (again)."""
        role = roles.Exporter(port=self._metrics_port, log=str(self.gateway.log), redis=self.store.port)
        self._exporter = await self.crew.start_part("exporter", role)
        await until_open(self._exporter, self._metrics_port)

    async def stop_metrics(self) -> None:
        """The gateway's metrics vanish."""
        assert self._exporter is not None
        await self.crew.stop(self._exporter)

    async def start_job(self, clients: int) -> None:
        """The reporting job runs."""
        self._job = await self.crew.start_part("job", roles.Job(redis=self.store.port, clients=clients, lists=self._description.keys.lists))

    async def stop_job(self) -> None:
        """The reporting job is ended."""
        assert self._job is not None
        await self.crew.stop(self._job)

    async def slow_down(self, seconds: float) -> None:
        """The secrets service takes this long from now on."""
        client = Client(timeout=2.0)
        await client.send(self._dependency_port, "PUT", "/delay", body=msgspec.json.encode(roles.Delay(seconds=seconds)))
        client.close()

    async def _watched(self) -> bool:
        """Whether the ratio that is alerted on is told."""
        client = Client(timeout=2.0)
        try:
            answer = await client.get(self._prometheus_port, f"/api/v1/query?query={quote(str(ERROR_RATIO))}")
        except Unreachable:
            return False
        finally:
            client.close()
        return answer.status == 200 and bool(msgspec.json.decode(answer.body)["data"]["result"])

    async def _start_watch(self) -> Started:
        """Prometheus with Alertmanager, or the stage's own watch."""
        self.fleet.others = [Target([f"{LOOPBACK}:{self._metrics_port}"])]
        self.fleet.say_targets()
        if self._has_alertmanager():
            assert self._installed.alertmanager is not None
            await start_alertmanager(self._installed.alertmanager, self.crew, self._alertmanager_port, self._hooks.webhook)
        to, plays = self.alert_receivers(), self._description.plays
        if self._installed.prometheus:
            say = AlertsSay(plays, self.language)
            return await start_prometheus(self._installed.prometheus, self.crew, self._prometheus_port, to, say)
        watch = roles.Watch(
            port=self._prometheus_port, targets=str(self.fleet.targets), receivers=to, language=self.language, service=plays
        )
        part = await self.crew.start_part("watch", watch)
        await until_open(part, self._prometheus_port)
        return part

    async def _start_load(self) -> None:
        described = self._description
        role = roles.Load(
            gateway=self.gateway.port,
            seed=self._seed,
            namespaces=described.keys.namespaces,
            skew=described.keys.skew,
            hot_namespace="" if described.exports else HOT,
            hot_application="export" if described.exports else EVERYBODYS,
            polls=described.polls,
            base=described.base,
            hot=described.hot,
            log=str(self.crew.folder / "logs" / "load.log"),
        )
        self._load = await self.crew.start_part("load", role, listens=True)

    def _has_alertmanager(self) -> bool:
        """Alertmanager is of use only behind a real Prometheus."""
        return bool(self._installed.prometheus and self._installed.alertmanager)
