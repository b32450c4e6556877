"""
Figures: how fast, what the time was spent on, who carried it, and which alerts were noise.

Rule 1: an incident that has not changed is measured once.
Rule 2: drawings carry numbers beside them: nothing is told by a length or a colour alone.
"""

from __future__ import annotations

import csv
import io
from collections import OrderedDict
from datetime import date, datetime, timedelta
from typing import Final

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from kuaihui.app.web.asked import day, morning
from kuaihui.app.web.asking import Anybody, InHouse, Reads
from kuaihui.app.web.drawing import page
from kuaihui.app.web.views import Reader
from kuaihui.app.wiring import House
from kuaihui.briefing.figures import CLOCKS, Measure, causes, grouped, loads, measure, noisy, spread
from kuaihui.briefing.spent import CAUSES
from kuaihui.catalog.wall_clock import local_day
from kuaihui.journal.verify import every
from kuaihui.language import text

figures_page = APIRouter(include_in_schema=False)
BACK: Final = 90  # days that are shown when nobody says otherwise
MOST: Final = 5000
KEPT: Final = 20_000
_DAY: Final = timedelta(days=1)
SAID: Final = {
    "detect": text("to detect"),
    "engage": text("to engage"),
    "locate": text("to locate"),
    "mitigate": text("to mitigate"),
    "recover": text("to recover"),
}

# By house: one process serves one, tests several.
_Known = OrderedDict[tuple[str, int, str], Measure]


async def measures(request: Request, house: House, since: datetime, until: datetime, service: str, now: datetime) -> list[Measure]:
    """The incidents that broke in this span, drills aside, the newest first."""
    known: _Known = request.app.state.__dict__.setdefault("measured", OrderedDict())
    found: list[Measure] = []
    async for summary in every(house.journal):
        if summary.opened < since or len(found) >= MOST:
            break
        if summary.opened >= until or summary.drill or service not in ("", summary.service):
            continue
        timeline = await house.loop.timeline(summary.incident)
        key = (summary.incident, len(timeline), house.catalog.version)
        one = known.get(key)
        if one is None:
            one = measure(timeline, house.catalog, now)
            if summary.closed:
                known[key] = one
                if len(known) > KEPT:
                    known.popitem(last=False)
        found.append(one)
    return found


def _span(reader: Reader, since: str, until: str) -> tuple[date, date]:
    today = local_day(reader.now, reader.zone)
    last = day(until, today)
    first = day(since, last - BACK * _DAY)
    return min(first, last), max(first, last)


@figures_page.get("/figures")
async def figures(
    request: Request, house: InHouse, reader: Reads, _: Anybody, since: str = "", until: str = "", service: str = ""
) -> HTMLResponse:
    """The figures of a span."""
    first, last = _span(reader, since, until)
    chosen = service if service in house.catalog.services else ""
    found = await measures(request, house, morning(first, reader.zone), morning(last + _DAY, reader.zone), chosen, reader.now)
    spent = causes(found)
    return page(
        request,
        "figures/figures.html",
        first=first,
        last=last,
        service=chosen,
        services=house.catalog.services,
        found=found,
        clocks=[(clock, SAID[clock], spread(found, clock)) for clock in CLOCKS],
        by_service=grouped(found, lambda one: f"service:{one.service}"),
        by_month=grouped(found, lambda one: f"{one.broke.astimezone(reader.zone):%Y-%m}"),
        spent=[(CAUSES[one.cause], one, count) for one, count in spent],
        most_spent=max((one.time for one, _ in spent), default=timedelta()),
        all_spent=sum((one.time for one, _ in spent), timedelta()),
        loads=loads(found),
        noisy=noisy(found)[:30],
        budgets=house.catalog.services[chosen].budgets if chosen else None,
    )


@figures_page.get("/figures.csv")
async def table(
    request: Request, house: InHouse, reader: Reads, _: Anybody, since: str = "", until: str = "", service: str = ""
) -> Response:
    """The same, an incident a row; times in seconds, empty where a clock was never stopped."""
    first, last = _span(reader, since, until)
    found = await measures(request, house, morning(first, reader.zone), morning(last + _DAY, reader.zone), service, reader.now)
    written = io.StringIO()
    rows = csv.writer(written)
    rows.writerow(
        ["incident", "service", "title", "severity", "broke", "closed", "verdict", "acted", "pages", "alerts_fired"]
        + [f"{clock}_s" for clock in CLOCKS]
        + [f"{clock}_kept" for clock in CLOCKS]
        + [f"spent_{cause}_s" for cause in CAUSES]
    )
    rows.writerows(_row(one) for one in found)
    name = f"kuaihui-{first}-{last}.csv"
    # The mark at the beginning lets a spreadsheet read the Chinese titles.
    body = "﻿" + written.getvalue()
    return Response(body, media_type="text/csv; charset=utf-8", headers={"Content-Disposition": f'attachment; filename="{name}"'})


def _row(one: Measure) -> list[str | int | float]:
    spent = {cause: sum(part.time.total_seconds() for part in one.spent if part.cause == cause) for cause in CAUSES}
    return [
        one.incident,
        one.service,
        safe(one.title),
        one.severity,
        one.broke.isoformat(),
        one.closed.isoformat() if one.closed else "",
        one.verdict,
        int(one.acted),
        len(one.pages),
        one.fired,
        *(one.times[clock].total_seconds() if clock in one.times else "" for clock in CLOCKS),
        *(int(one.kept[clock]) if clock in one.kept else "" for clock in CLOCKS),
        *(round(seconds, 3) for seconds in spent.values()),
    ]


def safe(words: str) -> str:
    """Words as a spreadsheet's cell: what would be a formula is made plain text (CWE-1236)."""
    return f"'{words}" if words.startswith(("=", "+", "-", "@", "\t", "\r")) else words
