"""Whose turn it is, what stands still, when a gate is measured and what that comes to."""

from __future__ import annotations

from datetime import datetime, timedelta

from kuaihui.duties.due import Conclude, Due
from kuaihui.duties.follow_the_hotfix import due
from kuaihui.incident.alerts import AlertCleared
from kuaihui.incident.evidence import MetricsRead, Series
from kuaihui.incident.fact import Fact
from kuaihui.incident.repair import (
    GateFailed,
    GateMeasured,
    GatePassed,
    GateReached,
    GateSkipped,
    HotfixFinished,
    HotfixStarted,
    HotfixStopped,
)
from kuaihui.incident.timeline import Timeline
from kuaihui.intake.deeds.repairing import with_gates
from kuaihui.language import plain
from kuaihui.orders import ReadMetrics, Tell
from tests.duties.so_far import after, concluded, opened, orders
from tests.nights.evidence import with_sources

WHY = plain("因为如此")
CATALOG = with_sources("metrics")
GATES = ("code", "unit-tests", "review", "pre-production", "test", "canary", "full", "verified")


def started(hotfix: str = "H1", at: datetime | None = None) -> HotfixStarted:
    return with_gates(HotfixStarted(at=at or after(5), by="xiaomei", hotfix=hotfix, title="cache", stages=()), opened(), CATALOG)


def passed(gate: str, minutes: float, hotfix: str = "H1", happened: float | None = None) -> GatePassed:
    so = None if happened is None else after(happened)
    return GatePassed(at=after(minutes), by="gitlab", hotfix=hotfix, gate=gate, name=plain(gate), reason=WHY, happened=so)


def until(gate: str, minutes: float = 6) -> tuple[Fact, ...]:
    """A hotfix that waits at this gate."""
    return (started(), *(passed(one, minutes) for one in GATES[: GATES.index(gate)]))


def asked(timeline: Timeline, now: datetime) -> list[Due | Conclude]:
    return list(due(timeline, CATALOG, now))


def turns(timeline: Timeline, now: datetime) -> list[str]:
    return [order.identity for order in orders(asked(timeline, now), Tell)]


def test_without_a_hotfix_there_is_nothing_to_follow() -> None:
    assert asked(opened(), after(30)) == []


def test_the_owner_is_told_and_the_clock_of_the_gate_runs_from_when_it_came_there() -> None:
    said = asked(opened(*until("unit-tests", minutes=8)), after(9))
    at = {one.order.identity: one.at for one in said if isinstance(one, Due)}

    assert at["Tell/2/xiaomei/H1/unit-tests turn"] == after(8)
    assert at["Tell/2/xiaomei/H1/unit-tests still"] == after(8 + 15)
    assert at["Tell/2/amao/H1/unit-tests still lead"] == after(8 + 30)


def test_two_hotfixes_are_followed_each_by_itself() -> None:
    told = turns(opened(*until("review"), started("H2", after(7))), after(8))

    assert "Tell/2/amao/H1/review turn" in told
    assert any(one.endswith("H2/code turn") for one in told)


def test_what_is_stopped_is_not_followed() -> None:
    assert asked(opened(started(), HotfixStopped(at=after(6), by="amao", hotfix="H1", reason=WHY)), after(60)) == []


def test_news_that_is_older_than_the_last_word_changes_nothing() -> None:
    failed = GateFailed(at=after(9), by="gitlab", hotfix="H1", gate="code", name=WHY, reason=WHY, happened=after(6))
    told = turns(opened(started(), passed("code", 8, happened=7), failed), after(10))

    assert any("H1/unit-tests turn" in one for one in told)


def test_a_reached_gate_is_measured_a_minute_later() -> None:
    reached = GateReached(at=after(10), by="gitlab", hotfix="H1", gate="canary", name=WHY, reason=WHY)
    looks = [
        one for one in asked(opened(*until("canary"), reached), after(10)) if isinstance(one, Due) and isinstance(one.order, ReadMetrics)
    ]

    assert [(one.at, one.order.identity) for one in looks] == [(after(11), "ReadMetrics/8/hotfix:H1/canary/1/网关 5xx 占比")]


def answered(look: ReadMetrics, *values: float) -> MetricsRead:
    points = tuple((look.until - timedelta(seconds=15 * number), value) for number, value in enumerate(reversed(values)))[::-1]
    return MetricsRead(
        at=look.until,
        by="prometheus",
        identity=look.identity,
        expression=look.expression,
        since=look.since,
        until=look.until,
        series=(Series(points=points, last=values[-1]),),
    )


def measured_at_canary(*values: float) -> list[Fact]:
    """What is concluded from one look at the canary."""
    reached = GateReached(at=after(10), by="gitlab", hotfix="H1", gate="canary", name=WHY, reason=WHY)
    facts: tuple[Fact, ...] = (*until("canary"), reached)
    (look,) = orders(asked(opened(*facts), after(11)), ReadMetrics)
    assert isinstance(look, ReadMetrics)
    return concluded(asked(opened(*facts, answered(look, *values)), after(11)))


def test_two_worse_points_are_worse_and_one_is_a_blip() -> None:
    before = [0.1] * 12

    assert [fact.verdict for fact in measured_at_canary(*before, 0.1, 0.1, 0.3, 0.3) if isinstance(fact, GateMeasured)] == ["worse"]
    assert [fact.verdict for fact in measured_at_canary(*before, 0.1, 0.1, 0.1, 0.3) if isinstance(fact, GateMeasured)] == ["same"]


def test_worse_fails_the_gate_once() -> None:
    reached = GateReached(at=after(10), by="gitlab", hotfix="H1", gate="canary", name=WHY, reason=WHY)
    facts: tuple[Fact, ...] = (*until("canary"), reached)
    (look,) = orders(asked(opened(*facts), after(11)), ReadMetrics)
    assert isinstance(look, ReadMetrics)
    worse = GateMeasured(at=after(11), hotfix="H1", gate="canary", name=WHY, value=0.3, verdict="worse", look=look.identity)
    (failed,) = concluded(asked(opened(*facts, answered(look, 0.3, 0.3), worse), after(11)))

    assert isinstance(failed, GateFailed)
    assert concluded(asked(opened(*facts, answered(look, 0.3, 0.3), worse, failed), after(12))) == []


def test_alerts_that_have_cleared_verify_nothing_before_the_signal_was_asked() -> None:
    """They do where the signal cannot be read: known by the first answer, and not before it."""
    cleared = AlertCleared(at=after(8), by="prometheus", keys=tuple(opened().alerts), how="resolved")
    facts: tuple[Fact, ...] = (*until("verified"), cleared)
    early = concluded(asked(opened(*facts), after(8.5)))
    look = next(one for one in orders(asked(opened(*facts), after(9)), ReadMetrics) if "/verified/" in one.identity)
    silent = GateMeasured(at=after(9), hotfix="H1", gate="verified", name=WHY, verdict="silent", look=look.identity)

    assert not [fact for fact in early if isinstance(fact, GatePassed)]
    assert [fact.gate for fact in concluded(asked(opened(*facts, silent), after(9))) if isinstance(fact, GatePassed)] == ["verified"]


def test_with_every_gate_done_it_has_finished() -> None:
    skipped = GateSkipped(at=after(9), by="amao", hotfix="H1", gate="verified", name=WHY, reason=WHY)
    (finished,) = concluded(asked(opened(*until("verified"), skipped), after(10)))

    assert isinstance(finished, HotfixFinished)
