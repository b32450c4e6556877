"""The app: doors for machines first, then API and pages."""

from __future__ import annotations

from fastapi import FastAPI

from kuaihui.app.web.api import api
from kuaihui.app.web.problems import answer_problems
from kuaihui.app.web.stream import Watchers
from kuaihui.app.wiring import House


def create_app(house: House) -> FastAPI:
    """The whole web face of one house."""
    app = FastAPI(title="Kuaihui", version="0.1.0", docs_url="/api/docs", redoc_url=None, openapi_url="/api/openapi.json")
    app.state.house = house
    app.state.watchers = Watchers(house.journal)
    app.include_router(api)
    answer_problems(app)
    return app
