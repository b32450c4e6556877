"""What people do, from wherever they do it: API, form, topic."""

from __future__ import annotations

from typing import Final

from kuaihui.app.wiring import House
from kuaihui.errors import Refused
from kuaihui.incident.fact import Fact
from kuaihui.intake import signals
from kuaihui.intake.deeds import understand
from kuaihui.intake.phrasebook import meant
from kuaihui.language import text

LONGEST_REACTION: Final = 32  # characters: a family with skin tones is one sign of some twenty


async def act(house: House, incident: str, deed: signals.AnyDeed) -> list[Fact]:
    """Let a person's deed be heard; a message that is a command becomes the deed it stands for. Raises Refused."""
    if isinstance(deed, signals.React) and len(deed.emoji) > LONGEST_REACTION:
        raise Refused(text("a reaction is one sign"))
    facts = await house.loop.hear(
        incident, lambda timeline: understand(meant(deed, timeline, house.catalog), timeline, house.catalog, house.clock.now())
    )
    await house.trains.after(incident, facts)
    return facts
