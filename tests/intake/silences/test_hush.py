"""An alert that is hidden opens nothing, leaves its trace, and is heard as soon as nothing hides it any more."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from kuaihui.app.acted import pass_until
from kuaihui.app.clocks import ActedClock
from kuaihui.app.reception import Reception
from kuaihui.catalog.silences import Inhibition, Maintenance, Quiet, Silence
from kuaihui.intake.ringing import Ringing
from kuaihui.intake.silences import kept
from kuaihui.journal.memory import Memory
from kuaihui.loop import Loop
from tests.intake.alerts.hand_made import NOON, catalog, firing, later, resolved


class House:
    """A reception with silences."""

    def __init__(self, *inhibitions: Inhibition, journal: Memory | None = None, clock: ActedClock | None = None) -> None:
        self.journal, self.clock = journal or Memory(), clock or ActedClock(NOON)
        self.catalog = catalog().model_copy(update={"inhibitions": {rule.id: rule for rule in inhibitions}})
        self.loop = Loop(self.journal, lambda: self.catalog, [], [], self.clock, "house")
        self.reception = Reception(self.loop, lambda: self.catalog, self.clock)

    async def silence(self, matchers: str = 'alertname="Gateway5xx"', begins: float = 0, ends: float = 30, id: str = "s1") -> None:
        await self.keep(Silence(id, matchers, "扩容 Redis", "amao", later(begins), later(ends)))

    async def keep(self, quiet: Quiet) -> None:
        await self.journal.stand(kept(quiet, self.clock.now()))
        await self.reception.read_silences()

    async def hear(self, *ringings: Ringing) -> dict[str, int]:
        return dict((await self.reception.hear(ringings)).counts)

    async def passes(self, minutes: float) -> None:
        await pass_until(self.loop, self.reception, self.clock, self.clock.now() + timedelta(minutes=minutes))

    async def incidents(self) -> list[str]:
        return [summary.service for summary in await self.journal.summaries()]

    async def verdicts(self, rule: str = "s1") -> list[tuple[str, int]]:
        return [(trace.verdict, trace.count) for trace in sorted(await self.journal.traces_of(rule), key=lambda trace: trace.at)]


async def begun(*inhibitions: Inhibition, **more: object) -> House:
    house = House(*inhibitions, **more)  # type: ignore[arg-type]  # the same arguments
    await house.reception.begin()
    return house


# -- silences --------------------------------------------------------------------------------------------------------------------------


async def test_a_silenced_alert_opens_nothing_and_its_trace_names_the_silence() -> None:
    house = await begun()
    await house.silence()

    assert await house.hear(firing()) == {"silenced": 1}
    assert await house.incidents() == []
    assert await house.verdicts() == [("silenced", 1)]


async def test_what_still_rings_when_the_silence_ends_opens_then() -> None:
    house = await begun()
    await house.silence(ends=30)
    await house.hear(firing())

    await house.passes(29)
    assert await house.incidents() == []
    await house.passes(1)
    assert await house.incidents() == ["config-center"]
    (summary,) = await house.journal.summaries()
    assert summary.opened == later(30)
    assert await house.verdicts() == [("silenced", 1), ("released", 1)]


async def test_a_silence_that_is_ended_by_hand_lets_go_at_once() -> None:
    house = await begun()
    await house.silence(ends=300)
    await house.hear(firing())

    await house.journal.end("s1", NOON, "axin")
    await house.reception.read_silences()
    await house.reception.turn()

    assert await house.incidents() == ["config-center"]


async def test_what_was_resolved_or_fell_silent_meanwhile_opens_nothing() -> None:
    house = await begun()
    await house.silence('alertname=~".+"', ends=30)
    await house.hear(firing("A"), firing("B", ends=10))

    assert await house.hear(resolved("A")) == {"cleared": 1}
    await house.passes(40)
    assert await house.incidents() == []
    assert await house.hear(firing("A")) == {"late": 1}, "the episode that was resolved under the silence is over"


async def test_repeats_are_counted_and_not_written_one_by_one() -> None:
    house = await begun()
    await house.silence()
    ringing = firing()
    for _ in range(5):
        assert await house.hear(ringing) == {"silenced": 1}
    assert await house.verdicts() == [("silenced", 1)]

    await house.reception.end()
    assert await house.verdicts() == [("silenced", 5)]


async def test_an_alert_of_an_open_incident_is_followed_on() -> None:
    house = await begun()
    await house.hear(firing(value=0.1))
    await house.silence()

    assert await house.hear(firing(value=0.2)) == {"folded": 1}
    assert await house.hear(resolved()) == {"cleared": 1}


async def test_a_silence_that_has_not_begun_hides_nothing() -> None:
    house = await begun()
    await house.silence(begins=10)

    assert await house.hear(firing()) == {"opened": 1}


async def test_another_silence_takes_over_without_a_gap() -> None:
    house = await begun()
    await house.silence(ends=10)
    await house.silence(ends=20, id="s2")
    await house.hear(firing())

    await house.passes(15)
    assert await house.incidents() == []
    assert await house.verdicts("s2") == [("silenced", 1)]
    await house.passes(5)
    assert await house.incidents() == ["config-center"]


async def test_a_maintenance_window_hides_a_services_alerts_however_they_are_labelled() -> None:
    house = await begun()
    await house.keep(Maintenance("m1", ("config-center",), "迁移机房", "amao", NOON, later(60)))

    assert await house.hear(firing("A"), firing("B", service="orders", region="cn")) == {"silenced": 1, "opened": 1}
    assert await house.incidents() == ["orders"]


# -- inhibition ------------------------------------------------------------------------------------------------------------------------

DOWN = Inhibition(id="down", source='alertname="ClusterDown"', target='alertname!="ClusterDown"', equal=("service",))


async def test_a_consequence_told_together_with_its_cause_wakes_nobody() -> None:
    house = await begun(DOWN)

    assert await house.hear(firing("Slow"), firing("ClusterDown")) == {"inhibited": 1, "opened": 1}
    assert await house.verdicts("inhibition:down") == [("inhibited", 1)]


async def test_what_still_rings_when_its_cause_has_stopped_is_heard_then() -> None:
    house = await begun(DOWN)
    await house.hear(firing("ClusterDown"), firing("Slow"))
    await house.hear(resolved("ClusterDown"))

    await house.passes(0)

    timeline = await house.loop.timeline((await house.journal.summaries())[0].incident)
    assert [alert.name for alert in timeline.firing.values()] == ["Slow"]


async def test_a_silenced_cause_still_inhibits() -> None:
    house = await begun(DOWN)
    await house.silence('alertname="ClusterDown"')

    assert await house.hear(firing("ClusterDown"), firing("Slow")) == {"silenced": 1, "inhibited": 1}


# -- restarts --------------------------------------------------------------------------------------------------------------------------


async def test_a_house_that_is_started_anew_knows_what_it_holds_back() -> None:
    house = await begun()
    await house.silence('alertname=~".+"', ends=30)
    await house.hear(firing("Still", value=0.3), firing("Over"))
    await house.hear(resolved("Over"))
    await house.reception.end()

    anew = await begun(journal=house.journal, clock=house.clock)
    await anew.passes(30)

    (summary,) = await anew.journal.summaries()
    timeline = await anew.loop.timeline(summary.incident)
    assert [(alert.name, alert.value) for alert in timeline.firing.values()] == [("Still", 0.3)]


# -- for any order ---------------------------------------------------------------------------------------------------------------------

STEPS = st.lists(st.sampled_from(["A", "B", "a", "b", "wait", "silence", "end", "restart"]), max_size=14)


@given(STEPS)
async def test_nothing_that_rings_is_lost_and_nothing_hidden_opens(steps: list[str]) -> None:
    """Whatever happens: hidden alerts open nothing; once no silence stands, exactly what rings is firing in an incident."""
    house = await begun()
    ringing: dict[str, Ringing] = {}
    for count, step in enumerate(steps):
        await house.passes(1 / 60)
        match step:
            case "A" | "B":
                ringing.setdefault(step, firing(step, minutes=count))
                await house.hear(ringing[step])
            case "a" | "b":
                if told := ringing.pop(step.upper(), None):
                    await house.hear(Ringing(told.alert, firing=False))
            case "wait":
                await house.passes(1)
            case "silence":
                await house.silence('alertname=~"A|B"', begins=-1, ends=10_000, id=f"s{count}")
            case "end":
                for note in await house.journal.standing("silence", house.clock.now()):
                    await house.journal.end(note.id, house.clock.now(), "axin")
                await house.reception.read_silences()
            case _:
                await house.reception.end()
                house = await begun(journal=house.journal, clock=house.clock)
    for note in await house.journal.standing("silence", house.clock.now()):
        await house.journal.end(note.id, house.clock.now(), "axin")
    await house.reception.read_silences()
    await house.passes(1)

    firing_now = {
        alert.name for summary in await house.journal.summaries() for alert in (await house.loop.timeline(summary.incident)).firing.values()
    }
    assert firing_now == set(ringing)
    assert not house.reception.hush.held
