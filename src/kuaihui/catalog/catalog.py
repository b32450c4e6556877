"""The whole catalog, loaded and checked: what every other room asks."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from kuaihui.catalog.people import Person
from kuaihui.catalog.policies import Policy
from kuaihui.catalog.roles import Role
from kuaihui.catalog.rotas import Calendar, Leave, Rota
from kuaihui.catalog.services import Service
from kuaihui.catalog.shapes import Entry
from kuaihui.catalog.templates import Template


class Catalog(Entry):
    """
    Everything known beforehand, by id.

    `version` is a hash of the files it was read from; `places` says in which file and line each entry stands ("services/config-center" →
    "services.yaml:12"), so that any decision can name its rule.
    """

    version: str
    time_zone: str
    language: str
    catch_all: str  # the service an alert goes to that fits no other
    people: Mapping[str, Person]
    services: Mapping[str, Service]
    rotas: Mapping[str, Rota]
    calendars: Mapping[str, Calendar]
    leave: tuple[Leave, ...]
    policies: Mapping[str, Policy]
    roles: Mapping[str, Role]
    templates: Mapping[str, Template]
    places: Mapping[str, str]

    def names(self, language: str) -> dict[str, str]:
        """Display names of people, services, roles and rotas by id, in one language."""
        named = [*self.people.values(), *self.services.values(), *self.roles.values(), *self.rotas.values()]
        return {entry.id: entry.name.told(language) for entry in named}

    def on_call(self, rota: str, at: datetime) -> tuple[str, ...]:
        """Ids of the people on call in this rota at the instant `at` (aware); empty where the rota has a gap or is unknown."""
        raise NotImplementedError

    def leader_of(self, service: Service) -> str:
        """The service's leader: its own, or its owner's."""
        return service.leader or (self.people[service.owner].leader if service.owner in self.people else "")
