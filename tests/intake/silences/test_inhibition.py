"""Inhibition means what it means in Alertmanager."""

from __future__ import annotations

import pytest

from kuaihui.catalog.silences import Inhibition
from kuaihui.intake.inhibition import Inhibitions

RULE = Inhibition(id="down", source='severity="critical"', target='severity="warning"', equal=("cluster", "zone"))
TWO_SIDED = Inhibition(id="both", source='job="db"', target='team="x"')


def hidden(rule: Inhibition, source: dict[str, str], target: dict[str, str], *, fires: bool = True) -> bool:
    rules = Inhibitions([rule])
    rules.sounds("source", source)
    return rules.hides("target", target, lambda key: fires and key == "source") is not None


CASES = [
    ("equal labels agree", RULE, {"severity": "critical", "cluster": "a"}, {"severity": "warning", "cluster": "a"}, True),
    ("a label that neither has is equal", RULE, {"severity": "critical"}, {"severity": "warning"}, True),
    ("an equal label differs", RULE, {"severity": "critical", "cluster": "a"}, {"severity": "warning", "cluster": "b"}, False),
    ("only one has an equal label", RULE, {"severity": "critical", "zone": "z"}, {"severity": "warning"}, False),
    ("the target does not fit", RULE, {"severity": "critical"}, {"severity": "info"}, False),
    ("the source does not fit", RULE, {"severity": "error"}, {"severity": "warning"}, False),
    ("a two-sided target, a one-sided source", TWO_SIDED, {"job": "db"}, {"job": "db", "team": "x"}, True),
    ("both fit both sides", TWO_SIDED, {"job": "db", "team": "x"}, {"job": "db", "team": "x"}, False),
]


@pytest.mark.parametrize("rule, source, target, hides", [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_what_is_hidden(rule: Inhibition, source: dict[str, str], target: dict[str, str], hides: bool) -> None:
    assert hidden(rule, source, target) is hides


def test_a_source_that_has_stopped_hides_nothing() -> None:
    assert not hidden(RULE, {"severity": "critical"}, {"severity": "warning"}, fires=False)


def test_an_alert_does_not_inhibit_itself() -> None:
    rules = Inhibitions([Inhibition(id="self", source='a="1"', target='b="2"')])
    rules.sounds("me", {"a": "1", "b": "2"})

    assert rules.hides("me", {"a": "1", "b": "2"}, lambda _: True) is None
