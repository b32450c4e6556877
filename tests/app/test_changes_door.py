"""POST /hooks/changes, on a whole house at rest."""

from __future__ import annotations

from datetime import timedelta

import httpx
from starlette.applications import Starlette

from kuaihui.app.settings import Settings
from kuaihui.app.web.doors import doors_of
from kuaihui.app.wiring import house
from kuaihui.carrying import answer
from kuaihui.incident.evidence import ChangesListed
from tests.integrations.asking import NOBODY_BROKE, changes


async def test_what_a_pipeline_tells_is_found_by_looking_for_changes() -> None:
    settings = Settings.load(journal={"url": "memory:"}, hooks={"tokens": {"changes": "right"}})
    async with house(settings) as built:
        transport = httpx.ASGITransport(Starlette(routes=doors_of(built).routes()))
        async with httpx.AsyncClient(transport=transport, base_url="http://house") as pipeline:
            told = {"title": "pool 8 -> 12", "service": "config-center", "kind": "config"}
            wrong = await pipeline.post("/hooks/changes", json=told, headers={"Authorization": "Bearer wrong"})
            right = {"Authorization": "Bearer right"}
            malformed = await pipeline.post("/hooks/changes", json={"kind": "config"}, headers=right)
            kept = await pipeline.post("/hooks/changes", json=told, headers=right)
        now = built.clock.now()
        order = changes(now - timedelta(hours=1), now + timedelta(seconds=1), source="changes")
        _, fact = await answer(NOBODY_BROKE, order, built.loop.carrier(order), now, built.clock.now)

    assert (wrong.status_code, malformed.status_code, kept.status_code, kept.json()) == (401, 400, 200, {"kept": 1})
    assert isinstance(fact, ChangesListed)
    assert [(one.title, one.kind) for one in fact.changes] == [("pool 8 -> 12", "config")]
