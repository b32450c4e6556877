"""The clocks change in the night: nobody is skipped, nobody is doubled, and clocks count real minutes."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from kuaihui.incident.pages import Ordered
from kuaihui.orders import Page
from tests.nights.conftest import Rewritten
from tests.nights.night import Night

BERLIN = ZoneInfo("Europe/Berlin")
ROTAS = """
config-center:
  name: config-center
  time_zone: Europe/Berlin
  layers:
    - people: [axin, xiaoshuai]
      starts: 2023-03-24
      turn: daily
      hand_over: "02:30"
operations:
  name: operations
  time_zone: Asia/Shanghai
  layers:
    - people: [ayi]
      starts: 2023-01-01
"""
# On 2023-03-26 the clocks in Berlin go from 02:00 to 03:00: there is no 02:30, so the hand-over is at the instant the hour jumps.
SPRING = datetime(2023, 3, 26, 1, 59, 30, tzinfo=BERLIN)


async def test_a_minute_is_a_minute_across_the_jump(sample_with: Rewritten) -> None:
    night = Night(sample_with(rotas=ROTAS), at=SPRING)
    await night.rings(0.10)
    await night.passes(minutes=1)

    first, *_ = ordered = (await night.timeline()).all(Ordered)
    paged = [((fact.at - first.at).total_seconds(), fact.order.person) for fact in ordered if isinstance(fact.order, Page)]
    assert paged == [(0, "xiaoshuai"), (30, "axin"), (60, "dazhuang")]


async def test_the_hand_over_of_that_night_happens_once(sample_with: Rewritten) -> None:
    catalog = sample_with(rotas=ROTAS)
    night = [catalog.on_call("config-center", SPRING + timedelta(minutes=step)) for step in range(0, 120, 5)]

    changes = [one for one, before in zip(night[1:], night, strict=False) if one != before]
    assert night[0] == ("xiaoshuai",)
    assert changes == [("axin",)]
