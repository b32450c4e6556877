"""A catalog of many services, each with a person on call."""

from __future__ import annotations

from datetime import date

from kuaihui.catalog.catalog import Catalog
from kuaihui.catalog.people import Person
from kuaihui.catalog.policies import Level, Policy
from kuaihui.catalog.rotas import Layer, Rota
from kuaihui.catalog.services import Service

GROUPS = 200


def catalog(count: int) -> Catalog:
    people = [Person.model_validate({"id": f"p{number}", "name": f"Person {number}"}) for number in range(count)]
    rotas = [
        Rota.model_validate(
            {"id": f"r{number}", "name": f"r{number}", "layers": [Layer(people=((f"p{number}",),), starts=date(2023, 1, 1))]}
        )
        for number in range(count)
    ]
    services = [
        Service.model_validate({"id": f"svc-{number}", "name": f"Service {number}", "owner": f"p{number}", "rota": f"r{number}"})
        for number in range(count)
    ]
    levels = [Level(notify=("oncall",)), Level(notify=("owner",))]
    made = Catalog.model_validate(
        {
            "version": "bench",
            "time_zone": "Asia/Shanghai",
            "language": "zh",
            "catch_all": "svc-0",
            "people": {one.id: one for one in people},
            "services": {one.id: one for one in services},
            "rotas": {one.id: one for one in rotas},
            "calendars": {},
            "leave": (),
            "policies": {"default": Policy.model_validate({"id": "default", "name": "default", "levels": levels})},
            "roles": {},
            "templates": {},
            "places": {},
        }
    )
    _ = made.matching, made.rounds  # made ready, as loading it from a folder does
    return made
