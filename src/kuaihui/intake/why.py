"""What became of an alert, told to whoever asks why it woke somebody, or why it did not."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime, tzinfo

from kuaihui.incident.alerts import AlertCleared, AlertFired, AlertMeasured
from kuaihui.incident.timeline import Timeline
from kuaihui.intake.alerts import CLEARED, FOLDED, JOINED, LATE, OPENED, REFUSED, REOPENED
from kuaihui.intake.became import became
from kuaihui.intake.fingerprints import alertmanager_fingerprint
from kuaihui.intake.register import Entry, Register
from kuaihui.intake.silences import INHIBITED, RELEASED, SILENCED
from kuaihui.intake.traces import reason_of
from kuaihui.intake.watchdogs import ALIVE
from kuaihui.journal.journal import Journal, Trace, timeline_of
from kuaihui.language import Text, plain, text

# How many incidents, the newest first, are read through where no trace leads to one.
LOOKED_THROUGH = 500


async def why(journal: Journal, register: Register | None, fingerprint: str, zone: tzinfo = UTC) -> list[Text]:
    """
    What became of the alert with this fingerprint (ours, or Alertmanager's own), line by line, oldest first; times in `zone`.

    Empty where it was never heard. `register`, where that of a running reception is at hand, also tells how the alert stands now.
    """
    key = fingerprint.strip().lower()
    lines = await _of(journal, register, key, zone)
    if not lines:
        ours = await _ours(journal, register, key)
        lines = await _of(journal, register, ours, zone) if ours else []
        if lines:
            lines.insert(0, text("{theirs} is Alertmanager's fingerprint of our {ours}", theirs=key, ours=ours))
    return lines


async def _of(journal: Journal, register: Register | None, key: str, zone: tzinfo) -> list[Text]:
    traces = await became(journal, key)
    entry = register.alerts.get(key) if register else None
    named = next((trace.labels for trace in traces if trace.labels), entry.alert.labels if entry else None)
    lines = [text("alert {labels}", labels=shown(named))] if named else []
    lines += [_line(trace, zone) for trace in sorted(traces, key=lambda trace: trace.at)]
    incidents = dict.fromkeys(
        [trace.incident for trace in traces if trace.incident] + ([entry.incident] if entry and entry.incident else [])
    )
    for incident in incidents:
        lines += _by_which_rule(timeline_of(incident, await journal.read(incident)), key, zone)
    return [*lines, _now(entry, zone)] if entry else lines


def shown(labels: Mapping[str, str]) -> str:
    """Labels as Prometheus writes them."""
    return "{" + ", ".join(f'{name}="{value}"' for name, value in sorted(labels.items())) + "}"


def _line(trace: Trace, zone: tzinfo) -> Text:
    words = text("{at} {verdict}: {reason}", at=_at(trace.at, zone), verdict=verdict_said(trace.verdict), reason=reason_of(trace))
    if trace.incident:
        words = text("{words} (incident {incident})", words=words, incident=trace.incident)
    if trace.count > 1:
        words = text("{words}, {count} times until {last}", words=words, count=trace.count, last=_at(trace.last or trace.at, zone))
    return words


def _by_which_rule(timeline: Timeline, key: str, zone: tzinfo) -> list[Text]:
    """How the alert came to this incident, and what the incident's timeline says of it."""
    if not len(timeline):
        return []
    opened = timeline.opened
    lines = [
        text(
            "incident {incident} is of the service {service} by {rule}",
            incident=timeline.incident,
            service=opened.service,
            rule=opened.rule,
        )
    ]
    if opened.group:
        lines.append(
            text("it shares incident {incident} with alerts that agree on {group}", incident=timeline.incident, group=shown(opened.group))
        )
    for number, fact in enumerate(timeline.facts):
        match fact:
            case AlertFired() if any(alert.key == key for alert in fact.alerts):
                lines.append(_fact(number, fact.at, text("began to fire"), zone))
            case AlertMeasured(key=own) if own == key:
                lines.append(_fact(number, fact.at, fact.said, zone))
            case AlertCleared() if key in fact.keys:
                lines.append(_fact(number, fact.at, text("expired") if fact.how == "expired" else text("resolved"), zone))
            case _:
                continue
    return lines


def _fact(number: int, at: datetime, said: Text, zone: tzinfo) -> Text:
    return text("  fact {number}, {at}: {said}", number=number, at=_at(at, zone), said=said)


def _now(entry: Entry, zone: tzinfo) -> Text:
    if not entry.firing:
        return text("now: not firing since {since}", since=_at(entry.changed, zone))
    if entry.ends is None:
        return text("now: firing until its source says that it is resolved; told again {repeats} times", repeats=entry.repeats)
    return text(
        "now: firing; expires at {ends} unless heard again; told again {repeats} times", ends=_at(entry.ends, zone), repeats=entry.repeats
    )


def _at(instant: datetime, zone: tzinfo) -> str:
    return f"{instant.astimezone(zone):%Y-%m-%d %H:%M:%S}"


def verdict_said(verdict: str) -> Text:
    """A verdict in words."""
    known = {
        OPENED: text("opened an incident"),
        JOINED: text("joined an incident"),
        REOPENED: text("re-opened an incident"),
        FOLDED: text("folded in"),
        CLEARED: text("cleared"),
        LATE: text("set aside as late"),
        REFUSED: text("refused"),
        SILENCED: text("silenced"),
        INHIBITED: text("inhibited"),
        RELEASED: text("let go"),
        ALIVE: text("heard as a watchdog"),
    }
    return known.get(verdict) or plain(verdict)


async def _ours(journal: Journal, register: Register | None, theirs: str) -> str:
    """Our fingerprint of the alert that Alertmanager calls `theirs`; empty where there is none."""
    for key, entry in register.alerts.items() if register else ():
        if alertmanager_fingerprint(entry.alert.labels) == theirs:
            return key
    async for timeline in _timelines(journal):
        for key, alert in timeline.alerts.items():
            if alertmanager_fingerprint(alert.labels) == theirs:
                return key
    return ""


async def _timelines(journal: Journal) -> AsyncIterator[Timeline]:
    for summary in await journal.summaries(limit=LOOKED_THROUGH):
        yield timeline_of(summary.incident, await journal.read(summary.incident))
