"""The catalog as it is in force: services, people, rotas, policies, roles, inhibition; each with the file and line it stands in."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from kuaihui.app.web.asking import Anybody, InHouse, Reads
from kuaihui.app.web.drawing import page

catalog_pages = APIRouter(include_in_schema=False)


@catalog_pages.get("/catalog")
async def catalog(request: Request, house: InHouse, reader: Reads, _: Anybody) -> HTMLResponse:
    """Everything known beforehand; what is wrong with newer files, and what will be regretted."""
    known = house.catalog
    now_on_call = {rota: known.on_call(rota, reader.now) for rota in known.rotas}
    return page(request, "catalog/catalog.html", catalog=known, faults=house.shelf.faults, looked=house.shelf.looked, on_call=now_on_call)
