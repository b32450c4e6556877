"""Whom a target of a policy or role means at an instant."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from kuaihui.catalog.catalog import Catalog
from kuaihui.catalog.services import Service


def resolve(catalog: Catalog, target: str, service: Service, at: datetime, holders: Mapping[str, str]) -> tuple[str, ...]:
    """The ids of the people a target means; never somebody who has left."""
    found = _found(catalog, target, service, at, holders)
    return tuple(person for person in dict.fromkeys(found) if person in catalog.people and catalog.people[person].joined)


def _found(catalog: Catalog, target: str, service: Service, at: datetime, holders: Mapping[str, str]) -> tuple[str, ...]:
    kind, _, name = target.partition(":")
    on_call = catalog.on_call(service.rota, at)
    leader = catalog.leader_of(service)
    match kind:
        case "oncall":
            return on_call
        case "rota":
            return catalog.on_call(name, at)
        case "person":
            return (name,)
        case "owner":
            return (service.owner,)
        case "leader":
            return (leader,)
        case "leader-of-oncall":
            return tuple(catalog.people[person].leader for person in on_call)
        case "backup-of-oncall":
            return tuple(catalog.people[person].backup for person in on_call)
        case "communicators":
            return service.communicators
        case "operations":
            return service.operations
        case "testers":
            return service.testers
        case "superior":
            return (catalog.people[leader].leader,) if leader in catalog.people else ()
        case "role":
            return (holders[name],) if name in holders else ()
        case _:
            return ()
