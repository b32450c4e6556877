"""What people do, from wherever they do it: API, form, topic."""

from __future__ import annotations

from kuaihui.app.wiring import House
from kuaihui.incident.fact import Fact
from kuaihui.intake import signals
from kuaihui.intake.deeds import understand
from kuaihui.intake.phrasebook import meant


async def act(house: House, incident: str, deed: signals.AnyDeed) -> list[Fact]:
    """Let a person's deed be heard; a message that is a command becomes the deed it stands for. Raises Refused."""
    return await house.loop.hear(
        incident, lambda timeline: understand(meant(deed, timeline, house.catalog), timeline, house.catalog, house.clock.now())
    )
