"""
A house in acted time: everything that is due happens at its instant, however long the night, without waiting.

What is settled is the real loop, the real duties, the real carriers; only the clock is moved by hand.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from kuaihui.app.clocks import ActedClock
from kuaihui.app.reception import Reception
from kuaihui.loop import Loop

# Settling an instant takes a few turns (order, answer, what follows); more than this is a duty that never rests.
MOST_TURNS: Final = 200


async def settle(loop: Loop, reception: Reception, clock: ActedClock) -> None:
    """Everything that is due at this instant is done. Raises RuntimeError when it never comes to rest."""
    for _ in range(MOST_TURNS):
        await reception.turn()
        settled = await loop.turn()
        await loop.still()
        if not settled:
            return
    raise RuntimeError(f"nothing comes to rest at {clock.now()}: a duty orders without end")


async def pass_until(loop: Loop, reception: Reception, clock: ActedClock, instant: datetime) -> None:
    """Let time pass: whatever falls due before or at `instant` happens at its own moment."""
    await settle(loop, reception, clock)
    while (following := await next_instant(loop, reception)) is not None and following <= instant:
        clock.move_to(following)
        await settle(loop, reception, clock)
    clock.move_to(instant)
    await settle(loop, reception, clock)


async def next_instant(loop: Loop, reception: Reception) -> datetime | None:
    """The next moment at which anything is due: an order, or the end of a silent alert."""
    instants = (await loop.journal.next_due(), reception.next_expiry())
    return min((instant for instant in instants if instant is not None), default=None)
