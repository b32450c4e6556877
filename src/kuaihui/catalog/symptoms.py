"""
What only shows when guides and runbooks are read beside the rest: steps, services, matchers and patterns that are named.

Rule 1: a guide that could go round for ever, or a pattern that cannot be read, is told before an incident needs it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import cast

from kuaihui.catalog.checks import can_be_read, is_there
from kuaihui.catalog.faults import did_you_mean
from kuaihui.catalog.guides import Guide, circle, led_to
from kuaihui.catalog.runbooks import Runbook
from kuaihui.catalog.sources import Sources
from kuaihui.language import text

Place = tuple[str, int]


def check_symptoms(sources: Sources, runbooks: Mapping[str, Runbook]) -> None:
    """Keep every fault of what guides and runbooks name."""
    for guide in cast("dict[str, Guide]", sources.entries["guides"]).values():
        _steps(sources, guide)
        for number, service in enumerate(guide.services):
            is_there(sources, "services", service, sources.place("guides", guide.id, "services", number))
    for runbook in runbooks.values():
        sheet = sources.known["runbooks"][runbook.id]
        for number, service in enumerate(runbook.services):
            is_there(sources, "services", service, (sheet.file, sheet.line("services", number)))
        for number, written in enumerate(runbook.symptoms.labels):
            can_be_read(sources, written, (sheet.file, sheet.line("symptoms", "labels", number)))
    for pattern, place in _patterns(sources, runbooks):
        _is_pattern(sources, pattern, place)


def _steps(sources: Sources, guide: Guide) -> None:
    for step, key, name in led_to(guide):
        if name not in guide.steps:
            place = sources.place("guides", guide.id, *(("steps", step, key) if step else (key,)))
            remedy = did_you_mean(name, guide.steps, text("the steps are: {known}", known=tuple(guide.steps)))
            sources.fault(place, "unknown_step", text("there is no step {name}", name=name), remedy)
    if round_again := circle(guide):
        wrong = text("the guide can come back to its step {name}", name=round_again)
        sources.fault(sources.place("guides", guide.id, "steps", round_again), "guide_circle", wrong, text("let it end somewhere else"))


def _patterns(sources: Sources, runbooks: Mapping[str, Runbook]) -> Iterator[tuple[str, Place]]:
    for guide in cast("dict[str, Guide]", sources.entries["guides"]).values():
        for name, step in guide.steps.items():
            yield step.holds.signature, sources.place("guides", guide.id, "steps", name, "holds", "signature")
    for runbook in runbooks.values():
        sheet = sources.known["runbooks"][runbook.id]
        for number, pattern in enumerate(runbook.symptoms.signatures):
            yield pattern, (sheet.file, sheet.line("symptoms", "signatures", number))


def _is_pattern(sources: Sources, pattern: str, place: Place) -> None:
    try:
        re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as wrong:
        at = (getattr(wrong, "pos", None) or 0) + 1
        remedy = text("write a regular expression like: connection pool time-?out")
        sources.fault(place, "bad_pattern", text("the pattern cannot be read at its character {at}", at=at), remedy)
