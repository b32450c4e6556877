"""Roles: taken, declined, given."""

from __future__ import annotations

from datetime import datetime

from kuaihui.catalog.catalog import Catalog
from kuaihui.errors import Refused
from kuaihui.incident.fact import Fact
from kuaihui.incident.holders import holders, parts
from kuaihui.incident.roles import RoleDeclined, RoleGiven, RoleTaken
from kuaihui.incident.timeline import Timeline
from kuaihui.intake import signals
from kuaihui.intake.deeds.refusing import known_role, reason
from kuaihui.language import text


def take(deed: signals.TakeRole, timeline: Timeline, catalog: Catalog, now: datetime) -> list[Fact]:
    """Holds the role now."""
    known_role(deed.role, catalog)
    return [] if holders(timeline).get(deed.role) == deed.person else [RoleTaken(at=now, by=deed.person, role=deed.role)]


def decline(deed: signals.DeclineRole, timeline: Timeline, catalog: Catalog, now: datetime) -> list[Fact]:
    """Cannot take the role; the next candidate is asked."""
    known_role(deed.role, catalog)
    return [RoleDeclined(at=now, by=deed.person, role=deed.role, reason=reason(deed.reason))]


def give(deed: signals.GiveRole, timeline: Timeline, catalog: Catalog, now: datetime) -> list[Fact]:
    """Somebody else holds the role now; who held it or was asked becomes the second."""
    known_role(deed.role, catalog)
    if deed.to not in catalog.people:
        raise Refused(text("{person} is not in the catalog's people", person=deed.to))
    part = parts(timeline).get(deed.role)
    if part and part.holder == deed.to:
        return []
    former = (part.holder or part.asked) if part else ""
    why = reason(deed.reason)
    return [RoleGiven(at=now, by=deed.person, role=deed.role, person=deed.to, former=former if former != deed.to else "", reason=why)]
