"""
A folder of files as a catalog, checked as a whole.

Rule 1: either every file is sound and fits the others, or all faults are told at once and there is no catalog.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import cast

from kuaihui.catalog.catalog import Catalog
from kuaihui.catalog.cautions import cautions
from kuaihui.catalog.checks import check
from kuaihui.catalog.faults import FaultyCatalog, in_order
from kuaihui.catalog.guides import Guide
from kuaihui.catalog.people import Person
from kuaihui.catalog.policies import Policy
from kuaihui.catalog.roles import Role
from kuaihui.catalog.rotas import Calendar, Rota
from kuaihui.catalog.runbooks import Runbook, read_runbooks
from kuaihui.catalog.services import Service
from kuaihui.catalog.silences import Inhibition
from kuaihui.catalog.sources import Sources
from kuaihui.catalog.symptoms import check_symptoms
from kuaihui.catalog.template_files import read_templates
from kuaihui.catalog.templates import Template
from kuaihui.catalog.watchdogs import Watchdog


def load(folder: Path, now: datetime | None = None) -> Catalog:
    """
    The catalog in this folder, with its cautions.

    `now` (aware) is where looking ahead for gaps begins; without it, where the newest layer of each rota begins. Raises FaultyCatalog (a
    BadCatalog) with every fault.
    """
    sources = Sources.read(Path(folder))
    templates = read_templates(sources)
    runbooks = read_runbooks(sources)
    check(sources)
    check_symptoms(sources, runbooks)
    if sources.faults or sources.front is None:
        raise FaultyCatalog(in_order(sources.faults))
    catalog = _built(sources, templates, runbooks)
    _ = catalog.matching, catalog.rounds  # made ready here, so that the first alert does not pay for it
    return catalog.model_copy(update={"cautions": tuple(in_order([*sources.cautions, *cautions(catalog, now)]))})


def _built(sources: Sources, templates: Mapping[str, Template], runbooks: Mapping[str, Runbook]) -> Catalog:
    front, entries = sources.front, sources.entries
    assert front is not None
    return Catalog.model_construct(
        version=sources.hash.hexdigest()[:12],
        time_zone=front.time_zone,
        language=front.language,
        catch_all=front.catch_all,
        people=cast("dict[str, Person]", entries["people"]),
        services=cast("dict[str, Service]", entries["services"]),
        rotas=cast("dict[str, Rota]", entries["rotas"]),
        calendars=cast("dict[str, Calendar]", entries["calendars"]),
        leave=tuple(sources.leave),
        policies=cast("dict[str, Policy]", entries["policies"]),
        roles=cast("dict[str, Role]", entries["roles"]),
        templates=dict(templates),
        places=places(sources),
        cautions=(),
        inhibitions=cast("dict[str, Inhibition]", entries["inhibitions"]),
        watchdogs=cast("dict[str, Watchdog]", entries["watchdogs"]),
        guides=cast("dict[str, Guide]", entries["guides"]),
        runbooks=dict(runbooks),
    )


def places(sources: Sources) -> dict[str, str]:
    """File and line of each entry, and of each part of one that can decide something."""
    found = {f"{kind}/{entry}": _shown(sources.place(kind, entry)) for kind, known in sources.known.items() for entry in known}
    for service in cast("dict[str, Service]", sources.entries["services"]).values():
        for number in range(len(service.match)):
            found[f"services/{service.id}/match/{number}"] = _shown(sources.place("services", service.id, "match", number))
    for rota in cast("dict[str, Rota]", sources.entries["rotas"]).values():
        for part, count in (("layers", len(rota.layers)), ("overrides", len(rota.overrides))):
            for number in range(count):
                found[f"rotas/{rota.id}/{part}/{number}"] = _shown(sources.place("rotas", rota.id, part, number))
    for policy in cast("dict[str, Policy]", sources.entries["policies"]).values():
        for number in range(len(policy.levels)):
            found[f"policies/{policy.id}/levels/{number}"] = _shown(sources.place("policies", policy.id, "levels", number))
    sheet = sources.leave_sheet
    return found | {f"leave/{number}": f"{sheet.file}:{sheet.line(number)}" for number in range(len(sources.leave))}


def _shown(place: tuple[str, int]) -> str:
    return f"{place[0]}:{place[1]}"
