"""The on-call is on leave: the stand-in is paged, and nobody wakes the one who is away."""

from __future__ import annotations

from datetime import datetime

from tests.nights.conftest import Rewritten
from tests.nights.night import SHANGHAI, Night

LEAVE = """
- person: axin
  first: 2023-03-11
  last: 2023-03-12
  reason: 年假
"""


async def test_the_stand_in_is_paged_instead(sample_with: Rewritten) -> None:
    night = Night(sample_with(leave=LEAVE))
    await night.rings(0.10)

    assert await night.paged() == ["dazhuang"]


async def test_back_on_monday_the_on_call_is_paged_again(sample_with: Rewritten) -> None:
    night = Night(sample_with(leave=LEAVE), at=datetime(2023, 3, 13, 9, 0, tzinfo=SHANGHAI))
    await night.rings(0.10)

    assert await night.paged() == ["axin"]
