"""
What incidents there would have been under another grouping: the alerts that were really heard, grouped anew.

Rule 1: alerts go through the same rules as when they are heard: service by the catalog, one open incident a group, a relapse re-opens.
Rule 2: an incident is over when nothing of it has fired for as long as its service is observed: what people did is left out, since under
        another grouping they would have done something else.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

import msgspec

from kuaihui.catalog.catalog import Catalog
from kuaihui.incident.alerts import AlertCleared, AlertFired
from kuaihui.incident.timeline import Timeline
from kuaihui.intake.alerts import RELAPSE


class Rang(msgspec.Struct, frozen=True):
    """An alert began to fire, or stopped (`firing` False), at an instant."""

    at: datetime
    key: str
    name: str
    labels: dict[str, str]
    firing: bool = True


class Would(msgspec.Struct):
    """An incident as it would have been: its group, from when to when (None: it would still be open), its alerts by name, re-openings."""

    service: str
    group: dict[str, str]
    opened: datetime
    over: datetime | None = None
    alerts: dict[str, int] = {}
    reopened: int = 0
    firing: set[str] = set()
    quiet_since: datetime | None = None


def rang(timelines: Iterable[Timeline], since: datetime) -> list[Rang]:
    """What rang in these incidents since an instant, in order."""
    found: list[Rang] = []
    for timeline in timelines:
        labels: dict[str, tuple[str, dict[str, str]]] = {}
        for fact in timeline.facts:
            match fact:
                case AlertFired():
                    labels |= {alert.key: (alert.name, alert.labels) for alert in fact.alerts}
                    found += [Rang(fact.at, alert.key, alert.name, alert.labels) for alert in fact.alerts]
                case AlertCleared():
                    found += [Rang(fact.at, key, *labels[key], firing=False) for key in fact.keys if key in labels]
                case _:
                    continue
    return sorted((one for one in found if one.at >= since), key=lambda one: one.at)


def dry_run(heard: Sequence[Rang], catalog: Catalog, service: str, group_by: Sequence[str]) -> list[Would]:
    """The incidents of this service that these alerts would have been, grouped by these labels, oldest first."""
    observe, running, all_of_them = catalog.services[service].observe_for, dict[tuple[str, ...], Would](), list[Would]()
    for one in heard:
        if catalog.service_for(one.labels).service.id != service:
            continue
        key = tuple(one.labels.get(name, "") for name in group_by)
        would = running.get(key)
        if would is not None and would.quiet_since is not None and one.at - would.quiet_since >= observe:
            would.over = would.quiet_since + observe
        if one.firing:
            if would is None or (would.over is not None and one.at - would.over >= RELAPSE):
                would = running[key] = Would(service, dict(zip(group_by, key, strict=True)), one.at)
                all_of_them.append(would)
            _fires(would, one)
        elif would is not None:
            _clears(would, one)
    for would in all_of_them:
        if would.quiet_since is not None and would.over is None:
            would.over = would.quiet_since + observe
    return all_of_them


def _fires(would: Would, one: Rang) -> None:
    if would.over is not None:
        would.over, would.reopened = None, would.reopened + 1
    would.firing.add(one.key)
    would.quiet_since = None
    would.alerts[one.name] = would.alerts.get(one.name, 0) + 1


def _clears(would: Would, one: Rang) -> None:
    would.firing.discard(one.key)
    if not would.firing and would.quiet_since is None:
        would.quiet_since = one.at


def labels_seen(heard: Iterable[Rang], catalog: Catalog, service: str) -> Mapping[str, int]:
    """The labels of this service's alerts, and how many different values each has: what could be grouped by."""
    values: dict[str, set[str]] = {}
    for one in heard:
        if catalog.service_for(one.labels).service.id == service:
            for name, value in one.labels.items():
                values.setdefault(name, set()).add(value)
    return {name: len(known) for name, known in sorted(values.items(), key=lambda item: (len(item[1]), item[0]))}
