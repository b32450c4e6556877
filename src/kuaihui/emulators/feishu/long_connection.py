"""
Events over the long connection: the endpoint that names the address, and the connections themselves.

Rule: an event goes to one connection drawn by lot, never to all; an answer of 500 brings it again.
"""

from __future__ import annotations

import asyncio
import base64
import random
from dataclasses import dataclass, field
from math import ceil

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.websockets import WebSocket, WebSocketDisconnect

from kuaihui.emulators.feishu.events import ANSWER_WITHIN, NotDelivered
from kuaihui.emulators.feishu.frames import CONTROL, DATA, Frame, decode
from kuaihui.emulators.feishu.records import App
from kuaihui.emulators.feishu.world import World

MOST_CONNECTIONS = 50
SERVICE = 33
WRONG_SECRET, TOO_MANY = 1000040345, 1000040350


class Credentials(msgspec.Struct):
    """Who asks for an address."""

    app_id: str = msgspec.field(name="AppID", default="")
    app_secret: str = msgspec.field(name="AppSecret", default="")


class Acknowledgement(msgspec.Struct):
    """What a client answers to an event: an HTTP-like code, and for cards the answer in base64."""

    code: int
    data: str | None = None


@dataclass
class Connection:
    """One client that is connected."""

    app: str
    socket: WebSocket
    waiting: dict[str, asyncio.Future[bytes]] = field(default_factory=dict[str, "asyncio.Future[bytes]"])


@dataclass
class Tuning:
    """How clients are told to behave, and how long one frame's payload may be before it is sent in parts."""

    ping_seconds: int = 120
    reconnect_seconds: int = 1
    part_bytes: int = 64 * 1024


class LongConnections:
    """The clients that are connected, and the road to each."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._tickets: dict[str, str] = {}
        self.tuning = Tuning()
        self.open: list[Connection] = []

    async def endpoint(self, request: Request) -> Response:
        """Where to connect: an address with a ticket of its own."""
        said = msgspec.json.decode(await request.body(), type=Credentials)
        app = self._world.apps.get(said.app_id)
        if app is None or app.secret != said.app_secret:
            return JSONResponse({"code": WRONG_SECRET, "msg": "app_id or app_secret is invalid"})
        device = self._world.new_id("device")
        self._tickets[device] = app.app_id
        config = {
            "ReconnectCount": -1,
            "ReconnectInterval": self.tuning.reconnect_seconds,
            "ReconnectNonce": 0,
            "PingInterval": self.tuning.ping_seconds,
        }
        url = f"ws://{request.url.netloc}/ws?device_id={device}&service_id={SERVICE}"
        return JSONResponse({"code": 0, "msg": "ok", "data": {"URL": url, "ClientConfig": config}})

    async def serve(self, socket: WebSocket) -> None:
        """One connection, until the client leaves."""
        app = self._tickets.pop(socket.query_params.get("device_id", ""), None)
        if app is None:
            await _refuse(socket, 403, "unknown ticket")
            return
        if len(self.of(app)) >= MOST_CONNECTIONS:
            await _refuse(socket, 514, "too many connections", TOO_MANY)
            return
        await socket.accept()
        connection = Connection(app, socket)
        self.open.append(connection)
        try:
            while True:
                await self._heard(connection, decode(await socket.receive_bytes()))
        except WebSocketDisconnect:
            pass
        finally:
            self.open.remove(connection)

    def of(self, app: str) -> list[Connection]:
        """The connections of one app."""
        return [connection for connection in self.open if connection.app == app]

    async def _heard(self, connection: Connection, frame: Frame) -> None:
        if frame.method == CONTROL:
            await connection.socket.send_bytes(Frame(CONTROL, {"type": "pong"}, service=SERVICE).encode())
            return
        waiting = connection.waiting.get(frame.headers.get("message_id", ""))
        if waiting and not waiting.done():
            waiting.set_result(frame.payload)

    async def carry(self, app: App, payload: bytes, *, card: bool) -> bytes:
        """Send one payload over one connection and wait for its answer."""
        connections = self.of(app.app_id)
        if not connections:
            raise NotDelivered("nobody is connected")
        connection, message_id = random.choice(connections), self._world.new_id("m")
        waiting = connection.waiting[message_id] = asyncio.get_running_loop().create_future()
        try:
            for frame in _parts(message_id, payload, self.tuning.part_bytes):
                await connection.socket.send_bytes(frame.encode())
            answer = await asyncio.wait_for(waiting, ANSWER_WITHIN)
        except (TimeoutError, RuntimeError, WebSocketDisconnect) as fault:
            raise NotDelivered("no answer in time") from fault
        finally:
            del connection.waiting[message_id]
        return _taken(answer)

    async def close(self) -> None:
        """Hang up on everybody."""
        for connection in list(self.open):
            await connection.socket.close()


def _taken(answer: bytes) -> bytes:
    acknowledged = msgspec.json.decode(answer, type=Acknowledgement)
    if acknowledged.code != 200:
        raise NotDelivered(f"answered {acknowledged.code}")
    return base64.b64decode(acknowledged.data or "")


def _parts(message_id: str, payload: bytes, size: int) -> list[Frame]:
    total = max(ceil(len(payload) / size), 1)
    headers = {"type": "event", "message_id": message_id, "trace_id": message_id, "sum": str(total)}
    cuts = [payload[part * size : (part + 1) * size] for part in range(total)]
    return [Frame(DATA, {**headers, "seq": str(part)}, cut, SERVICE, sequence=1, log=1) for part, cut in enumerate(cuts)]


async def _refuse(socket: WebSocket, status: int, words: str, auth_code: int = 0) -> None:
    headers = {"handshake-status": str(status), "handshake-msg": words}
    if auth_code:
        headers["handshake-autherrcode"] = str(auth_code)
    await socket.send_denial_response(Response(words, 403, headers=headers))
