"""
What became of an alert: what was kept beside the facts, and what the facts themselves tell.

Rule 1: an alert of which a fact tells has no row of its own: ten thousand alerts of a storm are written down once, not twice.
Rule 2: journals of earlier days kept a row for each; what such a row tells is not told again.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import msgspec

from kuaihui.incident.alerts import Alert, AlertCleared, AlertFired, Opened, Reopened
from kuaihui.incident.fact import Fact
from kuaihui.incident.facts import decode
from kuaihui.incident.timeline import Timeline
from kuaihui.intake.alerts import (
    AGAIN,
    BEGAN,
    CLEARED,
    FIRST,
    FOLDED,
    JOINED,
    NEW_EPISODE,
    OPENED,
    REOPENED,
    RESOLVED,
    RESOLVED_AFTER_EXPIRY,
)
from kuaihui.intake.traces import EXPIRED, written
from kuaihui.journal.journal import Journal, Trace, timeline_of
from kuaihui.language import Text


async def became(journal: Journal, key: str) -> list[Trace]:
    """What became of the alert with this fingerprint, oldest first."""
    kept = await journal.traces(key)
    known = {(trace.verdict, trace.incident) for trace in kept}
    incidents = dict.fromkeys(record.incident for record in await journal.mentions(b'"key":' + msgspec.json.encode(key)))
    told = [trace for incident in incidents for trace in told_of(timeline_of(incident, await journal.read(incident)), key)]
    return sorted(kept + [one for one in told if (one.verdict, one.incident) not in known], key=lambda trace: trace.at)


async def heard_lately(journal: Journal, since: datetime) -> list[Trace]:
    """The newest trace or firing of each alert that was told at `since` or later, the one that was told last first."""
    newest: dict[str, Trace] = {}
    for trace in [*await journal.heard(since), *await _fired(journal, since)]:
        known = newest.get(trace.key)
        if known is None or _told(known) < _told(trace):
            newest[trace.key] = trace
    return sorted(newest.values(), key=lambda trace: (-_told(trace).timestamp(), trace.key))


def _told(trace: Trace) -> datetime:
    return trace.last or trace.at


async def _fired(journal: Journal, since: datetime) -> list[Trace]:
    """The alerts that began to fire at `since` or later, as far as the newest records tell."""
    records = await journal.mentions(b'"fact":"AlertFired"', since=since)
    facts = [(record.incident, decode(record.body)) for record in records]
    return [
        Trace(alert.key, fact.at, JOINED, written(BEGAN), alert.labels, incident)
        for incident, fact in facts
        if isinstance(fact, AlertFired) and fact.at >= since
        for alert in fact.alerts
    ]


def told_of(timeline: Timeline, key: str) -> Iterator[Trace]:
    """What this incident's facts tell of an alert, as traces."""
    alert: Alert | None = None
    how = ""
    for number, fact in enumerate(timeline.facts):
        if isinstance(fact, AlertFired):
            found = next((one for one in fact.alerts if one.key == key), None)
            if found is not None:
                verdict, reason = _began(timeline, number, fact, alert, how)
                alert, how = found, "fires"
                yield Trace(key, fact.at, verdict, written(reason), found.labels, timeline.incident)
        elif isinstance(fact, AlertCleared) and key in fact.keys and alert is not None:
            yield Trace(key, fact.at, CLEARED, written(_ended(fact, how)), alert.labels, timeline.incident)
            how = fact.how


def _began(timeline: Timeline, number: int, fact: Fact, before: Alert | None, how: str) -> tuple[str, Text]:
    """The verdict on an alert that fires in this fact, as the fold gave it."""
    earlier = timeline.facts[number - 1]
    if isinstance(earlier, Opened) or fact.at == timeline.facts[0].at:
        return OPENED, FIRST
    if isinstance(earlier, Reopened):
        return REOPENED, earlier.reason
    if how == "fires":
        return FOLDED, NEW_EPISODE
    return JOINED, BEGAN if before is None else AGAIN


def _ended(fact: AlertCleared, how: str) -> Text:
    if fact.how == "expired":
        return EXPIRED
    return RESOLVED if how == "fires" else RESOLVED_AFTER_EXPIRY
