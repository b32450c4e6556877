"""Two alerts of one service, in one breath and one after the other."""

from __future__ import annotations

import asyncio

from kuaihui.incident.phases import Phase
from tests.nights.night import Night


async def test_two_alerts_of_one_service_are_one_incident_and_one_page(night: Night) -> None:
    await asyncio.gather(night.rings(0.10), night.rings(0.10, name="GatewayLatencyHigh"))
    await night.passes(seconds=5)

    assert len(await night.journal.summaries()) == 1
    assert await night.paged() == ["axin"]
    assert len((await night.timeline()).firing) == 2


async def test_it_is_over_only_when_both_have_cleared(night: Night) -> None:
    await night.rings(0.10)
    await night.rings(0.10, name="GatewayLatencyHigh")
    await night.acks("axin")
    await night.clears()
    await night.passes(minutes=1)
    assert await night.phase() is Phase.ENGAGED

    await night.clears(name="GatewayLatencyHigh")
    assert await night.phase() is Phase.OBSERVING


async def test_alerts_of_two_services_are_two_incidents(night: Night) -> None:
    await night.rings(0.10)
    await night.rings(None, service="something-nobody-owns", name="Strange")

    services = {summary.service for summary in await night.journal.summaries()}
    assert services == {"config-center", night.catalog.catch_all}
