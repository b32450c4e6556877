"""The app: doors for machines first, then API, streams and pages."""

from __future__ import annotations

from fastapi import FastAPI
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from kuaihui.app.metrics import Metrics
from kuaihui.app.web.api import api
from kuaihui.app.web.board import Boards
from kuaihui.app.web.desk import desk
from kuaihui.app.web.doors import doors_of
from kuaihui.app.web.drawing import SERVED
from kuaihui.app.web.entrance import entrance
from kuaihui.app.web.feishu_door import FeishuDoor
from kuaihui.app.web.feishu_entrance import feishu_entrance
from kuaihui.app.web.forms import forms
from kuaihui.app.web.guarding import Guard
from kuaihui.app.web.live import live
from kuaihui.app.web.mine import mine
from kuaihui.app.web.pages import pages
from kuaihui.app.web.paper import paper
from kuaihui.app.web.problems import answer_problems
from kuaihui.app.web.repair_api import repair_api
from kuaihui.app.web.review_page import learned_api, review
from kuaihui.app.web.screen import Screens
from kuaihui.app.web.stream import Watchers
from kuaihui.app.wiring import House


class Served(StaticFiles):
    """Files whose addresses carry their content's hash: a browser may keep them for good."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        answer = await super().get_response(path, scope)
        if b"v=" in scope["query_string"]:
            answer.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return answer


def create_app(house: House) -> FastAPI:
    """The whole web face of one house."""
    app = FastAPI(title="Kuaihui", version="0.1.0", docs_url=None, redoc_url=None, openapi_url="/api/openapi.json")
    app.state.house = house
    app.state.watchers = Watchers(house.journal)
    app.state.screens = Screens(house)
    app.state.boards = Boards(house)
    doors = doors_of(house)
    app.router.routes[:0] = [*doors.routes(), doors.metrics(Metrics(house.journal, house.loop)), *FeishuDoor(house).routes()]
    for router in (api, repair_api, learned_api, live, pages, paper, review, mine, forms, entrance, feishu_entrance, desk):
        app.include_router(router)
    for part, folder in SERVED.items():
        app.mount(f"/{part}", Served(directory=folder, check_dir=False), name=part)
    answer_problems(app)
    app.add_middleware(Guard, house=house)
    app.add_middleware(GZipMiddleware, minimum_size=500, compresslevel=6)
    return app
