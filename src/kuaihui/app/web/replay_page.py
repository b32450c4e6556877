"""An incident run again under another policy, rota or service, side by side with what was; nothing of it is kept."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse
from markupsafe import Markup

from kuaihui.app.overlay import catalog_of
from kuaihui.app.replay.run import Replayed, replay
from kuaihui.app.replay.told import Telling
from kuaihui.app.web.asking import Anybody, Here, InHouse, Reads, Somebody
from kuaihui.app.web.drawing import page
from kuaihui.app.web.paper import rendered
from kuaihui.app.web.views import Reader
from kuaihui.app.wiring import House
from kuaihui.briefing.side_by_side import side_by_side
from kuaihui.catalog.catalog import Catalog
from kuaihui.errors import BadCatalog, Refused
from kuaihui.incident.timeline import Timeline
from kuaihui.language import text

replay_page = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
Kind = Literal["policies", "services", "rotas", "roles", "people"]
KINDS: Final[tuple[Kind, ...]] = ("policies", "services", "rotas", "roles", "people")
LARGEST: Final = 200_000  # characters of one file that is laid over
_TITLE: Final = text("What would have been")


@replay_page.get("/incidents/{incident}/replay")
async def replayed(request: Request, house: InHouse, reader: Reads, _: Anybody, timeline: Here, kind: Kind = "policies") -> HTMLResponse:
    """The incident under today's catalog, and a form to change a file of it."""
    written = _file(house, kind)
    return _page(request, timeline, kind, written, told=await _told(house, reader, timeline, house.catalog, as_quick=False))


@replay_page.post("/incidents/{incident}/replay")
async def changed(
    request: Request,
    house: InHouse,
    reader: Reads,
    _: Somebody,
    timeline: Here,
    kind: Annotated[Kind, Form()] = "policies",
    written: Annotated[str, Form(max_length=LARGEST)] = "",
    as_quick: Annotated[bool, Form()] = False,
) -> HTMLResponse:
    """The incident under a catalog with one file changed; what is wrong with the file is told beside it."""
    try:
        catalog = await asyncio.to_thread(_laid_over, house.shelf.folder, kind, written)
        told = await _told(house, reader, timeline, catalog, as_quick=as_quick)
    except (BadCatalog, Refused) as wrong:
        return _page(request, timeline, kind, written, as_quick=as_quick, wrong=reader.said(wrong.text), status=422)
    return _page(request, timeline, kind, written, as_quick=as_quick, told=told)


def _laid_over(folder: Path, kind: Kind, written: str) -> Catalog:
    with tempfile.TemporaryDirectory(prefix="kuaihui-replay-") as made:
        over = Path(made) / f"{kind}.yaml"
        over.write_text(written, encoding="utf-8")
        return catalog_of(folder, over)


async def _told(house: House, reader: Reader, timeline: Timeline, catalog: Catalog, *, as_quick: bool) -> Markup:
    """The comparison as HTML; played in a thread of its own, so that nobody who rings waits for it."""
    played = await asyncio.to_thread(_play, timeline, catalog, as_quick=as_quick)
    compared = side_by_side(timeline, played.timeline, house.catalog, catalog)
    telling = Telling(reader.language, reader.names | catalog.names(reader.language))
    return rendered(telling.markdown(telling.said(_TITLE), compared, played.impossible))


def _play(timeline: Timeline, catalog: Catalog, *, as_quick: bool) -> Replayed:
    return asyncio.run(replay(timeline, catalog, as_quick=as_quick))


def _file(house: House, kind: Kind) -> str:
    """The file as it stands now; empty where the kind is kept in several files."""
    path = house.shelf.folder / f"{kind}.yaml"
    return path.read_text(encoding="utf-8") if path.exists() else ""


def _page(
    request: Request,
    timeline: Timeline,
    kind: Kind,
    written: str,
    *,
    as_quick: bool = False,
    told: Markup | None = None,
    wrong: str = "",
    status: int = 200,
) -> HTMLResponse:
    given = {"timeline": timeline, "kind": kind, "kinds": KINDS, "written": written, "as_quick": as_quick, "told": told, "wrong": wrong}
    return page(request, "replay/replay.html", status=status, **given)
