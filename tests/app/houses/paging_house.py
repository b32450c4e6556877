"""
A real house whose phone notes each page in a file before it rings: made to be killed.

    python -m tests.app.houses.paging_house SETTINGS NOTES
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from kuaihui.app.commands.house import listening, serve
from kuaihui.app.settings import Settings
from kuaihui.app.wiring import house, start
from kuaihui.carrying import Carry
from kuaihui.incident.fact import Fact
from kuaihui.incident.pages import Delivered, Sent
from kuaihui.incident.timeline import Timeline
from kuaihui.orders import Order, Page

# What was lost with a killed process is ordered anew after this: sooner than in earnest, so that the test need not wait.
PATIENCE = timedelta(seconds=4)
RINGS_FOR = 0.05


class Phone:
    """Notes each page that is handed to it, with one write that no kill can part, and rings for a moment."""

    name = "phone"
    channels = frozenset({"inbox"})

    def __init__(self, notes: Path) -> None:
        self._notes = os.open(notes, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        self.carries: Mapping[type[Order], Carry] = {Page: self.page}

    async def page(self, order: Page, timeline: Timeline, now: datetime) -> Sequence[Fact]:
        os.write(self._notes, f"{timeline.incident} {order.identity}\n".encode())
        await asyncio.sleep(RINGS_FOR)
        sent = Sent(at=now, identity=order.identity, person=order.person, channel=order.channel)
        return [sent, Delivered(at=now, identity=order.identity, person=order.person)]


async def main(settings: Settings, notes: Path) -> None:
    with listening(settings.server) as listener:
        async with house(settings, integrations=[Phone(notes)]) as built:
            await start(built)
            await serve(built, listener)


if __name__ == "__main__":
    Page.patience = PATIENCE
    asyncio.run(main(Settings.load(Path(sys.argv[1])), Path(sys.argv[2])))
