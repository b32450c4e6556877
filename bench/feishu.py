"""
From an alert's arrival to the first card that Feishu has accepted, while fifty alerts a second come in on ten services.

The tenant is the emulator in a process of its own, with the limits of the real one (five messages a second to a group or a person, fifty
calls a second and a thousand a minute of an operation, three document writes a second). The house is whole: SQLite with synchronous=FULL,
the real loop and duties, and everything they do for an incident goes to Feishu: pages, topics, posts, cards, documents. Each service has a
group and an on-call of its own; every few seconds the alerts of each begin a new incident, so that there are first cards to be counted.

    python bench/feishu.py [--seconds 60] [--quick]
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from typing import Any

import httpx

from kuaihui.app.feishu_settings import FeishuHearing, FeishuSettings
from kuaihui.app.settings import Settings
from kuaihui.app.settings_sections import CatalogPlace, JournalPlace
from kuaihui.app.wiring import House, house, start
from kuaihui.catalog.catalog import Catalog
from kuaihui.catalog.load import load
from kuaihui.emulators.feishu.office import APP_ID, APP_SECRET
from kuaihui.incident.alerts import Alert
from kuaihui.intake.fingerprints import fingerprint
from kuaihui.intake.ringing import Ringing

ALERTS_A_SECOND = 50
SERVICES = 10
EVERY = 6.0  # seconds; how long the alerts of one service go to one incident
WANTED = 1.0  # second


def ten_services() -> Catalog:
    """The sample's catalog with ten services, each with a rota of one."""
    sample = load(Path(str(files("kuaihui.samples") / "config_center")))
    person, service = sample.people["axin"], sample.services["config-center"]
    rota = sample.rotas[service.rota]
    people = {f"p{n}": person.model_copy(update={"id": f"p{n}", "feishu": f"ou_p{n}", "reach": ("feishu",)}) for n in range(SERVICES)}
    rotas = {f"r{n}": _of_one(rota, f"r{n}", f"p{n}") for n in range(SERVICES)}
    services = {f"s{n}": _service(service, n) for n in range(SERVICES)}
    known = {"people": {**sample.people, **people}, "rotas": {**sample.rotas, **rotas}, "services": {**sample.services, **services}}
    return Catalog.model_construct(**{name: getattr(sample, name) for name in Catalog.model_fields} | known)


def _of_one(rota: Any, name: str, person: str) -> Any:
    layers = tuple(layer.model_copy(update={"people": (person,)}) for layer in rota.layers[:1])
    return rota.model_copy(update={"id": name, "layers": layers})


def _service(service: Any, number: int) -> Any:
    same = {"owner": f"p{number}", "leader": f"p{number}", "communicators": (), "operations": (), "testers": ()}
    here = {"id": f"s{number}", "rota": f"r{number}", "match": (f'service="s{number}"',), "group_by": ("round",)}
    return service.model_copy(update=same | here)


