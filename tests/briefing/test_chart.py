"""The trend's drawing: true to what was measured, inside its box, and never heavier than a phone is wide."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from kuaihui.briefing.chart import HEIGHT, MOST_POINTS, WIDTH, draw, seen, sparkline, thinned
from kuaihui.catalog.services import Signal
from kuaihui.catalog.shapes import Name
from kuaihui.incident.alerts import Alert, AlertCleared, AlertFired, AlertMeasured, Opened, QuotedPolicy
from kuaihui.incident.recovery import RecoveryMeasured
from kuaihui.incident.timeline import Timeline
from kuaihui.language import text

NOON = datetime(2023, 3, 11, 12, tzinfo=UTC)
SIGNAL = Signal(name=Name(zh="5xx", en="5xx"), unit="ratio", usual_high=0.01)
values = st.lists(st.floats(min_value=0, max_value=1e9), min_size=1, max_size=700)


def measured(found: list[float]) -> Timeline:
    policy = QuotedPolicy("p", (), 0, timedelta(minutes=15))
    alert = Alert("k", "a", {}, NOON, found[0])
    opened = Opened(at=NOON, service="s", title="t", severity=2, policy=policy, rule=text("r"))
    later = [
        AlertMeasured(at=NOON + timedelta(seconds=10 * number), key="k", value=value) for number, value in enumerate(found[1:], start=1)
    ]
    return Timeline("I", [opened, AlertFired(at=NOON, alerts=(alert,)), *later])


@given(values)
def test_everything_drawn_lies_in_the_box(found: list[float]) -> None:
    drawn = draw(measured(found), SIGNAL, NOON + timedelta(hours=3))

    assert drawn
    assert all(0 <= float(x) <= WIDTH for x in re.findall(r"[MH](-?[\d.]+)", drawn.line))
    assert all(0 <= float(y) <= HEIGHT for y in re.findall(r"V(-?[\d.]+)", drawn.line))
    assert 0 <= drawn.band_top <= drawn.band_bottom <= HEIGHT
    assert all(0 <= mark.x <= WIDTH for mark in drawn.marks)
    assert len(drawn.levels) <= 6


@given(values)
def test_thinning_keeps_the_first_the_last_and_the_worst(found: list[float]) -> None:
    series = [(NOON + timedelta(seconds=number), value) for number, value in enumerate(found)]
    kept = thinned(series)

    assert len(kept) <= MOST_POINTS
    assert (series[0], series[-1]) == (kept[0], kept[-1])
    assert max(found) == max(value for _, value in kept)


def test_a_value_holds_until_the_next_one_is_heard() -> None:
    drawn = draw(measured([0.10, 0.15]), SIGNAL, NOON + timedelta(seconds=100))

    assert drawn
    assert re.fullmatch(r"M0\.0 [\d.]+H100\.0V[\d.]+H1000\.0", drawn.line)
    assert (drawn.worst, drawn.last) == ("15 %", "15 %")


def test_an_alert_that_is_over_is_no_recovery_while_the_signal_is_measured_to_be_bad() -> None:
    """The metrics vanish, the alert resolves with them: what is measured afterwards is drawn, not the nothing in between."""
    broken = measured([0.10, 0.15])
    cleared = AlertCleared(at=NOON + timedelta(seconds=30), keys=("k",))
    bad = RecoveryMeasured(at=NOON + timedelta(seconds=31), verdict="bad", what="5xx", value=0.14)
    beside = RecoveryMeasured(at=NOON + timedelta(seconds=32), verdict="bad", what="ops", value=900.0, supporting=True)
    well = RecoveryMeasured(at=NOON + timedelta(seconds=90), verdict="well", what="5xx", value=0.0)
    over = Timeline("I", [*broken.facts, cleared])

    assert [value for _, value in seen(over)] == [0.10, 0.15, 0.0]
    assert [value for _, value in seen(Timeline("I", [*over.facts, bad, beside]))] == [0.10, 0.15, 0.14]
    assert [value for _, value in seen(Timeline("I", [*over.facts, bad, beside, well]))] == [0.10, 0.15, 0.14, 0.0]


def test_without_a_value_nothing_is_drawn() -> None:
    timeline = Timeline("I", measured([1.0]).facts[:1])

    assert draw(timeline, SIGNAL, NOON) is None
    assert sparkline(timeline.series, NOON) == ""
