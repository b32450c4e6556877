"""
Which runbooks fit what is seen, and why.

Rule 1: a bound on the alert's value never makes a runbook fit by itself where it also names labels or signatures.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from math import prod

import msgspec

from kuaihui.catalog.matchers import Matcher, fits, parse
from kuaihui.catalog.runbooks import Runbook
from kuaihui.diagnosis.hypotheses import in_line
from kuaihui.incident.evidence import LogsSearched
from kuaihui.incident.thinking import Fitting
from kuaihui.incident.timeline import Timeline
from kuaihui.language import Text, text

_LABELS = 0.7
_SIGNATURE = 0.8
_VALUE = 0.4


class _Reason(msgspec.Struct, frozen=True):
    weight: float
    says: Text


def fitting(timeline: Timeline, runbooks: Mapping[str, Runbook], language: str) -> list[Fitting]:
    """The runbooks that fit, the best first; names in the team's language."""
    found: list[Fitting] = []
    for runbook in runbooks.values():
        if runbook.services and timeline.service not in runbook.services:
            continue
        reasons = _reasons(runbook, timeline)
        if reasons:
            score = 1 - prod(1 - reason.weight for reason in reasons)
            found.append(Fitting(runbook.id, runbook.name.told(language), round(score, 3), reasons[0].says))
    return sorted(found, key=lambda one: (-one.score, one.runbook))


def _reasons(runbook: Runbook, timeline: Timeline) -> list[_Reason]:
    symptoms = runbook.symptoms
    in_bounds = _in_bounds(runbook, timeline.value)
    if in_bounds is False:
        return []
    reasons = [*_by_signature(symptoms.signatures, timeline), *_by_labels(symptoms.labels, timeline)]
    if in_bounds and (reasons or not (symptoms.signatures or symptoms.labels)):
        reasons.append(_Reason(_VALUE, text("the alert's value is in its bounds")))
    return reasons


def _in_bounds(runbook: Runbook, value: float | None) -> bool | None:
    """None where the runbook has no bounds."""
    above, below = runbook.symptoms.above, runbook.symptoms.below
    if above is None and below is None:
        return None
    return value is not None and (above is None or value >= above) and (below is None or value < below)


def _by_labels(written: tuple[str, ...], timeline: Timeline) -> Iterator[_Reason]:
    for entry in written:
        if any(fits(_matchers(entry), alert.labels) for alert in timeline.alerts.values()):
            yield _Reason(_LABELS, text("the alert has {labels}", labels=entry))
            return


def _by_signature(patterns: tuple[str, ...], timeline: Timeline) -> Iterator[_Reason]:
    for fact in timeline.all(LogsSearched, timeline.occasion):
        for one in fact.signatures:
            if any(_pattern(pattern).search(one.template) or _pattern(pattern).search(one.example) for pattern in patterns):
                yield _Reason(_SIGNATURE, text("logged {count} times: {template}", count=one.count, template=in_line(one.template)))
                return


@cache
def _matchers(written: str) -> tuple[Matcher, ...]:
    return parse(written)


@cache
def _pattern(written: str) -> re.Pattern[str]:
    return re.compile(written)
