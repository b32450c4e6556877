"""The tenant as a running server: every operation on its path, in one straight list."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route, WebSocketRoute

from kuaihui.emulators.feishu import (
    bitable,
    chats,
    contacts,
    control,
    docx,
    drive,
    hooks,
    login,
    meetings,
    messages,
    page,
    people,
    reactions,
    receipts,
    tasks,
    tokens,
    uploads,
)
from kuaihui.emulators.feishu.call import Operation
from kuaihui.emulators.feishu.events import EventDesk
from kuaihui.emulators.feishu.gate import answer
from kuaihui.emulators.feishu.long_connection import LongConnections
from kuaihui.emulators.feishu.webhooks import Webhook
from kuaihui.emulators.feishu.world import World
from kuaihui.emulators.listening import listening

OPERATIONS: list[Operation] = [
    *tokens.OPERATIONS,
    *messages.OPERATIONS,
    *receipts.OPERATIONS,
    *reactions.OPERATIONS,
    *uploads.OPERATIONS,
    *chats.OPERATIONS,
    *contacts.OPERATIONS,
    *docx.OPERATIONS,
    *drive.OPERATIONS,
    *meetings.OPERATIONS,
    *tasks.OPERATIONS,
    *bitable.OPERATIONS,
    *login.OPERATIONS,
    *hooks.OPERATIONS,
]


@dataclass(frozen=True)
class Emulated:
    """A tenant that can be reached."""

    world: World
    desk: EventDesk
    connections: LongConnections
    webhook: Webhook
    app: Starlette
    url: str = ""

    async def settled(self) -> None:
        """Wait until every event that was due has been tried."""
        await self.desk.settled()

    async def close(self) -> None:
        """Take everything down in reverse."""
        await self.desk.close()
        await self.connections.close()
        await self.webhook.close()


def build(world: World) -> Emulated:
    """The tenant's server, not yet listening."""
    webhook, connections = Webhook(world), LongConnections(world)
    desk = EventDesk(world, webhook, connections)
    world.publish = desk.publish
    routes: list[BaseRoute] = [_route(world, operation) for operation in OPERATIONS]
    routes += [
        Route("/callback/ws/endpoint", connections.endpoint, methods=["POST"]),
        WebSocketRoute("/ws", connections.serve),
        *login.routes(world),
        *page.routes(world),
        *people.routes(world, desk),
        *control.ControlRoom(world, desk, webhook).routes(),
        Route("/open-apis/{rest:path}", _unknown, methods=["GET", "POST", "PUT", "PATCH", "DELETE"]),
    ]
    return Emulated(world, desk, connections, webhook, Starlette(routes=routes))


def _route(world: World, operation: Operation) -> Route:
    async def endpoint(request: Request) -> Response:
        return await answer(world, operation, request)

    return Route(f"/open-apis/{operation.path}", endpoint, methods=[operation.method], name=operation.name)


async def _unknown(request: Request) -> Response:
    return JSONResponse({"code": 404, "msg": f"this emulator does not know {request.method} {request.url.path}"}, 404)


@asynccontextmanager
async def running(world: World, port: int = 0, host: str = "127.0.0.1") -> AsyncGenerator[Emulated]:
    """The tenant, listening; port 0 takes a free one."""
    built = build(world)
    config = uvicorn.Config(
        built.app, host=host, port=port, ws="websockets-sansio", lifespan="off", log_level="critical", timeout_graceful_shutdown=1
    )
    async with listening(config) as taken:
        try:
            yield replace(built, url=f"http://{host}:{taken}")
        finally:
            await built.close()
