"""
Changes before the break, weighed: by time, by whose service it is, by kind and size.

Rule 1: what was made after the break, or never reached production, is excluded, and the reason says so.
Rule 2: a suspicion is a chance, never a proof.
Rule 3: a change that was told several times (started, succeeded) is one: it was made when it began, and stands as it was told last.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from math import log10
from typing import Final

import msgspec

from kuaihui.catalog.catalog import Catalog
from kuaihui.incident.evidence import Change
from kuaihui.language import Text, text
from kuaihui.language.durations import in_words

# An alert's own delay: a change this long after the alert says it began may still be the cause.
SLACK: Final = timedelta(minutes=1)
# Half of the suspicion is gone after this; most outages by a change begin within the hour of it.
HALF: Final = timedelta(minutes=45)
TOO_LONG_AGO: Final = timedelta(days=1)
SUSPECT: Final = 0.2
_LONGEST: Final = timedelta(hours=2)  # of one release; the same name later than that is a release of its own
_KINDS: Final = {"deployment": 1.0, "rollout": 1.0, "config": 1.0, "pipeline": 0.7, "merge": 0.5}
_ELSEWHERE: Final = frozenset({"dev", "test", "testing", "staging", "pre", "preprod", "preproduction", "pre-production", "预发布", "测试"})
_NOT_DONE: Final = frozenset({"failed", "canceled", "cancelled", "skipped", "error"})


class Suspicion(msgspec.Struct, frozen=True):
    """A change with its score (0 to 1) and the reason; `excluded` when it is an unlikely cause."""

    change: Change
    score: float
    reason: Text
    excluded: bool


def suspicions(changes: Iterable[Change], service: str, catalog: Catalog, broke: datetime) -> list[Suspicion]:
    """The changes weighed, the most suspect first, then the nearest in time."""
    weighed = [_weighed(change, service, catalog, broke) for change in _once(changes)]
    return sorted(weighed, key=lambda one: (-one.score, abs(broke - one.change.at), one.change.id))


def went_elsewhere(change: Change) -> bool:
    """Whether it never reached the environment that people use."""
    return change.environment.lower() in _ELSEWHERE


def _once(changes: Iterable[Change]) -> list[Change]:
    kept: list[Change] = []
    newest: dict[tuple[str, str], int] = {}
    for change in sorted(changes, key=lambda one: one.at):
        place = newest.get((change.source, change.id))
        if place is not None and change.at - kept[place].at <= _LONGEST:
            kept[place] = msgspec.structs.replace(change, at=kept[place].at)
        else:
            newest[change.source, change.id] = len(kept)
            kept.append(change)
    return kept


def _weighed(change: Change, service: str, catalog: Catalog, broke: datetime) -> Suspicion:
    before = broke - change.at
    if before < -SLACK:
        return _excluded(change, text("it was made {span} after the break", span=in_words(-before)))
    if went_elsewhere(change):
        return _excluded(change, text("it went to {environment}, not to production", environment=change.environment))
    if before > TOO_LONG_AGO:
        return _excluded(change, text("it was made {span} before the break", span=in_words(before)))
    near, whose = _nearness(change, service, catalog)
    score = near / (1 + max(before, timedelta(0)) / HALF) * _KINDS.get(change.kind, 0.6) * _size(change)
    score *= 0.5 if change.status.lower() in _NOT_DONE else 1.0
    reason = text("{span} before the break, {whose}", span=in_words(max(before, timedelta(0))), whose=whose)
    return Suspicion(change, score, reason, score < SUSPECT)


def _excluded(change: Change, reason: Text) -> Suspicion:
    return Suspicion(change, 0.0, reason, excluded=True)


def _nearness(change: Change, service: str, catalog: Catalog) -> tuple[float, Text]:
    known = catalog.services.get(service)
    if change.service in ("", service):
        return 1.0, text("on the service itself")
    if known and change.service in known.depends_on:
        return 0.8, text("on {service}, which it depends on", service=f"@service:{change.service}")
    return 0.25, text("on {service}, which it does not depend on", service=f"@service:{change.service}")


def _size(change: Change) -> float:
    """A large change breaks more than a small one, though a single line can."""
    return 0.9 if change.size is None else min(1.0, 0.8 + 0.05 * log10(max(1, change.size)))
