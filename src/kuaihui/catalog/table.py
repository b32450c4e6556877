"""
The lines of business as a team keeps them in a table (《业务线负责人和值班文档》), laid over the catalog of the files.

Rule 1: a line of the table says who owns a service, who is on call for it, and who else belongs to it; all else stands in the files.
Rule 2: a table that is suspicious (no lines at all, a column or a person that is gone) is not taken: its faults are told, and the last good
        one stays.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from hashlib import sha256
from typing import Final, Literal, get_args

import msgspec

from kuaihui.catalog.catalog import Catalog
from kuaihui.catalog.faults import Fault
from kuaihui.catalog.people import Person
from kuaihui.catalog.rotas import Layer, Rota
from kuaihui.catalog.services import Service
from kuaihui.catalog.shapes import Name
from kuaihui.language import Text, text

Column = Literal["owner", "oncall", "leader", "communicators", "operations", "testers"]
COLUMNS: Final[tuple[Column, ...]] = get_args(Column)
# A service has one of these, and as many as there are of the others.
ALONE: Final[frozenset[Column]] = frozenset({"owner", "leader"})
# A table's people are on call from the first day of any timeline.
ALWAYS: Final = date(2000, 1, 1)
# Fewer lines than this share of the last good table's: more likely a right that was lost than a team that was dissolved.
LEAST: Final = 0.5


class Known(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Somebody the table names, as the directory knows them: new to the catalog, or with a leader that the files leave out."""

    id: str
    name: str = ""
    feishu: str = ""
    phone: str = ""
    email: str = ""
    leader: str = ""


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One row: the service by its id or name, and its people (ids of the catalog) by column; a column that is not mapped is not there."""

    record: str
    number: int
    service: str
    people: dict[Column, tuple[str, ...]]


class Table(msgspec.Struct, frozen=True, omit_defaults=True):
    """A good table: its lines, and the people whom the catalog has to learn."""

    title: str
    lines: tuple[Line, ...] = ()
    known: tuple[Known, ...] = ()


def suspicious(table: Table, last: Table | None) -> list[Fault]:
    """What speaks against taking this table after the last good one."""
    found: list[Fault] = []
    if not table.lines:
        wrong = text("the table has no rows")
        found.append(_fault(table, 0, "empty", wrong, text("give the app full access in the table's advanced permissions")))
    elif last and len(table.lines) < LEAST * len(last.lines):
        wrong = text("the table has {count} rows, the last good one had {before}", count=len(table.lines), before=len(last.lines))
        found.append(_fault(table, 0, "rows_gone", wrong, text("give the app full access in the table's advanced permissions")))
    for line in table.lines:
        for column in ("owner", "oncall"):
            if column in line.people and not line.people[column]:
                wrong = text("{service} has nobody in the column for {column}", service=line.service, column=column)
                found.append(_fault(table, line.number, "nobody", wrong, text("name somebody there who works here")))
    return found


def laid(catalog: Catalog, table: Table) -> tuple[Catalog, list[Fault]]:
    """The catalog with the table laid over it, and the lines that fit no service of it."""
    people = _people(catalog, table.known)
    services, rotas, places = dict(catalog.services), dict(catalog.rotas), dict(catalog.places)
    strays: list[Fault] = []
    by_name = services_by_name(catalog)
    for line in table.lines:
        service = services.get(by_name.get(line.service.strip().casefold(), ""))
        if service is None:
            wrong = text("no service of the catalog is called {service}", service=line.service)
            strays.append(_fault(table, line.number, "stray", wrong, text("add it to services.yaml under this name, or correct the row")))
            continue
        place = f"《{table.title}》:{line.number}"
        rota = rota_of(catalog, service, line)
        services[service.id] = _service(service, line, rota.id if rota else service.rota)
        places[f"services/{service.id}"] = f"{places.get(f'services/{service.id}', '')} {place}".strip()
        if rota:
            rotas[rota.id] = rota
            places |= {f"rotas/{rota.id}": place, f"rotas/{rota.id}/layers/0": place}
    version = f"{catalog.version}+{hash_of(table)}"
    found = {"people": people, "services": services, "rotas": rotas, "places": places, "version": version}
    made = catalog.model_copy(update=found)
    for worked_out in ("rounds", "matching"):
        vars(made).pop(worked_out, None)
    return made, strays


def services_by_name(catalog: Catalog) -> dict[str, str]:
    """Ids of services by every name they go by."""
    named = [(name, one.id) for one in catalog.services.values() for name in (one.name.zh, one.name.en, one.id)]
    return {name.strip().casefold(): service for name, service in named}


def rota_of(catalog: Catalog, service: Service, line: Line) -> Rota | None:
    """The rota that the table's column makes; behind it stands whoever the files name. None where the table does not say."""
    people = line.people.get("oncall")
    if not people:
        return None
    mine = Layer(people=(people,), starts=ALWAYS)
    files = catalog.rotas.get(service.rota)
    shared = sum(one.rota == service.rota for one in catalog.services.values()) > 1
    if files is not None and not shared:
        return files.model_copy(update={"layers": (mine, *files.layers)})
    name = Name(zh=f"{service.name.zh}值班", en=f"{service.name.en} on-call")
    return Rota(id=f"{service.id}-oncall", name=name, time_zone=catalog.time_zone, layers=(mine, *(files.layers if files else ())))


def hash_of(table: Table) -> str:
    """A short name for what the table says."""
    return sha256(msgspec.json.encode(table, order="deterministic")).hexdigest()[:8]


def _people(catalog: Catalog, known: Sequence[Known]) -> Mapping[str, Person]:
    people = dict(catalog.people)
    for one in known:
        there = people.get(one.id)
        if there is None:
            name = Name(zh=one.name or one.id, en=one.name or one.id)
            people[one.id] = Person(id=one.id, name=name, reach=("feishu",), feishu=one.feishu, phone=one.phone, email=one.email)
    for one in known:
        there = people[one.id]
        if one.leader and not there.leader and one.leader in people and one.leader != one.id:
            people[one.id] = there.model_copy(update={"leader": one.leader})
    return people


def _service(service: Service, line: Line, rota: str) -> Service:
    said = {column: people[0] if column in ALONE else people for column, people in line.people.items() if people and column != "oncall"}
    return service.model_copy(update={**said, "rota": rota})


def _fault(table: Table, line: int, rule: str, wrong: Text, remedy: Text) -> Fault:
    return Fault(f"《{table.title}》", line, f"table.{rule}", wrong, remedy)
