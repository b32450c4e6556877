"""A clock that is set while the house runs is told of: what is due is due by it."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest

from kuaihui.app.clock_watch import ClockWatch
from kuaihui.app.clocks import ActedClock
from tests.duties.so_far import ELEVEN


class Hands:
    """A clock, a steady one beside it, and hands on both."""

    def __init__(self) -> None:
        self.clock, self.steady, self.faults = ActedClock(ELEVEN), 100.0, Counter[str]()
        self.watch = ClockWatch(self.clock, lambda: self.steady, self.faults)

    def pass_by(self, seconds: float, *, really: float) -> float:
        self.clock.pass_by(timedelta(seconds=seconds))
        self.steady += really
        return self.watch.look()


def test_a_clock_that_goes_as_it_should_is_not_spoken_of(caplog: pytest.LogCaptureFixture) -> None:
    hands = Hands()

    assert [hands.pass_by(5, really=5.2), hands.pass_by(3600, really=3601), hands.pass_by(0, really=0)] == [0, 0, 0]
    assert (caplog.text, hands.faults) == ("", Counter())


def test_a_clock_that_is_set_back_is_told_once(caplog: pytest.LogCaptureFixture) -> None:
    hands = Hands()

    assert hands.pass_by(-3595, really=5) == -3600
    assert hands.pass_by(5, really=5) == 0
    assert "set back by 3600 s" in caplog.text
    assert hands.faults["clock"] == 1


def test_a_machine_that_slept_is_told_of(caplog: pytest.LogCaptureFixture) -> None:
    hands = Hands()

    assert hands.pass_by(605, really=5) == 600
    assert "forward by 600 s" in caplog.text
    assert hands.faults["clock"] == 1
