"""Runbooks fit by labels, signatures and bounds, and say why."""

from __future__ import annotations

from kuaihui.catalog.runbooks import Runbook, Symptoms
from kuaihui.catalog.shapes import Name
from kuaihui.diagnosis.fitting_runbooks import fitting
from kuaihui.incident.timeline import Timeline
from kuaihui.language import say
from tests.diagnosis.scenes import POOL, begun, logs


def runbook(name: str, *services: str, **symptoms: object) -> Runbook:
    return Runbook(id=name, name=Name(zh=name, en=name), services=services, symptoms=Symptoms.model_validate(symptoms))


def fits(timeline: Timeline, *runbooks: Runbook) -> list[str]:
    return [one.runbook for one in fitting(timeline, {one.id: one for one in runbooks}, "en")]


BY_LABEL = runbook("by-label", labels=('alertname="Gateway5xxRatioHigh"',))
BY_SIGNATURE = runbook("by-signature", signatures=("(?i)pool timeout",))


def test_a_signature_ranks_before_a_label_and_the_reason_quotes_it() -> None:
    timeline = begun(alertname="Gateway5xxRatioHigh").extended((logs((POOL, 12)),))
    found = fitting(timeline, {"l": BY_LABEL, "s": BY_SIGNATURE}, "en")

    assert [one.runbook for one in found] == ["by-signature", "by-label"]
    assert say(found[0].reason, "en") == f"logged 12 times: {POOL}"


def test_nothing_fits_what_has_none_of_its_symptoms() -> None:
    assert fits(begun(), BY_LABEL, BY_SIGNATURE) == []


def test_a_runbook_of_another_service_does_not_fit() -> None:
    assert fits(begun(), runbook("other", "redis", above=0.0)) == []


def test_a_bound_alone_fits_but_beside_signatures_it_only_adds() -> None:
    assert fits(begun(0.1), runbook("bound", above=0.05)) == ["bound"]
    assert fits(begun(0.1), runbook("bound", above=0.2)) == []
    assert fits(begun(0.1), runbook("both", above=0.05, signatures=("pool",))) == []
