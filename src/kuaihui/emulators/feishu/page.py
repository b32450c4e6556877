"""The page on which a person acts as anybody of the tenant: chats, cards, receipts, documents, tasks, meetings, the clock."""

from __future__ import annotations

from importlib.resources import files
from typing import cast

import msgspec
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from kuaihui.emulators.feishu.docx import walk, words
from kuaihui.emulators.feishu.papers import Comment
from kuaihui.emulators.feishu.people import told
from kuaihui.emulators.feishu.records import Json
from kuaihui.emulators.feishu.tasks import shown
from kuaihui.emulators.feishu.world import World


def _comment(world: World, comment: Comment) -> Json:
    """A comment as people read it: where it stands, and who said what."""
    return {
        "comment_id": comment.comment_id,
        "quote": comment.quote,
        "said": [f"{world.name_of(one.author)}: {_said(world, one.elements)}" for one in comment.replies],
    }


def _said(world: World, elements: list[Json]) -> str:
    return "".join(
        f"@{world.name_of(str(cast('Json', one['person'])['user_id']))}" if "person" in one else str(cast("Json", one["text_run"])["text"])
        for one in elements
    )


def routes(world: World) -> list[Route]:
    """The page, and the papers it shows."""

    async def page(_: Request) -> Response:
        return HTMLResponse(files("kuaihui.emulators.feishu").joinpath("page.html").read_text(encoding="utf-8"))

    async def papers(_: Request) -> Response:
        documents = [
            {
                "token": one.token,
                "title": one.title,
                "likes": len(one.likes),
                "lines": [words(block) for block in walk(one, one.token)],
                "comments": [_comment(world, each) for each in one.comments],
            }
            for one in world.documents.values()
        ]
        meetings = [
            {"number": one.number, "topic": one.topic, "present": [world.name_of(each) for each in one.present]}
            for one in world.meetings.values()
        ]
        tasks = [msgspec.to_builtins(shown(one)) for one in world.tasks.values()]
        return told({"documents": documents, "meetings": meetings, "tasks": tasks, "now": world.now().isoformat()})

    return [Route("/", page), Route("/papers", papers)]
