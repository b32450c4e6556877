"""Alerts become durable facts, once, and nothing vanishes."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import cast

import pytest

from kuaihui.app.clocks import ActedClock
from kuaihui.app.reception import MOST_RACES, Reception
from kuaihui.carrying import Integration
from kuaihui.duties import watch_the_recovery
from kuaihui.errors import Refused
from kuaihui.incident.alerts import AlertCleared, AlertFired, AlertMeasured, Opened, Reopened
from kuaihui.incident.fact import Fact
from kuaihui.incident.phases import Phase
from kuaihui.incident.timeline import Timeline
from kuaihui.intake.became import became
from kuaihui.intake.opening import incident_id
from kuaihui.intake.ringing import Fault, Misheard
from kuaihui.integrations.builtin import Builtin
from kuaihui.journal.journal import Append
from kuaihui.journal.memory import Memory
from kuaihui.language import say, text
from kuaihui.loop import Loop
from tests.intake.alerts.hand_made import NOON, catalog, firing, later, resolved


class Desk:
    """A reception on a journal in memory, in acted time."""

    def __init__(self, journal: Memory | None = None, clock: ActedClock | None = None) -> None:
        self.clock = clock or ActedClock(NOON)
        self.catalog = catalog()
        self.journal = journal or Memory()
        self.loop = Loop(self.journal, lambda: self.catalog, [watch_the_recovery.due], [cast("Integration", Builtin())], self.clock, "desk")
        self.reception = Reception(self.loop, lambda: self.catalog, self.clock)

    async def timelines(self) -> list[Timeline]:
        return [await self.loop.timeline(one.incident) for one in reversed(await self.journal.summaries())]

    async def only(self) -> Timeline:
        (timeline,) = await self.timelines()
        return timeline

    async def settle(self) -> None:
        while await self.loop.turn():
            await self.loop.still()


@pytest.fixture
def desk() -> Desk:
    return Desk()


def kinds(timeline: Timeline) -> list[type]:
    return [type(fact) for fact in timeline.facts]


async def test_the_first_alert_opens_an_incident_with_everything_that_is_known(desk: Desk) -> None:
    heard = await desk.reception.hear([firing(value=0.1, summary="配置中心 5xx 10 %")])

    timeline = await desk.only()
    assert heard.counts == {"opened": 1}
    assert heard.incidents == {timeline.incident}
    assert timeline.incident.startswith("20230311-1103-")
    assert kinds(timeline) == [Opened, AlertFired]
    opened = timeline.opened
    assert (opened.service, opened.title, opened.severity, opened.catalog) == ("config-center", "配置中心 5xx 10 %", 2, "v1")
    assert opened.policy.id == "default"
    assert say(opened.rule, "en") == 'label service="config-center"'


async def test_alerts_of_one_hearing_are_one_fact(desk: Desk) -> None:
    heard = await desk.reception.hear([firing(instance=str(number)) for number in range(50)])

    timeline = await desk.only()
    assert kinds(timeline) == [Opened, AlertFired]
    assert len(timeline.firing) == 50
    assert heard.counts == {"opened": 50}


async def test_an_unchanged_repeat_writes_nothing(desk: Desk) -> None:
    await desk.reception.hear([firing(value=0.1)])
    before = await desk.only()
    heard = await desk.reception.hear([firing(value=0.1), firing(value=0.101)])

    assert (await desk.only()).facts == before.facts
    assert heard.counts == {"folded": 2}


async def test_a_value_that_matters_is_one_fact(desk: Desk) -> None:
    await desk.reception.hear([firing(value=0.1)])
    await desk.reception.hear([firing(value=0.15)])

    timeline = await desk.only()
    assert kinds(timeline) == [Opened, AlertFired, AlertMeasured]
    assert timeline.value == 0.15


async def test_alerts_that_fit_no_service_go_to_the_catch_all(desk: Desk) -> None:
    await desk.reception.hear([firing(service="nobody-knows")])

    assert (await desk.only()).service == "unowned"


async def test_an_alert_in_observation_reopens(desk: Desk) -> None:
    await desk.reception.hear([firing()])
    await desk.reception.hear([resolved()])
    await desk.settle()
    assert (await desk.only()).phase is Phase.OBSERVING
    desk.clock.pass_by(timedelta(minutes=5))
    heard = await desk.reception.hear([firing(minutes=5)])

    timeline = await desk.only()
    assert kinds(timeline)[-2:] == [Reopened, AlertFired]
    assert timeline.phase is Phase.OPEN
    assert heard.counts == {"re-opened": 1}


@pytest.mark.parametrize("minutes, incidents", [(29, 1), (31, 2)])
async def test_a_relapse_soon_after_closing_is_the_same_incident(desk: Desk, minutes: int, incidents: int) -> None:
    await desk.reception.hear([firing()])
    await desk.reception.hear([resolved()])
    await desk.settle()
    desk.clock.pass_by(timedelta(minutes=10))
    await desk.settle()
    assert (await desk.only()).phase is Phase.CLOSED
    desk.clock.pass_by(timedelta(minutes=minutes))
    await desk.reception.hear([firing(minutes=10 + minutes)])

    timelines = await desk.timelines()
    assert len(timelines) == incidents
    assert timelines[-1].phase is Phase.OPEN
    assert list(timelines[-1].firing) == [firing().alert.key]
    if incidents == 1:
        assert kinds(timelines[0])[-2:] == [Reopened, AlertFired]


async def test_a_late_firing_of_a_resolved_episode_opens_nothing(desk: Desk) -> None:
    heard = await desk.reception.hear([resolved()])
    assert heard.counts == {"late": 1}
    heard = await desk.reception.hear([firing()])

    assert heard.counts == {"late": 1}
    assert await desk.timelines() == []


async def test_an_older_resolved_takes_nothing_of_a_newer_one_back(desk: Desk) -> None:
    """In one hearing: the episode of minute 0 is over; an older "resolved" and a firing in between are both late."""
    await desk.reception.hear([resolved()])
    heard = await desk.reception.hear([resolved(minutes=-2), firing(minutes=-1)])

    assert heard.counts == {"folded": 1, "late": 1}
    assert await desk.timelines() == []


async def test_an_older_resolved_reopens_nothing_in_an_open_incident(desk: Desk) -> None:
    await desk.reception.hear([firing("Other"), firing()])
    await desk.reception.hear([resolved()])
    await desk.reception.hear([resolved(minutes=-2), firing(minutes=-1)])

    assert list((await desk.only()).firing) == [firing("Other").alert.key]


async def test_two_groups_whose_incidents_would_have_one_name_open_two(desk: Desk) -> None:
    """Four characters of a hash: in a storm it happens."""
    known: dict[str, str] = {}
    other = region = ""
    for number in range(100_000):
        region = f"r{number}"
        other = known.setdefault(incident_id(f"orders|region={region}", NOON, "Asia/Shanghai"), region)
        if other != region:
            break
    heard = await desk.reception.hear([firing(service="orders", region=other), firing(service="orders", region=region)])

    assert heard.counts == {"opened": 2}
    assert {one.opened.group["region"] for one in await desk.timelines()} == {other, region}


async def test_silence_expires_and_what_rings_on_goes_on(desk: Desk) -> None:
    await desk.reception.hear([firing(ends=5)])
    assert desk.reception.next_expiry() == later(5)
    desk.clock.move_to(later(5))
    assert await desk.reception.turn() == 1
    timeline = await desk.only()
    assert timeline.facts[-1] == AlertCleared(at=later(5), keys=(firing().alert.key,), how="expired")
    heard = await desk.reception.hear([firing(ends=10)])

    timeline = await desk.only()
    assert heard.counts == {"joined": 1}
    assert list(timeline.firing) == [firing().alert.key]


async def test_what_rang_on_after_its_silence_is_a_repeat_again_when_it_is_told_once_more(desk: Desk) -> None:
    once = firing(ends=5)
    await desk.reception.hear([once])
    desk.clock.move_to(later(5))
    await desk.reception.turn()
    joined = await desk.reception.hear([], again=[(once, later(10))])
    traced = len(desk.reception.tracing)
    folded = await desk.reception.hear([], again=[(once, later(11))])

    assert (joined.counts, folded.counts) == ({"joined": 1}, {"folded": 1})
    assert len(desk.reception.tracing) == traced, "a repeat is counted, not written down"
    assert desk.reception.register.alerts[once.alert.key].repeats == 1
    assert (await desk.only()).firing[once.alert.key].ends == later(10)


async def test_an_alert_whose_words_were_scrubbed_is_a_repeat_when_it_is_told_again(desk: Desk) -> None:
    once = firing(summary="password=abc123xyz refused", ends=5)
    await desk.reception.hear([once])
    await desk.reception.hear([], again=[(once, later(9))])

    entry = desk.reception.register.alerts[once.alert.key]
    assert "abc123xyz" not in entry.alert.summary
    assert (entry.repeats, entry.ends) == (1, later(9))


async def test_a_repeat_moves_the_deadline(desk: Desk) -> None:
    once = firing(ends=5)
    await desk.reception.hear([once])
    desk.clock.move_to(later(4))
    heard = await desk.reception.hear([], again=[(once, later(9))])
    assert heard.counts == {"folded": 1}
    desk.clock.move_to(later(8.9))
    assert await desk.reception.turn() == 0
    assert desk.reception.next_expiry() == later(9)
    desk.clock.move_to(later(9))
    assert await desk.reception.turn() == 1


async def test_nothing_expires_before_a_whole_timeout_after_a_start(desk: Desk) -> None:
    await desk.reception.hear([firing(ends=5)])
    desk.clock.move_to(later(60))
    again = Desk(desk.journal, desk.clock)
    await again.reception.begin()

    assert await again.reception.turn() == 0
    assert again.reception.next_expiry() == later(65)
    heard = await again.reception.hear([firing(ends=64)])
    assert heard.counts == {"folded": 1}
    assert kinds(await again.only()) == [Opened, AlertFired]


async def test_two_receptions_hearing_one_outage_open_one_incident() -> None:
    journal = Memory()
    journal.exclusive = False
    clock = ActedClock(NOON)
    one, two = Desk(journal, clock), Desk(journal, clock)
    clock.pass_by(timedelta(seconds=1))
    heard = [await one.reception.hear([firing(instance="a")]), await two.reception.hear([firing(instance="b"), firing(instance="a")])]

    timeline = await one.only()
    assert [one.counts for one in heard] == [{"opened": 1}, {"joined": 1, "folded": 1}]
    assert len(timeline.firing) == 2


async def test_every_alert_leaves_a_trace(desk: Desk) -> None:
    for told in (firing(), firing(), resolved()):
        await desk.reception.hear([told])
        desk.clock.pass_by(timedelta(seconds=1))
    await desk.reception.hear([], refused=[Misheard("abc", Fault("labels.empty", "[0].labels", text("no labels")))])
    await desk.reception.turn()

    assert [trace.verdict for trace in await became(desk.journal, firing().alert.key)] == ["opened", "folded", "cleared"]
    assert [trace.verdict for trace in await desk.journal.traces("abc")] == ["refused"]


async def test_an_incident_declared_by_hand_takes_the_services_alerts_in(desk: Desk) -> None:
    incident = await desk.reception.declare("config-center", "配置读不到", None, "axin")
    heard = await desk.reception.hear([firing()])

    timeline = await desk.only()
    assert (timeline.incident, timeline.opened.by, timeline.severity) == (incident, "axin", 3)
    assert heard.counts == {"opened": 1}
    with pytest.raises(Refused, match=incident):
        await desk.reception.declare("config-center", "again", 1, "axin")
    with pytest.raises(Refused, match="there is no service"):
        await desk.reception.declare("nothing", "again", 1, "axin")


class Hurried(Memory):
    """A journal in which somebody else is faster, once an append."""

    def __init__(self) -> None:
        super().__init__()
        self.overtaken = 0

    async def append(self, appends: Sequence[Append]) -> list[bool]:
        kept = await super().append(appends)
        for one in appends:
            if one.expected == 2 and not self.overtaken:
                self.overtaken += 1
                more = AlertMeasured(at=NOON, key="other", value=1.0)
                await super().append([Append(one.incident, 3, (more,), one.summary, None)])
        return kept


async def test_whoever_is_overtaken_reads_again_and_joins() -> None:
    desk = Desk(Hurried())
    await desk.reception.begin()
    await desk.reception.hear([firing(instance="a")])
    await desk.reception.hear([firing(instance="b")])
    heard = await asyncio.wait_for(desk.reception.hear([firing(instance="c")]), 5)

    assert heard.counts == {"joined": 1}
    assert len((await desk.only()).firing) == 3


class Refusing(Memory):
    """A journal that keeps nothing."""

    async def append(self, appends: Sequence[Append]) -> list[bool]:
        return [False for _ in appends]


async def test_whoever_is_overtaken_without_end_is_told_so_and_the_next_is_heard() -> None:
    desk = Desk(Refusing())
    await desk.reception.begin()
    with pytest.raises(RuntimeError, match=f"{MOST_RACES} times"):
        await asyncio.wait_for(desk.reception.hear([firing()]), 5)
    with pytest.raises(RuntimeError, match=f"{MOST_RACES} times"):
        await asyncio.wait_for(desk.reception.hear([firing()]), 5)


async def test_hearings_at_once_share_a_commit_and_open_one_incident(desk: Desk) -> None:
    heard = await asyncio.gather(*(desk.reception.hear([firing(instance=str(number))]) for number in range(20)))

    assert len((await desk.only()).firing) == 20
    assert sum((one.counts for one in heard), start=type(heard[0].counts)()).total() == 20
    assert kinds(await desk.only()) == [Opened, AlertFired]


async def test_what_is_said_at_once_about_one_incident_is_written_together_and_in_order(desk: Desk) -> None:
    await desk.reception.hear([firing()])
    incident = (await desk.only()).incident

    def says(value: float) -> list[Fact]:
        return [AlertMeasured(at=NOON, key="k", value=value)]

    def refuses(_: Timeline) -> list[Fact]:
        raise Refused("no")

    words = [desk.loop.hear(incident, lambda _, value=value: says(value)) for value in (1.0, 2.0, 3.0)]
    kept = await asyncio.gather(*words, desk.loop.hear(incident, refuses), return_exceptions=True)

    assert [fact.value for fact in (await desk.only()).all(AlertMeasured)] == [1.0, 2.0, 3.0]
    assert kept[:3] == [says(value) for value in (1.0, 2.0, 3.0)]
    assert isinstance(kept[3], Refused)


async def test_alerts_that_join_wait_to_be_settled_together_and_what_opens_does_not(desk: Desk) -> None:
    desk.reception.settle_within, desk.reception.settle_more_within = timedelta(seconds=1), timedelta(seconds=5)
    await desk.reception.hear([firing(instance="a")])
    assert await desk.journal.next_due() == NOON
    await desk.reception.hear([firing(instance="b")])
    assert await desk.journal.next_due() == NOON, "not settled since it was opened"
    await desk.settle()
    await desk.reception.hear([firing(instance="c")])
    assert await desk.journal.next_due() == later(5 / 60)
    desk.clock.pass_by(timedelta(seconds=0.5))
    await desk.reception.hear([firing(instance="d")])
    assert await desk.journal.next_due() == later(5 / 60), "a second one does not put it off"
    await desk.reception.hear([firing(value=0.3, instance="e")])
    assert await desk.journal.next_due() == later(1.5 / 60), "a value may make it worse"
