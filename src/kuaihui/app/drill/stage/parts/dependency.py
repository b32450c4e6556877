"""The secrets service the config center may depend on: an answer after a delay that the stage sets (PUT /delay)."""

from __future__ import annotations

import asyncio
import sys

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from kuaihui.app.drill.stage.parts.serving import serve
from kuaihui.app.drill.stage.roles import Delay, Dependency

# Seconds it takes when nothing is wrong with it.
USUAL = 0.004


class Secrets:
    """One secret a namespace, after `delay` seconds."""

    def __init__(self) -> None:
        self._delay = USUAL

    def application(self) -> Starlette:
        """The routes."""
        return Starlette(routes=[Route("/secrets/{namespace}", self.secret), Route("/delay", self.slow_down, methods=["PUT"])])

    async def secret(self, request: Request) -> Response:
        await asyncio.sleep(self._delay)
        return JSONResponse({"namespace": request.path_params["namespace"], "secret": "sealed"})

    async def slow_down(self, request: Request) -> Response:
        self._delay = msgspec.json.decode(await request.body(), type=Delay).seconds
        return Response(status_code=204)


if __name__ == "__main__":
    serve(Secrets().application(), msgspec.json.decode(sys.argv[1], type=Dependency).port)
