"""Whom a target means, at an instant: "oncall", "leader", "rota:ID", "role:ID" … (policies.py lists them all)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from kuaihui.catalog.catalog import Catalog
from kuaihui.catalog.services import Service


def resolve(catalog: Catalog, target: str, service: Service, at: datetime, holders: Mapping[str, str]) -> tuple[str, ...]:
    """
    The ids of the people a target means for this service at the instant `at` (aware), each once.

    `holders` says who holds which role now. Whoever has left, or is unknown, is not among them; an unknown target means nobody.
    """
    found = _meant(catalog, target, service, at, holders)
    people = catalog.people
    return tuple(dict.fromkeys([person for person in found if person in people and people[person].joined]))


def _meant(catalog: Catalog, target: str, service: Service, at: datetime, holders: Mapping[str, str]) -> Iterable[str]:
    kind, _, named = target.partition(":")
    match kind:
        case "oncall":
            return catalog.on_call(service.rota, at)
        case "rota":
            return catalog.on_call(named, at)
        case "person":
            return (named,)
        case "role":
            return (holders.get(named, ""),)
        case "backup-of-oncall":
            return _each(catalog, "backup", catalog.on_call(service.rota, at))
        case "leader-of-oncall":
            return _each(catalog, "leader", catalog.on_call(service.rota, at))
        case _:
            return _standing(catalog, kind, service)


def _standing(catalog: Catalog, word: str, service: Service) -> Iterable[str]:
    """Those whom the service itself names, at any time."""
    match word:
        case "owner":
            return (service.owner,)
        case "leader":
            return (catalog.leader_of(service),)
        case "superior":
            return _each(catalog, "leader", (catalog.leader_of(service),))
        case "communicators":
            return service.communicators
        case "operations":
            return service.operations
        case "testers":
            return service.testers
        case _:
            return ()


def _each(catalog: Catalog, field: str, people: Iterable[str]) -> list[str]:
    return [getattr(catalog.people[person], field) for person in people if person in catalog.people]
