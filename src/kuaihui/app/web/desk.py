"""The pages beside the incident's own: on-call, catalog, silences, grouping, search, figures, explanations."""

from __future__ import annotations

from fastapi import APIRouter

from kuaihui.app.web.catalog_pages import catalog_pages
from kuaihui.app.web.drill_page import drill_page
from kuaihui.app.web.explain_page import explain_page
from kuaihui.app.web.figures_page import figures_page
from kuaihui.app.web.grouping_page import grouping_page
from kuaihui.app.web.oncall import oncall
from kuaihui.app.web.replay_page import replay_page
from kuaihui.app.web.search_page import search_page
from kuaihui.app.web.silences_page import silences_page

desk = APIRouter(include_in_schema=False)
for one in (oncall, catalog_pages, silences_page, grouping_page, search_page, figures_page, explain_page, replay_page, drill_page):
    desk.include_router(one)
