"""Nobody answers: level after level, then the whole policy again, then it stops and stays in plain sight."""

from __future__ import annotations

from kuaihui.incident.roles import RoleProposed
from tests.nights.night import Night


async def test_each_unread_level_calls_the_next_after_one_minute(night: Night) -> None:
    await night.rings(0.10)
    await night.passes(minutes=4)

    assert await night.told() == ["11:00:00 axin", "11:01:00 dazhuang", "11:02:00 amao", "11:04:00 xiaomei", "11:04:00 laozhou"]


async def test_the_whole_policy_is_repeated_as_often_as_it_says_and_no_more(night: Night) -> None:
    await night.rings(0.10)
    await night.passes(minutes=120)

    paged = await night.paged()
    repeat = (await night.timeline()).opened.policy.repeat
    assert paged.count("axin") == paged.count("xiaomei") == 1 + repeat


async def test_nobody_is_asked_for_a_role_before_a_human_is_engaged(night: Night) -> None:
    await night.rings(0.10)
    await night.passes(minutes=60)

    assert not (await night.timeline()).has(RoleProposed)
