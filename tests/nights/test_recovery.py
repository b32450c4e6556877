"""Recovery is proved on the signal that broke: claimed too soon, a source that falls silent, a signal that goes bad again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from kuaihui.briefing.clocks import stamps
from kuaihui.carrying import Carry
from kuaihui.errors import GiveUp
from kuaihui.incident.alerts import Reopened
from kuaihui.incident.evidence import MetricsRead, Series
from kuaihui.incident.fact import Fact
from kuaihui.incident.phases import Phase
from kuaihui.incident.recovery import Closed, ObservationStarted, RecoveryDoubted, RecoveryMeasured
from kuaihui.incident.room import MessagePosted
from kuaihui.incident.timeline import Timeline
from kuaihui.intake import signals
from kuaihui.language import plain, say
from kuaihui.orders import Order, ReadMetrics
from tests.nights.evidence import with_sources
from tests.nights.night import Night


class Metric:
    """A Prometheus whose one number is told by the test: `at` gives it for an instant, None is silence."""

    name = "saturday"
    channels: frozenset[str] = frozenset()

    def __init__(self, at: Callable[[datetime], float | None]) -> None:
        self.at, self.asked = at, 0

    @property
    def carries(self) -> Mapping[type[Order], Carry]:
        return {ReadMetrics: self._read}

    async def _read(self, order: ReadMetrics, timeline: Timeline, now: datetime) -> list[Fact]:
        self.asked += 1
        value = self.at(now)
        if value is None:
            raise GiveUp(plain("connection refused"))
        points = tuple((order.until - timedelta(seconds=15) * back, value) for back in (1, 0))
        return [
            MetricsRead(
                at=now,
                by=self.name,
                identity=order.identity,
                asked_by=order.asked_by,
                about=order.about,
                expression=order.expression,
                since=order.since,
                until=order.until,
                series=(Series(points=points, last=value, max=value, min=value),),
                unit=order.unit,
                usual=order.usual,
            )
        ]


class Signal:
    """A value that the test sets as the night goes by."""

    def __init__(self, value: float | None = 0.10) -> None:
        self.value = value
        self.source = Metric(lambda _: self.value)
        self.night = Night(with_sources("metrics"), integrations=[self.source])

    async def goes(self, value: float | None) -> None:
        self.value = value


async def lines(night: Night) -> list[str]:
    """What the house said in the topic about the recovery."""
    posted = (await night.timeline()).all(MessagePosted)
    return [say(fact.words, "en", night.catalog.names("en")) for fact in posted if "news" in fact.message or "firing" in fact.message]


async def recovers(night: Night) -> bool:
    timeline = await night.timeline()
    clock = next(one for one in stamps(timeline, night.catalog.services["config-center"].budgets) if one.name == "recover")
    return clock.stopped is not None


async def test_a_recovery_claimed_while_the_metric_is_still_bad_is_not_observed_and_is_told() -> None:
    signal = Signal()
    night = signal.night
    await night.rings(0.10)
    await night.acks("axin")
    await night.passes(minutes=5)
    await night.clears()  # the alert says "resolved", the number does not
    await night.does(signals.Resolve(person="amao", reason="恢复了"))
    await night.passes(minutes=4)

    assert await night.phase() is Phase.ENGAGED
    assert not await recovers(night)
    assert [line for line in await lines(night) if "still at" in line] == [
        "measured: 网关 5xx 占比 is still at 10 % (usually at most 1 %)",
        "measured: 网关 5xx 占比 is still at 10 % (usually at most 1 %)",  # the alert's "resolved" and Amao's word each have their answer
    ]
    signal.value = 0.0
    await night.passes(minutes=2)
    assert await night.phase() is Phase.OBSERVING
    assert await recovers(night)
    await night.passes(minutes=11)
    assert await night.phase() is Phase.CLOSED


async def test_a_word_while_the_alert_still_fires_is_answered_with_the_number() -> None:
    signal = Signal(0.12)
    night = signal.night
    await night.rings(0.12)
    await night.acks("axin")
    await night.does(signals.Resolve(person="amao", reason="恢复了"))
    await night.passes(minutes=1)

    assert await night.phase() is Phase.ENGAGED
    assert [line for line in await lines(night) if "resolved, but" in line or "measured" in line] == [
        "Amao calls it resolved, but 1 alert(s) still fire: not under observation yet",
        "measured: 网关 5xx 占比 is still at 12 % (usually at most 1 %)",
    ]


async def test_a_source_that_falls_silent_during_recovery_is_told_and_the_alerts_decide() -> None:
    signal = Signal()
    night = signal.night
    await night.rings(0.10)
    await night.acks("axin")
    signal.value = 0.0
    await night.clears()
    assert await night.phase() is Phase.OBSERVING
    await night.passes(minutes=3, seconds=30)
    signal.value = None
    await night.passes(minutes=6)

    assert await night.phase() is Phase.OBSERVING
    silent = [line for line in await lines(night) if "cannot be measured" in line]
    assert silent == ["recovery cannot be measured on 网关 5xx 占比: connection refused"], "once, however often it is silent"
    await night.passes(minutes=1)
    assert await night.phase() is Phase.CLOSED
    (closed,) = (await night.timeline()).all(Closed)
    assert say(closed.reason, "en") == "no alert for the whole observation of 10 min", "nothing is claimed that was not measured"


async def test_a_source_silent_from_the_first_is_told_where_the_observation_begins() -> None:
    night = Signal(None).night
    await night.rings(0.10)
    await night.acks("axin")
    await night.clears()
    await night.passes(minutes=1)

    (begun,) = (await night.timeline()).all(ObservationStarted)
    assert say(begun.reason, "en") == "every alert has cleared; not proved on the metric: connection refused"


async def test_a_metric_that_is_bad_again_in_minute_nine_begins_the_window_anew_without_a_page() -> None:
    signal = Signal()
    night = signal.night
    await night.rings(0.10)
    await night.acks("axin")
    signal.value = 0.0
    await night.clears()
    await night.passes(minutes=8, seconds=30)
    signal.value = 0.03
    await night.passes(minutes=1)

    timeline = await night.timeline()
    assert await night.phase() is Phase.ENGAGED
    assert timeline.has(RecoveryDoubted)
    assert not await recovers(night), "the clock runs on: what was observed did not hold"
    signal.value = 0.001
    await night.passes(minutes=1)
    assert await night.phase() is Phase.OBSERVING
    await night.passes(minutes=9)
    assert await night.phase() is Phase.OBSERVING, "a whole window, not what was left of the first"
    await night.passes(minutes=2)
    assert await night.phase() is Phase.CLOSED
    assert await night.paged() == ["axin"]


async def test_a_relapse_in_minute_nine_reopens_pages_and_starts_the_clocks_anew() -> None:
    signal = Signal()
    night = signal.night
    await night.rings(0.10)
    await night.acks("axin")
    signal.value = 0.0
    await night.clears()
    await night.passes(minutes=8, seconds=50)
    signal.value = 0.12
    await night.passes(seconds=10)
    await night.rings(0.12)
    timeline = await night.timeline()

    assert await night.phase() is Phase.OPEN
    assert timeline.has(Reopened)
    assert await night.paged() == ["axin", "axin"]
    clocks = {one.name: one for one in stamps(timeline, night.catalog.services["config-center"].budgets)}
    assert clocks["recover"].stopped is None
    assert clocks["recover"].began == timeline.all(Reopened)[-1].at
    await night.acks("axin")
    await night.passes(minutes=3)
    signal.value = 0.0
    await night.clears()
    assert await night.phase() is Phase.OBSERVING
    verdicts = [fact.verdict for fact in (await night.timeline()).all(RecoveryMeasured)]
    assert verdicts[0] == "well"
    assert verdicts[-1] == "well"


async def test_a_bad_metric_is_not_asked_for_ever_more_often() -> None:
    signal = Signal()
    night = signal.night
    await night.rings(0.10)
    await night.acks("axin")
    await night.clears()
    before = signal.source.asked
    await night.passes(minutes=120)

    assert signal.source.asked - before < 45
