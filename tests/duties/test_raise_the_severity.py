"""The severity follows the service's steps, and a worsening is measured against what people were paged for."""

from __future__ import annotations

import pytest

from kuaihui.duties.raise_the_severity import due, severity_at
from kuaihui.incident.alerts import AlertMeasured, SeverityChanged, Worsened
from kuaihui.language import plain
from tests.duties.so_far import CATALOG, after, asked, concluded, opened

SIGNAL = CATALOG.services["config-center"].signal
assert SIGNAL is not None


@pytest.mark.parametrize("value, severity", [(0.01, None), (0.05, 3), (0.0999, 3), (0.10, 2), (0.30, 1), (0.99, 1)])
def test_the_steps_of_the_signal(value: float, severity: int | None) -> None:
    assert SIGNAL is not None
    assert severity_at(SIGNAL, value) == severity


def test_a_higher_step_raises_it() -> None:
    said = concluded(asked(due, opened(AlertMeasured(at=after(1), key="gateway", value=0.35)), after(1)))

    assert [(fact.was, fact.severity) for fact in said if isinstance(fact, SeverityChanged)] == [(2, 1)]


def test_a_lower_value_never_lowers_it() -> None:
    assert concluded(asked(due, opened(AlertMeasured(at=after(1), key="gateway", value=0.02)), after(1))) == []


@pytest.mark.parametrize("value, worse", [(0.12, False), (0.13, True), (0.15, True)])
def test_worse_by_the_services_share_is_a_new_occasion(value: float, *, worse: bool) -> None:
    said = concluded(asked(due, opened(AlertMeasured(at=after(1), key="gateway", value=value)), after(1)))

    assert any(isinstance(fact, Worsened) for fact in said) is worse


def test_a_slow_climb_is_measured_from_the_last_worsening_and_not_from_the_last_value() -> None:
    climbed = [AlertMeasured(at=after(minute), key="gateway", value=0.1 + minute / 100) for minute in range(1, 4)]

    assert any(isinstance(fact, Worsened) for fact in concluded(asked(due, opened(*climbed), after(3))))


def test_a_persons_lower_severity_stands_until_the_value_rises_above_what_it_was() -> None:
    lowered = SeverityChanged(at=after(1), by="amao", was=2, severity=4, reason=plain("影响很小"))
    same = opened(lowered)
    higher = opened(lowered, AlertMeasured(at=after(2), key="gateway", value=0.11))

    assert not any(isinstance(fact, SeverityChanged) for fact in concluded(asked(due, same, after(2))))
    assert any(isinstance(fact, SeverityChanged) for fact in concluded(asked(due, higher, after(2))))
