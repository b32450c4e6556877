"""What another grouping would have made of the last days' alerts, before anybody writes it into the catalog."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from kuaihui.app.web.asking import Anybody, InHouse, Reads
from kuaihui.app.web.drawing import page
from kuaihui.app.wiring import House
from kuaihui.incident.timeline import Timeline
from kuaihui.intake.grouping_dry_run import dry_run, labels_seen, rang

grouping_page = APIRouter(include_in_schema=False)
MOST_DAYS: Final = 90
MOST_INCIDENTS: Final = 1000
MOST_SHOWN: Final = 50


@grouping_page.get("/grouping")
async def grouping(request: Request, house: InHouse, reader: Reads, _: Anybody, service: str = "", days: int = 7) -> HTMLResponse:
    """With these labels, the last days would have been these incidents; beside them, what the present grouping makes of the same alerts."""
    catalog = house.catalog
    chosen = catalog.services.get(service) or next(iter(catalog.services.values()))
    span = min(max(days, 1), MOST_DAYS)
    since = reader.now - timedelta(days=span)
    heard = rang(await _timelines(house, since), since)
    asked = request.query_params.getlist("group_by")
    group_by = (
        tuple(dict.fromkeys(name.strip()[:200] for name in asked if name.strip())) if "asked" in request.query_params else chosen.group_by
    )
    return page(
        request,
        "grouping/dry_run.html",
        services=catalog.services,
        service=chosen,
        place=catalog.places.get(f"services/{chosen.id}", ""),
        days=span,
        group_by=group_by,
        labels=labels_seen(heard, catalog, chosen.id),
        would=dry_run(heard, catalog, chosen.id, group_by)[::-1],
        present=dry_run(heard, catalog, chosen.id, chosen.group_by),
        heard=sum(one.firing and catalog.service_for(one.labels).service.id == chosen.id for one in heard),
        most=MOST_SHOWN,
    )


async def _timelines(house: House, since: datetime) -> list[Timeline]:
    """The incidents that may have heard something since then."""
    summaries = await house.journal.summaries(limit=MOST_INCIDENTS)
    return [await house.loop.timeline(one.incident) for one in summaries if one.changed >= since]
