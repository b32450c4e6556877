"""The shift is handed over at midnight, in the middle of an incident."""

from __future__ import annotations

from datetime import datetime

from tests.nights.conftest import Rewritten
from tests.nights.night import SHANGHAI, Night

ROTAS = """
config-center:
  name: 配置中心
  time_zone: Asia/Shanghai
  layers:
    - people: [axin, xiaoshuai]
      starts: 2023-03-10
      turn: daily
      hand_over: "00:00"
operations:
  name: 运维
  time_zone: Asia/Shanghai
  layers:
    - people: [ayi]
      starts: 2023-01-01
"""
BEFORE_MIDNIGHT = datetime(2023, 3, 10, 23, 59, 30, tzinfo=SHANGHAI)


async def test_whoever_comes_on_call_is_paged_too_while_nobody_has_taken_it_on(sample_with: Rewritten) -> None:
    night = Night(sample_with(rotas=ROTAS), at=BEFORE_MIDNIGHT)
    await night.rings(0.10)
    await night.passes(minutes=1)

    assert await night.told() == ["23:59:30 axin", "00:00:00 xiaoshuai", "00:00:30 dazhuang"]


async def test_who_took_it_on_keeps_it_through_the_hand_over(sample_with: Rewritten) -> None:
    night = Night(sample_with(rotas=ROTAS), at=BEFORE_MIDNIGHT)
    await night.rings(0.10)
    await night.acks("axin")
    await night.passes(minutes=10)

    assert await night.paged() == ["axin"]
