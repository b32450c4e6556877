"""Catalogs made by hand, for tests that need no files."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from kuaihui.catalog.catalog import Catalog
from kuaihui.catalog.people import Person
from kuaihui.catalog.policies import Policy
from kuaihui.catalog.rotas import Calendar, Leave, Rota
from kuaihui.catalog.services import Service


def person(name: str, **more: Any) -> Person:
    return Person.model_validate({"id": name, "name": name} | more)


def catalog(
    people: Sequence[Person] = (),
    services: Sequence[Service] = (),
    rotas: Sequence[Rota] = (),
    leave: Sequence[Leave] = (),
    calendars: Sequence[Calendar] = (),
) -> Catalog:
    rest = Service.model_validate({"id": "rest", "name": "rest", "owner": "a"})
    default = Policy.model_validate({"id": "default", "name": "default", "levels": [{"notify": ["oncall"]}]})
    return Catalog(
        version="test",
        time_zone="Asia/Shanghai",
        language="zh",
        catch_all="rest",
        people={each.id: each for each in people},
        services={each.id: each for each in [*services, rest]},
        rotas={each.id: each for each in rotas},
        calendars={each.id: each for each in calendars},
        leave=tuple(leave),
        policies={"default": default},
        roles={},
        templates={},
        places={},
    )


def rota(*layers: dict[str, Any], **more: Any) -> Rota:
    starts = {"starts": date(2023, 1, 2)}  # a Monday
    return Rota.model_validate({"id": "r", "name": "r", "layers": [starts | layer for layer in layers]} | more)
