"""
Events on their way to the apps: at least once, retried after 15 s, 5 min, 1 h and 6 h, in order within one chat.

Rule 1: a failing handler stalls the later events of the same lane, as Feishu's ordered events do.
Rule 2: a card callback is asked once and waits three seconds; it is never sent again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

import msgspec

from kuaihui.emulators.feishu.records import App, Json
from kuaihui.emulators.feishu.world import TENANT, World

AGAIN_AFTER = (timedelta(seconds=15), timedelta(minutes=5), timedelta(hours=1), timedelta(hours=6))
A_MOMENT = 0.005  # seconds; enough for whatever is ready to run
ANSWER_WITHIN = 3.0  # seconds of real time, for events and card callbacks alike


class NotDelivered(Exception):
    """The app did not take the event: no connection, no answer in time, or an answer that is not success."""


class Courier(Protocol):
    """A way to an app: webhook or long connection."""

    async def carry(self, app: App, payload: bytes, *, card: bool) -> bytes:
        """Hand over one payload and return what the app answered. Raises NotDelivered."""
        ...


@dataclass
class Delivery:
    """One event to one app, and how often it was tried."""

    app: str
    event_id: str
    event_type: str
    lane: str
    payload: bytes
    tried: list[datetime] = field(default_factory=list[datetime])
    taken: int = 0  # how often the app said yes
    given_up: bool = False


@dataclass
class _Errand:
    """One delivery on its way: after which other one, and until when it waits."""

    delivery: Delivery
    before: _Errand | None
    until: datetime
    ended: asyncio.Event = field(default_factory=asyncio.Event)

    def moving(self, now: datetime) -> bool:
        """Whether it gets on without time passing; one that follows another moves when that one has ended."""
        return self.until <= now and (self.before is None or self.before.ended.is_set())


class EventDesk:
    """Takes what happens and brings it to the apps."""

    def __init__(self, world: World, webhook: Courier, connections: Courier) -> None:
        self._world = world
        self._webhook = webhook
        self._connections = connections
        self._lanes: dict[tuple[str, str], _Errand] = {}
        self._running: dict[asyncio.Task[None], _Errand] = {}
        self._held: dict[str, list[Delivery]] = {}
        self.deliveries: list[Delivery] = []

    def publish(self, apps: Iterable[str], event_type: str, body: Json, lane: str) -> None:
        """Send an event to these apps, those that subscribed to it; the faults that wait for it are applied."""
        for app_id in apps:
            app = self._world.apps.get(app_id)
            if app and app.enabled and (app.event_types is None or event_type in app.event_types):
                self._post(Delivery(app_id, self._world.new_id("ev_"), event_type, lane, b""), body)

    def _post(self, delivery: Delivery, body: Json) -> None:
        app = self._world.apps[delivery.app]
        delivery.payload = envelope(self._world, app, delivery.event_id, delivery.event_type, body)
        self.deliveries.append(delivery)
        fault = self._world.faults.for_event(delivery.event_type)
        match fault.kind if fault else None:
            case "drop":
                delivery.given_up = True
            case "reorder":
                self._held.setdefault(delivery.app, []).append(delivery)
            case "delay" if fault:
                self._start(delivery, self._world.now() + timedelta(seconds=fault.seconds), in_lane=False)
            case "duplicate":
                self._start(delivery, self._world.now())
                self._start(delivery, self._world.now())
            case _:
                self._start(delivery, self._world.now())
                for late in self._held.pop(delivery.app, []):
                    self._start(late, self._world.now())

    def _start(self, delivery: Delivery, at: datetime, *, in_lane: bool = True) -> None:
        lane = (delivery.app, delivery.lane)
        errand = _Errand(delivery, self._lanes.get(lane) if in_lane else None, at)
        task = asyncio.get_running_loop().create_task(self._run(errand))
        self._running[task] = errand
        task.add_done_callback(self._running.pop)
        if in_lane:
            self._lanes[lane] = errand

    async def _run(self, errand: _Errand) -> None:
        try:
            if errand.before is not None:
                await errand.before.ended.wait()
                errand.before = None
            await self._until_taken(errand)
        finally:
            errand.ended.set()

    async def _until_taken(self, errand: _Errand) -> None:
        delivery = errand.delivery
        for pause in (*AGAIN_AFTER, None):
            await self._world.clock.sleep_until(errand.until)
            if await self._tried(delivery):
                return
            if pause is not None:
                errand.until = delivery.tried[-1] + pause
        delivery.given_up = True

    async def _tried(self, delivery: Delivery) -> bool:
        delivery.tried.append(self._world.now())
        app = self._world.apps[delivery.app]
        try:
            await self._courier(app.events_url).carry(app, delivery.payload, card=False)
        except NotDelivered:
            return False
        delivery.taken += 1
        return True

    async def ask(self, app: App, event_type: str, body: Json) -> bytes:
        """A card callback: the app's answer within three seconds. Raises NotDelivered."""
        payload = envelope(self._world, app, self._world.new_id("ev_"), event_type, body)
        address = app.cards_url or app.events_url
        return await self._courier(address).carry(app, payload, card=True)

    def _courier(self, address: str) -> Courier:
        return self._webhook if address else self._connections

    async def settled(self) -> None:
        """Wait until nothing is on its way that could arrive without time passing."""
        while any(each.moving(self._world.now()) for each in self._running.values()):  # noqa: ASYNC110 # one that ends lets the next go
            await asyncio.sleep(A_MOMENT)

    async def close(self) -> None:
        """Stop everything that is on its way."""
        for task in list(self._running):
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)


def envelope(world: World, app: App, event_id: str, event_type: str, body: Json) -> bytes:
    """An event in Feishu's envelope, schema 2.0; a card callback's time is in microseconds, an event's in milliseconds."""
    now = world.clock.milliseconds()
    header: Json = {
        "event_id": event_id,
        "event_type": event_type,
        "create_time": str(now * 1000 if event_type == "card.action.trigger" else now),
        "token": app.verification_token,
        "app_id": app.app_id,
        "tenant_key": TENANT,
    }
    return msgspec.json.encode({"schema": "2.0", "header": header, "event": body})
