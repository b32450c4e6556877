"""The catalog as it is in force, from services to rules of inhibition; each entry with the file and line it stands in."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from kuaihui.app.web.asking import Anybody, InHouse, Reads
from kuaihui.app.web.drawing import page
from kuaihui.app.web.paper import rendered

catalog_pages = APIRouter(include_in_schema=False)


@catalog_pages.get("/catalog")
async def catalog(request: Request, house: InHouse, reader: Reads, _: Anybody) -> HTMLResponse:
    """Everything known beforehand; what is wrong with newer files, and what will be regretted."""
    known = house.catalog
    now_on_call = {rota: known.on_call(rota, reader.now) for rota in known.rotas}
    bodies = {one.id: rendered(one.body) for one in known.runbooks.values()}
    return page(
        request,
        "catalog/catalog.html",
        catalog=known,
        faults=house.faults,
        looked=house.shelf.looked,
        on_call=now_on_call,
        bodies=bodies,
        ears=house.reception.watching.watchdogs.ears,
    )
