"""A watchdog opens nothing while it rings; when it falls silent, somebody is woken, until it is heard again."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from kuaihui.app.acted import pass_until
from kuaihui.app.clocks import ActedClock
from kuaihui.app.reception import Reception
from kuaihui.catalog.catalog import Catalog
from kuaihui.catalog.watchdogs import Watchdog
from kuaihui.incident.alerts import Opened
from kuaihui.incident.timeline import Timeline
from kuaihui.intake.ringing import Ringing
from kuaihui.intake.watchdogs import SILENT
from kuaihui.journal.journal import Summary
from kuaihui.journal.memory import Memory
from kuaihui.language import say
from kuaihui.loop import Loop
from tests.intake.alerts.hand_made import NOON, catalog, firing, later, resolved

EUROPE = Watchdog.model_validate(
    {
        "id": "europe",
        "name": {"zh": "欧洲监控", "en": "monitoring in Europe"},
        "match": 'alertname="Watchdog", cluster="eu-1"',
        "service": "config-center",
        "silent_after": "5m",
    }
)


def bark(at: float = 0, cluster: str = "eu-1") -> Ringing:
    return firing("Watchdog", minutes=at, cluster=cluster, ends=at + 4)


class House:
    """A reception with watchdogs; where it is `shared`, others hear by the same journal."""

    def __init__(self, *watchdogs: Watchdog, journal: Memory | None = None, clock: ActedClock | None = None, shared: bool = False) -> None:
        self.journal, self.clock = journal or Memory(), clock or ActedClock(NOON)
        self.journal.exclusive = not shared
        self.catalog: Catalog = watched(*watchdogs)
        self.loop = Loop(self.journal, lambda: self.catalog, [], [], self.clock, "house")
        self.reception = Reception(self.loop, lambda: self.catalog, self.clock)

    async def hear(self, *ringings: Ringing) -> dict[str, int]:
        return dict((await self.reception.hear(ringings)).counts)

    async def passes(self, minutes: float) -> None:
        await pass_until(self.loop, self.reception, self.clock, self.clock.now() + timedelta(minutes=minutes))

    async def incidents(self) -> list[Summary]:
        return await self.journal.summaries()

    async def timeline(self) -> Timeline:
        (one,) = await self.incidents()
        return await self.loop.timeline(one.incident)

    async def why(self, key: str) -> list[str]:
        return [say(line, "en") for line in await self.reception.why(key)]


def watched(*watchdogs: Watchdog) -> Catalog:
    return catalog().model_copy(update={"watchdogs": {one.id: one for one in watchdogs}})


async def begun(*watchdogs: Watchdog, **more: object) -> House:
    house = House(*watchdogs, **more)  # type: ignore[arg-type]  # the same arguments
    await house.reception.begin()
    return house


async def test_a_watchdog_that_rings_opens_nothing_and_why_tells_it() -> None:
    house = await begun(EUROPE)
    for minute in range(20):
        assert await house.hear(bark(minute)) == {"alive": 1}
        await house.passes(1)

    assert await house.incidents() == []
    (line, told) = await house.why(bark().alert.key)
    assert 'alertname="Watchdog"' in line
    assert "heard as a watchdog" in told
    assert "times until" in told
    (trace,) = await house.journal.traces(bark().alert.key)
    assert trace.count == 19, "the last is not noted yet"


async def test_one_that_falls_silent_wakes_somebody_at_its_instant() -> None:
    house = await begun(EUROPE)
    await house.hear(bark())
    await house.passes(4.9)
    assert await house.incidents() == []
    await house.passes(0.1)

    timeline = await house.timeline()
    assert isinstance(timeline.facts[0], Opened)
    assert (timeline.facts[0].at, timeline.service) == (later(5), "config-center")
    assert timeline.opened.title == "欧洲监控已 5 分钟没有心跳：它盯着的东西可能已经出事，只是没人报"
    assert [alert.name for alert in timeline.firing.values()] == [SILENT]
    await house.passes(60)
    assert len((await house.timeline()).facts) == len(timeline.facts), "told once, not each second"


async def test_one_that_was_never_heard_since_the_start_is_silent_too() -> None:
    house = await begun(EUROPE)
    await house.passes(5)
    assert len(await house.incidents()) == 1


async def test_one_that_is_heard_again_is_over_at_once_and_silent_anew_later() -> None:
    house = await begun(EUROPE)
    await house.passes(7)
    await house.hear(bark(7))
    await house.passes(0)
    assert (await house.timeline()).firing == {}

    await house.passes(5)
    assert len((await house.timeline()).firing) == 1, "a relapse: in the observation it re-opens the same incident"


async def test_one_that_is_told_to_be_over_is_on_its_way_to_be_silent() -> None:
    house = await begun(EUROPE)
    await house.hear(bark())
    await house.passes(3)
    assert await house.hear(resolved("Watchdog", cluster="eu-1")) == {"alive": 1}
    await house.passes(2)
    assert len(await house.incidents()) == 1


async def test_other_alerts_are_not_taken_for_it() -> None:
    house = await begun(EUROPE)
    assert await house.hear(bark(cluster="us-1")) == {"opened": 1}
    assert await house.hear(firing("Gateway5xx", cluster="eu-1")) == {"joined": 1}


async def test_what_repeats_byte_for_byte_keeps_it_awake() -> None:
    house = await begun(EUROPE)
    ringing = bark()
    await house.hear(ringing)
    for minute in range(1, 12):
        await house.passes(1)
        heard = await house.reception.hear([], [(ringing, later(minute + 4))])
        assert dict(heard.counts) == {"alive": 1}
    assert await house.incidents() == []


async def test_one_that_comes_into_the_catalog_has_its_whole_time_to_be_heard() -> None:
    house = await begun()
    await house.passes(60)
    house.catalog = watched(EUROPE)
    await house.reception.turn()
    await house.passes(4.9)
    assert await house.incidents() == []
    await house.passes(0.2)
    assert len(await house.incidents()) == 1


async def test_one_that_leaves_the_catalog_rings_no_more() -> None:
    house = await begun(EUROPE)
    await house.passes(6)
    house.catalog = watched()
    await house.reception.turn()
    assert (await house.timeline()).firing == {}


async def test_a_house_that_starts_anew_knows_that_somebody_was_told() -> None:
    before = await begun(EUROPE)
    await before.passes(6)
    house = await begun(EUROPE, journal=before.journal, clock=before.clock)
    await house.passes(30)
    assert len((await house.timeline()).firing) == 1
    await house.hear(bark(36))
    await house.passes(0)
    assert (await house.timeline()).firing == {}


async def test_a_silence_that_could_not_be_kept_is_told_at_the_next_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    house = await begun(EUROPE)
    append, faults = house.journal.append, [OSError("disk full")]

    async def once(appends: object) -> list[bool]:
        if faults:
            raise faults.pop()
        return await append(appends)  # type: ignore[arg-type]  # as it came

    monkeypatch.setattr(house.journal, "append", once)
    house.clock.pass_by(timedelta(minutes=5))
    with pytest.raises(OSError, match="disk full"):
        await house.reception.turn()
    await house.reception.turn()
    assert len(await house.incidents()) == 1


# -- several processes -----------------------------------------------------------------------------------------------------------------


async def both() -> tuple[House, House]:
    one = await begun(EUROPE, shared=True)
    return one, await begun(EUROPE, journal=one.journal, clock=one.clock, shared=True)


async def together(houses: tuple[House, House], until: datetime) -> None:
    """Both turn each half minute."""
    while houses[0].clock.now() < until:
        for house in houses:
            await house.reception.turn()
        houses[0].clock.pass_by(timedelta(seconds=30))
    for house in houses:
        await house.reception.turn()


async def test_what_one_process_hears_keeps_the_other_quiet() -> None:
    houses = await both()
    for minute in range(0, 30, 1):
        await houses[0].hear(bark(minute))
        await together(houses, later(minute + 1))
    assert await houses[0].incidents() == []


async def test_both_hear_nothing_and_open_one_incident() -> None:
    houses = await both()
    await houses[0].hear(bark())
    await together(houses, later(10))
    assert len(await houses[0].incidents()) == 1
    assert len((await houses[0].timeline()).firing) == 1


async def test_whichever_hears_it_again_ends_it_and_both_are_ready_for_the_next_silence() -> None:
    houses = await both()
    await together(houses, later(7))
    await houses[1].hear(bark(7))
    await together(houses, later(8))
    assert (await houses[0].timeline()).firing == {}
    assert [ear.rung for house in houses for ear in house.reception.watching.watchdogs.ears.values()] == [False, False]
    await together(houses, later(14))
    assert len((await houses[0].timeline()).firing) == 1
