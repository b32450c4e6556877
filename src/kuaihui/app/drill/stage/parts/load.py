"""
People's traffic: an open model, where requests arrive by rate and never wait for the answers of others.

Rule 1: the same seed draws the same keys in the same order; the rates alone are changed from outside, by JSON lines on the input.
Rule 2: what arrives while the machine stood still for longer than a second, or while two hundred answers are outstanding, is dropped
        and counted: both mean that the machine is full, not the service, and a backlog of its own would never end.
"""

from __future__ import annotations

import asyncio
import itertools
import random
import sys
from dataclasses import dataclass
from pathlib import Path

import msgspec

from kuaihui.app.drill.stage.json_lines import JsonLines
from kuaihui.app.drill.stage.roles import Load, Rates
from kuaihui.app.drill.stage.wire import Client, Unreachable

APPLICATIONS = tuple(f"app-{number:02d}" for number in range(10))
STOOD_STILL = 1.0  # seconds
OUTSTANDING = 200  # several times what is outstanding when a level's errors are met


@dataclass
class Tally:
    """What people saw in the last second."""

    sent: int = 0
    ok: int = 0
    failed: int = 0
    unreachable: int = 0
    dropped: int = 0


class Traffic:
    """Draws requests and sends them."""

    def __init__(self, role: Load) -> None:
        self.rates = Rates(polls=role.polls, base=role.base, hot=role.hot)
        self.tally = Tally()
        self._role = role
        self._chance = random.Random(role.seed)
        self._client = Client(timeout=5.0)
        self._weights = list(itertools.accumulate(1 / (rank + 1) ** role.skew for rank in range(role.namespaces)))
        self._names = [f"ns-{rank:04d}" for rank in range(role.namespaces)]

    async def flow(self) -> None:
        """Send for ever."""
        loop = asyncio.get_running_loop()
        due, sending = loop.time(), set[asyncio.Task[None]]()
        while True:
            rate = self.rates.polls + self.rates.base + self.rates.hot
            if rate <= 0:
                await asyncio.sleep(0.1)
                due = loop.time()
                continue
            due += self._chance.expovariate(rate)
            if (late := loop.time() - due) > STOOD_STILL:
                self.tally.dropped += int(late * rate)
                due = loop.time()
            elif late < 0:
                await asyncio.sleep(-late)
            drawn = self._draw()
            if len(sending) >= OUTSTANDING:
                self.tally.dropped += 1
                continue
            task = asyncio.create_task(self._send(*drawn))
            sending.add(task)
            task.add_done_callback(sending.discard)

    def _draw(self) -> tuple[str, str]:
        """The path and trace id of the next request."""
        role, rates = self._role, self.rates
        [kind] = self._chance.choices(("polls", "base", "hot"), (rates.polls, rates.base, rates.hot))
        application = self._chance.choice(APPLICATIONS)
        namespace = self._chance.choices(self._names, cum_weights=self._weights)[0]
        trace = f"{self._chance.getrandbits(64):016x}"
        if kind == "polls":
            return f"/config-center/v1/versions/{namespace}", trace
        if kind == "hot":
            namespace, application = role.hot_namespace or namespace, role.hot_application or application
        return f"/config-center/v1/settings/{namespace}/{application}", trace

    async def _send(self, path: str, trace: str) -> None:
        self.tally.sent += 1
        try:
            answer = await self._client.send(self._role.gateway, "GET", path, {"x-trace-id": trace})
        except Unreachable:
            self.tally.unreachable += 1
            return
        if answer.status < 500:
            self.tally.ok += 1
        else:
            self.tally.failed += 1


async def listen(traffic: Traffic) -> None:
    """Take new rates until the input ends, which is the stage's end."""
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        traffic.rates = msgspec.json.decode(line, type=Rates)


async def report(traffic: Traffic, log: JsonLines) -> None:
    """A line a second of what people saw."""
    while True:
        await asyncio.sleep(1)
        seen, traffic.tally = traffic.tally, Tally()
        log.write("info", "traffic", polls=traffic.rates.polls, base=traffic.rates.base, hot=traffic.rates.hot, **vars(seen))


async def main(role: Load) -> None:
    """Send, listen and report until the stage ends."""
    traffic = Traffic(role)
    log = JsonLines(Path(role.log), {"service": "load"})
    working = [asyncio.create_task(traffic.flow()), asyncio.create_task(report(traffic, log)), asyncio.create_task(listen(traffic))]
    done, _ = await asyncio.wait(working, return_when=asyncio.FIRST_COMPLETED)
    for task in working:
        task.cancel()
    for task in done:
        task.result()


if __name__ == "__main__":
    asyncio.run(main(msgspec.json.decode(sys.argv[1], type=Load)))
