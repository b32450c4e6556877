"""Acknowledged, then silent: paged again, the one who took it on first."""

from __future__ import annotations

from kuaihui.incident.pages import FellSilent
from tests.nights.night import Night


async def test_silence_after_the_acknowledgement_begins_a_new_round(night: Night) -> None:
    await night.rings(0.06)
    await night.passes(seconds=30)
    await night.acks("axin")
    silent_after = (await night.timeline()).opened.policy.silent_after
    await night.passes(minutes=silent_after.total_seconds() / 60)

    assert (await night.timeline()).has(FellSilent)
    assert (await night.told())[-1] == "11:15:30 axin"


async def test_who_keeps_working_is_not_paged_again(night: Night) -> None:
    await night.rings(0.06)
    await night.acks("axin")
    for _ in range(6):
        await night.passes(minutes=10)
        await night.says("axin", "还在查")

    assert await night.paged() == ["axin"]
