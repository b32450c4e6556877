"""
The stage's own gateway, where nginx is not installed: smooth weighted round robin, one access log line a request.

Rule 1: it writes the same access log as the generated nginx configuration, so everything behind it is the same.
Rule 2: it never repeats a request at another pod, as the nginx configuration does not.
"""

from __future__ import annotations

import asyncio
import signal
import sys
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from kuaihui.app.drill.stage.json_lines import JsonLines
from kuaihui.app.drill.stage.parts.serving import serve
from kuaihui.app.drill.stage.roles import Backend, Gateway
from kuaihui.app.drill.stage.wire import Answer, Client, Unreachable


@dataclass
class Weighed:
    """A backend and its turn in the round."""

    backend: Backend
    turn: int = 0


class Round:
    """Smooth weighted round robin: a weight of 9 to 1 gives every tenth request to the light one, not the last of each ten in a row."""

    def __init__(self, backends: Sequence[Backend]) -> None:
        self._weighed = [Weighed(backend) for backend in backends if backend.weight > 0]
        self._total = sum(each.backend.weight for each in self._weighed)

    def next(self) -> Backend | None:
        """Whose turn it is; nobody's when there is no backend."""
        if not self._weighed:
            return None
        for each in self._weighed:
            each.turn += each.backend.weight
        chosen = max(self._weighed, key=lambda each: each.turn)
        chosen.turn -= self._total
        return chosen.backend


class Proxy:
    """Passes requests on by the path's first part."""

    def __init__(self, role: Gateway) -> None:
        self._role = role
        self._client = Client(role.timeout)
        self._log = JsonLines(Path(role.log), {"service": "config-center"})
        self._rounds: dict[str, Round] = {}
        self.read_again()

    def read_again(self) -> None:
        """Take the backends from the file anew."""
        backends = msgspec.json.decode(Path(self._role.backends).read_bytes(), type=list[Backend])
        preproduction = [each for each in backends if each.environment == "preproduction"]
        self._rounds = {
            "config-center": Round([each for each in backends if each not in preproduction]),
            "preproduction": Round(preproduction),
        }

    def application(self) -> Starlette:
        """One route for everything."""
        return Starlette(routes=[Route("/{service}/{path:path}", self.passed, methods=["GET", "PUT"])], lifespan=self._listening)

    async def passed(self, request: Request) -> Response:
        began = time.monotonic()
        backend = self._rounds.get(request.path_params["service"], Round([])).next()
        trace = request.headers.get("x-trace-id", "")
        answer = await self._ask(backend, request, trace)
        self._log.write(
            "info",
            "request",
            environment=backend.environment if backend else "none",
            version=backend.version if backend else "none",
            pod=backend.pod if backend else "none",
            status=str(answer.status),
            seconds=f"{time.monotonic() - began:.3f}",
            trace_id=trace,
            path=request.url.path,
        )
        return Response(answer.body, answer.status, media_type=answer.headers.get("content-type"))

    async def _ask(self, backend: Backend | None, request: Request, trace: str) -> Answer:
        if backend is None:
            return Answer(502, b"no backend", {})
        path = "/" + request.path_params["path"]
        try:
            return await self._client.send(backend.port, request.method, path, {"x-trace-id": trace}, await request.body())
        except Unreachable as fault:
            return Answer(504 if isinstance(fault.__cause__, TimeoutError) else 502, str(fault).encode(), {})

    @asynccontextmanager
    async def _listening(self, application: Starlette) -> AsyncGenerator[None]:
        asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, self.read_again)
        yield


if __name__ == "__main__":
    told = msgspec.json.decode(sys.argv[1], type=Gateway)
    serve(Proxy(told).application(), told.port)
