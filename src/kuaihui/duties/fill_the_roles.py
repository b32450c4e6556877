"""
Ask somebody to take each role that this severity needs, by the catalog's order of candidates.

Rule 1: nobody is asked before a human is engaged, so that a page that wakes one person does not wake five; only the worst severity does
        not wait.
Rule 2: one candidate is asked at a time; the next one when they decline or stay absent for the role's `absent_after`.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from kuaihui.catalog.catalog import Catalog
from kuaihui.catalog.roles import Role
from kuaihui.catalog.targets import resolve
from kuaihui.duties.due import Due
from kuaihui.incident.holders import Part, last_seen, parts
from kuaihui.incident.pages import Acknowledged
from kuaihui.incident.phases import Phase
from kuaihui.incident.roles import RoleProposed
from kuaihui.incident.timeline import Timeline
from kuaihui.language import Text, text
from kuaihui.orders import ProposeRole

AT_ONCE: Final = 1  # the severity that asks for every role without waiting for an acknowledgement
_TARGETS: Final = {
    "oncall": text("on-call"),
    "owner": text("owner"),
    "leader": text("leader"),
    "leader-of-oncall": text("leader of the on-call"),
    "communicators": text("standing communicator"),
    "operations": text("operations"),
    "testers": text("tester"),
    "superior": text("superior"),
    "backup-of-oncall": text("backup of the on-call"),
}


def due(timeline: Timeline, catalog: Catalog, now: datetime) -> Iterator[Due]:
    """A proposal for each role that nobody holds."""
    if timeline.phase not in (Phase.OPEN, Phase.ENGAGED):
        return
    engaged = timeline.last(Acknowledged, timeline.occasion)
    severity = timeline.severity
    begin = timeline.opened.at if severity <= AT_ONCE else engaged.at if engaged else None
    if begin is None:
        return
    known = parts(timeline)
    for role in catalog.roles.values():
        if severity <= role.needed_from:
            yield from _ask(timeline, catalog, role, known.get(role.id, Part(role.id)), begin, now)


def _ask(timeline: Timeline, catalog: Catalog, role: Role, part: Part, begin: datetime, now: datetime) -> Iterator[Due]:
    if part.holder:
        return
    asked = {fact.person: fact.at for fact in timeline.all(RoleProposed, timeline.occasion) if fact.role == role.id}
    for person, reason in candidates(timeline, catalog, role, now):
        if person in part.declined:
            continue
        if person not in asked:
            yield Due(begin, ProposeRole(occasion=timeline.occasion, role=role.id, person=person, reason=reason))
            return
        begin = max(begin, asked[person] + role.absent_after)
        if _present(timeline, person, asked[person]):
            return


def candidates(timeline: Timeline, catalog: Catalog, role: Role, at: datetime) -> Iterator[tuple[str, Text]]:
    """Everybody who may take the role, the first choice first, each once, with the reason why it is them."""
    service, seen = catalog.service(timeline.service), set[str]()
    for target in role.candidates:
        for person in resolve(catalog, target, service, at, {}):
            if person not in seen:
                seen.add(person)
                yield person, text("{target} of {service}", target=said_target(target), service=f"@service:{service.id}")


def said_target(target: str) -> Text:
    """A target of a policy or role, in words."""
    return _TARGETS.get(target) or text("{name}", name=f"@{target}")


def _present(timeline: Timeline, person: str, since: datetime) -> bool:
    seen = last_seen(timeline).get(person)
    return seen is not None and seen >= since
