"""Why: for an alert, a page, a role or a whole incident, the rule that decided, with its file and line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from typing import Final

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from kuaihui.app.web.asking import Anybody, Here, InHouse, NotFound, Reads
from kuaihui.app.web.drawing import page
from kuaihui.briefing.explain import Step, why_this_page, why_this_role, why_this_service
from kuaihui.incident.alerts import Alert
from kuaihui.incident.holders import parts
from kuaihui.incident.pages import Ordered
from kuaihui.incident.timeline import Timeline
from kuaihui.language import Text, plain, text
from kuaihui.orders import Page

MOST_ALERTS: Final = 50

explain_page = APIRouter(include_in_schema=False)


@explain_page.get("/explain/alert/{fingerprint}")
async def alert(request: Request, house: InHouse, _: Anybody, fingerprint: str) -> HTMLResponse:
    """What became of an alert, and by which rule."""
    lines = await house.reception.why(fingerprint[:200])
    if not lines:
        raise NotFound(text("no alert with the fingerprint or the name {fingerprint} was heard", fingerprint=fingerprint[:200]))
    return page(
        request,
        "explain/steps.html",
        title=text("Why this alert was treated so"),
        steps=[Step(line) for line in lines],
        back="",
        back_to="",
    )


@explain_page.get("/explain/incidents/{incident}")
async def incident(request: Request, house: InHouse, reader: Reads, _: Anybody, timeline: Here) -> HTMLResponse:
    """Why it is this service, this severity and this policy; and the ways to why each page, role and alert."""
    pages = [(number, fact.order, fact.at) for number, fact in timeline.numbered(Ordered) if isinstance(fact.order, Page)]
    return page(
        request,
        "explain/incident.html",
        timeline=timeline,
        steps=why_this_service(timeline, house.catalog),
        pages=pages,
        roles=list(parts(timeline).values()),
        alerts=list(timeline.alerts.values())[:MOST_ALERTS],
        apart=_apart(timeline.alerts.values()),
        more=max(0, len(timeline.alerts) - MOST_ALERTS),
    )


def _apart(alerts: Collection[Alert]) -> dict[str, dict[str, str]]:
    """The labels that tell one alert from the others of its incident, by the alert's key."""
    said = Counter(pair for one in alerts for pair in one.labels.items())
    shared = {pair for pair, count in said.items() if count == len(alerts) > 1}
    return {one.key: {label: value for label, value in one.labels.items() if (label, value) not in shared} for one in alerts}


@explain_page.get("/explain/page/{incident}/{number}")
async def paged(request: Request, house: InHouse, _: Anybody, timeline: Here, number: int) -> HTMLResponse:
    """Why this person was paged."""
    steps = why_this_page(timeline, number, house.catalog)
    return _steps(request, steps, text("Why this person was paged"), timeline)


@explain_page.get("/explain/role/{incident}/{role}")
async def role(request: Request, house: InHouse, _: Anybody, timeline: Here, role: str) -> HTMLResponse:
    """Why this role went to whom."""
    steps = why_this_role(timeline, role, house.catalog)
    return _steps(request, steps, text("Why the role {role} went to whom it did", role=f"@role:{role[:100]}"), timeline)


def _steps(request: Request, steps: list[Step], title: Text, timeline: Timeline) -> HTMLResponse:
    if not steps:
        raise NotFound(plain(text("there is nothing to explain here")))
    return page(request, "explain/steps.html", title=title, steps=steps, back=timeline.incident, back_to=timeline.opened.title)