@asynccontextmanager
async def tenant() -> AsyncGenerator[str]:
    """The emulator as a process, with ten groups and ten people; its address."""
    command = [sys.executable, "-m", "kuaihui.emulators.feishu", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: ASYNC220 # our own
        assert process.stdout
        try:
            url = (await asyncio.to_thread(process.stdout.readline)).split()[-1]
            async with httpx.AsyncClient(trust_env=False) as http:
                for number in range(SERVICES):
                    person = {"open_id": f"ou_p{number}", "name": f"值班 {number}", "mobile": f"1390000000{number}"}
                    group = {"chat_id": f"oc_s{number}", "name": f"告警 {number}", "people": [f"ou_p{number}"], "bots": [APP_ID]}
                    (await http.post(f"{url}/control/people", json=person)).raise_for_status()
                    (await http.post(f"{url}/control/chats", json=group)).raise_for_status()
            yield url
        finally:
            process.terminate()


class Stopwatch:
    """Notes when Feishu took the first message of each incident, by Feishu's own word (the machine's clock is one for both)."""

    def __init__(self, built: House) -> None:
        assert built.feishu
        messages = built.feishu.desk.feishu.messages
        self.accepted: dict[str, float] = {}
        self._send = messages.send
        messages.send = self._timed  # the call itself is the real one

    async def _timed(self, to: str, content: Any, *, key: str = "") -> Any:
        sent = await self._send(to, content, key=key)
        self.accepted.setdefault(key.split("/", maxsplit=1)[0], sent.at.timestamp())
        return sent


async def ring(built: House, seconds: float) -> dict[str, float]:
    """Fifty alerts a second; when the first alert of each incident came."""
    began, arrived, asked = time.perf_counter(), dict[str, float](), list[asyncio.Task[None]]()

    async def one(number: int) -> None:
        service, moment = number % SERVICES, time.time()
        labels = {
            "alertname": "Slow",
            "service": f"s{service}",
            "instance": str(number),
            "round": str(int(number / ALERTS_A_SECOND / EVERY)),
        }
        heard = await built.reception.hear([Ringing(Alert(fingerprint(labels), "Slow", labels, datetime.now(UTC), 0.1), True)])
        for incident in heard.incidents:
            arrived.setdefault(incident, moment)

    for number in range(int(seconds * ALERTS_A_SECOND)):
        await asyncio.sleep(max(0.0, began + number / ALERTS_A_SECOND - time.perf_counter()))
        asked.append(asyncio.create_task(one(number)))
    await asyncio.gather(*asked)
    return arrived


async def measure(seconds: float) -> None:
    catalog = ten_services()
    with tempfile.TemporaryDirectory() as folder:
        async with tenant() as url:
            chats = {f"s{number}": f"oc_s{number}" for number in range(SERVICES)}
            hearing = FeishuHearing(by="nothing")
            feishu = FeishuSettings(domain=url, app_id=APP_ID, app_secret=APP_SECRET, chats=chats, hearing=hearing)
            settings = Settings(
                journal=JournalPlace(url=f"sqlite:///{folder}/journal.db"),
                catalog=CatalogPlace(folder=Path(str(files("kuaihui.samples") / "config_center"))),
                feishu=feishu,
            )
            async with house(settings) as built:
                built.shelf.catalog = catalog
                stopwatch = Stopwatch(built)
                await start(built)
                arrived = await ring(built, seconds)
                await asyncio.sleep(5)
                await told(url, arrived, stopwatch.accepted)


async def told(url: str, arrived: dict[str, float], accepted: dict[str, float]) -> None:
    """What it comes to."""
    took = sorted(accepted[incident] - moment for incident, moment in arrived.items() if incident in accepted)
    async with httpx.AsyncClient(trust_env=False) as http:
        calls = (await http.get(f"{url}/control/calls")).json()
    made, refused = Counter(call["operation"] for call in calls), sum(call["code"] not in (0, -1) for call in calls)
    p99 = took[min(len(took) - 1, round(len(took) * 0.99))]
    print(f"incidents: {len(arrived)}, with a first card: {len(took)}")
    print(
        f"calls that Feishu took: {sum(made.values())}, refused: {refused}; {', '.join(f'{n} {name}' for name, n in made.most_common(6))}"
    )
    print(f"alert to first card: median {statistics.median(took) * 1000:.0f} ms, worst {took[-1] * 1000:.0f} ms")
    print(f"p99 {p99 * 1000:.0f} ms, {p99 / WANTED:.2f} of the {WANTED:g} s that is wanted: {'kept' if p99 < WANTED else 'MISSED'}")


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--seconds", type=float, default=60.0)
    arguments.add_argument("--quick", action="store_true", help="15 seconds")
    said = arguments.parse_args()
    asyncio.run(measure(15.0 if said.quick else said.seconds))


if __name__ == "__main__":
    main()
