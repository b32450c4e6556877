"""The whole catalog, loaded and checked: what every other room asks."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import cached_property
from typing import Final

from kuaihui.catalog.faults import Fault
from kuaihui.catalog.guides import Guide
from kuaihui.catalog.matching import Found, Matching
from kuaihui.catalog.people import Person
from kuaihui.catalog.policies import Policy
from kuaihui.catalog.roles import Role
from kuaihui.catalog.rotas import Calendar, Leave, Rota
from kuaihui.catalog.runbooks import Runbook
from kuaihui.catalog.services import Service
from kuaihui.catalog.shapes import Entry, Name
from kuaihui.catalog.shifts import NOBODY, Answer, Rounds, Shift, absences
from kuaihui.catalog.silences import Inhibition
from kuaihui.catalog.templates import Template
from kuaihui.catalog.wall_clock import zone
from kuaihui.catalog.watchdogs import Watchdog

# Who did what nobody else did, as facts name it: the house, and its own workplace.
_HOUSE: Final = ("kuaihui", "builtin")


class Catalog(Entry):
    """
    Everything known beforehand, by id.

    `version` is a hash of the files it was read from; `places` says in which file and line each entry stands ("services/config-center" →
    "services.yaml:12"), so that any decision can name its rule; `cautions` are what is allowed but will be regretted.
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
    cautions: tuple[Fault, ...] = ()
    inhibitions: Mapping[str, Inhibition] = {}
    watchdogs: Mapping[str, Watchdog] = {}
    guides: Mapping[str, Guide] = {}
    runbooks: Mapping[str, Runbook] = {}

    def names(self, language: str) -> dict[str, str]:
        """
        Display names in one language, the house's own among them: each by its kind and id ("role:commander"), and by its id alone.

        An id alone is a person's where kinds share it, then a service's, then a role's: so journals of before the kinds were told are read.
        """
        kinds = {"guide": self.guides, "rota": self.rotas, "role": self.roles, "service": self.services, "person": self.people}
        told = [(kind, entry.id, entry.name.told(language)) for kind, entries in kinds.items() for entry in entries.values()]
        house = dict.fromkeys(_HOUSE, "快恢" if language == "zh" else "Kuaihui")
        return house | {one: name for _, one, name in told} | {f"{kind}:{one}": name for kind, one, name in told}

    def service(self, id: str) -> Service:
        """The service with this id; of one that is no longer named here, which old incidents are of, what the catch-all says."""
        known = self.services.get(id)
        return known or self.services[self.catch_all].model_copy(update={"id": id, "name": Name(zh=id, en=id)})

    def service_for(self, labels: Mapping[str, str]) -> Found:
        """The service of an alert with these labels, and the rule that says so; the catch-all where no rule fits."""
        return self.matching.service_for(labels)

    def on_call(self, rota: str, at: datetime) -> tuple[str, ...]:
        """Ids of the people on call in this rota at the instant `at` (aware); empty where the rota has a gap or is unknown."""
        return self.answer(rota, at).people

    def answer(self, rota: str, at: datetime) -> Answer:
        """Who is on call in this rota at the instant `at` (aware), by which layer, and why them."""
        rounds = self.rounds.get(rota)
        return rounds.answer(at) if rounds else NOBODY

    def shifts(self, rota: str, since: datetime, until: datetime) -> list[Shift]:
        """The rota's shifts between two instants (aware), without holes: a gap is a shift of nobody. Empty for an unknown rota."""
        rounds = self.rounds.get(rota)
        return rounds.shifts(since, until) if rounds else []

    def gaps(self, rota: str, since: datetime, until: datetime) -> list[Shift]:
        """The spans between two instants (aware) in which the rota has nobody."""
        return [shift for shift in self.shifts(rota, since, until) if not shift.people]

    def leader_of(self, service: Service) -> str:
        """The service's leader: its own, or its owner's."""
        return service.leader or (self.people[service.owner].leader if service.owner in self.people else "")

    def document_title(self, service: str, at: datetime, alert: str) -> str:
        """
        The title of the incident's document by its template's rule, in the team's language and time zone.

        `alert` is the alert's name or short word; the service's own short word for that name goes before it.
        """
        known = self.service(service)
        local = at.astimezone(zone(self.time_zone))
        word = known.shorts.get(alert, alert)
        template = self.templates.get(known.document_template)
        if template is None:
            return f"IR-{local:%Y%m%d}-{known.name.told(self.language)}{word}"
        return template.titled(self.language, local, known.name.told(self.language), word)

    @cached_property
    def matching(self) -> Matching:
        """The rules that find an alert's service, ready to be asked."""
        return Matching(self.services, self.places, self.catch_all)

    @cached_property
    def rounds(self) -> Mapping[str, Rounds]:
        """Each rota with who is away and which days are worked."""
        away = absences(self.leave, self.people, self.places)
        return {rota.id: Rounds(rota, self.people, away, self.calendars.get(rota.calendar), self.places) for rota in self.rotas.values()}
