"""Getting a human: read, acknowledged, escalated, pulled in."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from kuaihui.catalog.catalog import Catalog
from kuaihui.catalog.targets import resolve
from kuaihui.errors import Refused
from kuaihui.incident.fact import Fact
from kuaihui.incident.holders import holders
from kuaihui.incident.pages import Acknowledged, Escalated, Sent
from kuaihui.incident.room import PulledIn
from kuaihui.incident.timeline import Timeline
from kuaihui.intake import signals
from kuaihui.intake.deeds.refusing import reason, still_open
from kuaihui.language import text
from kuaihui.orders import Page

_PAGE: Final = f"{Page.__name__}/"  # what the identity of every page begins with


def read(deed: signals.ReadPages, timeline: Timeline, catalog: Catalog, now: datetime) -> list[Fact]:
    """Reading says nothing more than that it was read."""
    return []


def acknowledge(deed: signals.Acknowledge, timeline: Timeline, catalog: Catalog, now: datetime) -> list[Fact]:
    """Taken on; a second press says nothing new, unless a new occasion has called since."""
    still_open(timeline)
    mine = [number for number, fact in timeline.numbered(Acknowledged) if fact.by == deed.person]
    if mine and not any(fact.identity.startswith(_PAGE) for fact in timeline.all(Sent, mine[-1])):
        return []
    return [Acknowledged(at=now, by=deed.person)]


def escalate(deed: signals.Escalate, timeline: Timeline, catalog: Catalog, now: datetime) -> list[Fact]:
    """The next level is asked for."""
    still_open(timeline)
    return [Escalated(at=now, by=deed.person, reason=reason(deed.reason))]


def call_in(deed: signals.CallIn, timeline: Timeline, catalog: Catalog, now: datetime) -> list[Fact]:
    """Pull somebody in."""
    service = catalog.service(timeline.service)
    wanted = (deed.whom,) if deed.whom in catalog.people else resolve(catalog, deed.whom, service, now, holders(timeline))
    if not wanted:
        raise Refused(text("nobody is found under {whom}: name a person or one of the policy targets", whom=deed.whom))
    inside = {fact.person for fact in timeline.all(PulledIn)}
    return [PulledIn(at=now, by=deed.person, person=who, reason=reason(deed.reason)) for who in wanted if who not in inside]
