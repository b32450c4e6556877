"""How a program of the stage serves HTTP: uvicorn on loopback, quiet."""

from __future__ import annotations

import uvicorn
from starlette.applications import Starlette

from kuaihui.app.drill.stage.loopback import LOOPBACK


def server(application: Starlette, port: int) -> uvicorn.Server:
    """A server that stops within a second when told to."""
    return uvicorn.Server(
        uvicorn.Config(
            application,
            host=LOOPBACK,
            port=port,
            log_level="warning",
            access_log=False,
            http="httptools",
            loop="auto",
            lifespan="auto",
            timeout_graceful_shutdown=1,
        )
    )


def serve(application: Starlette, port: int) -> None:
    """Serve until told to stop."""
    server(application, port).run()
