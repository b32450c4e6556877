"""
Watchdogs: alerts that must ring all the time. When one falls silent, whoever would tell us of an outage is out of order itself.

Prometheus' own rule sets have such an alert under the name Watchdog (`expr: vector(1)`).
"""

from __future__ import annotations

from datetime import timedelta

from pydantic import Field

from kuaihui.catalog.shapes import Entry, Named, Span


class Watchdog(Entry):
    """
    An alert whose labels satisfy `match` (one entry, as Alertmanager writes it) opens nothing while it rings.

    Not told for `silent_after`, it opens an incident of the `service`. Prometheus tells an alert anew each minute, an Alertmanager each
    `repeat_interval`: let `silent_after` be a few of those.
    """

    id: str
    name: Named | None = None
    match: str = Field(min_length=1)
    service: str
    silent_after: Span = Field(default=timedelta(minutes=5), ge=timedelta(seconds=30))
