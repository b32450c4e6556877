"""A hotfix that stands still: the owner is told once, asked when the gate's time is over, then the lead; a gate left out is asked for."""

from __future__ import annotations

import pytest

from kuaihui.errors import Refused
from kuaihui.incident.pages import Ordered
from kuaihui.incident.repair import GateSkipped
from kuaihui.incident.trains import trains
from kuaihui.intake import signals
from kuaihui.orders import Tell
from tests.nights.night import SHANGHAI, Night
from tests.nights.test_canary_goes_back import says


async def tells(night: Night) -> list[str]:
    """What was said about gates, each "11:30 xiaomei code still"."""
    found = [fact for fact in (await night.timeline()).all(Ordered) if isinstance(fact.order, Tell) and "H1/" in fact.order.about]
    return [
        f"{fact.at.astimezone(SHANGHAI):%H:%M} {fact.order.person} {fact.order.about.removeprefix('H1/')}"
        for fact in found
        if isinstance(fact.order, Tell)
    ]


async def begun(night: Night) -> Night:
    await night.rings(0.15)
    await night.acks("dazhuang")
    await says(night, "xiaomei", "热修: 加缓存")
    return night


async def test_the_owner_is_told_once_then_asked_then_the_lead(night: Night) -> None:
    await begun(night)
    await night.passes(minutes=120)

    assert await tells(night) == ["11:00 xiaomei code turn", "11:30 xiaomei code still", "12:00 amao code still lead"]


async def test_each_gate_is_its_owners(night: Night) -> None:
    await begun(night)
    for minute, word in enumerate(("代码完成", "单测通过", "评审通过", "预发布完成"), start=1):
        await night.until(f"11:0{minute}")
        await says(night, "xiaomei", word)
    await night.passes(minutes=5)

    assert await tells(night) == [
        "11:00 xiaomei code turn",
        "11:01 xiaomei unit-tests turn",
        "11:02 amao review turn",
        "11:03 xiaomei pre-production turn",
        "11:04 xiaoshuai test turn",
    ]


async def test_a_gate_that_fails_is_told_again_and_its_clock_begins_anew(night: Night) -> None:
    await begun(night)
    await says(night, "xiaomei", "代码完成")
    await night.passes(minutes=5)
    await says(night, "xiaomei", "单测失败: 2 个用例没过")
    await night.passes(minutes=16)

    assert await tells(night) == [
        "11:00 xiaomei code turn",
        "11:00 xiaomei unit-tests turn",
        "11:05 xiaomei unit-tests failed",
        "11:20 xiaomei unit-tests still",
    ]


async def test_a_gate_is_skipped_only_with_a_reason_and_a_name(night: Night) -> None:
    await begun(night)
    with pytest.raises(Refused):
        await says(night, "xiaomei", "跳过 代码")
    await night.does(signals.SkipGate(person="amao", gate="code", reason="只改配置"))
    timeline = await night.timeline()

    assert [(fact.by, fact.gate) for fact in timeline.all(GateSkipped)] == [("amao", "code")]
    assert trains(timeline)["H1"].current.stage.id == "unit-tests"  # type: ignore[union-attr]


async def test_a_gate_that_was_left_out_is_asked_for_by_name(night: Night) -> None:
    await begun(night)
    await says(night, "xiaomei", "代码完成")
    await says(night, "xiaomei", "预发布完成")
    await night.passes(minutes=3)

    assert "11:02 xiaomei unit-tests overtaken" in await tells(night)
    assert trains(await night.timeline())["H1"].current.stage.id == "unit-tests"  # type: ignore[union-attr]


async def test_a_restart_tells_nobody_twice(night: Night) -> None:
    await begun(night)
    await night.passes(minutes=31)
    before = await tells(night)
    again = await night.restarted()
    await again.passes(minutes=1)

    assert await tells(again) == before
