"""Read but silent: whoever has read and does nothing is passed over, a little later."""

from __future__ import annotations

from kuaihui.incident.phases import Phase
from tests.nights.night import Night


async def test_reading_alone_takes_nothing_on(night: Night) -> None:
    await night.rings(0.10)
    await night.passes(seconds=20)
    await night.reads("axin")
    await night.passes(minutes=4)

    assert "dazhuang" in await night.paged()
    assert await night.phase() is Phase.OPEN
