"""
What only shows when all files are read: whether what is named is there, and whether it fits together.

Rule 1: every check looks at all entries and keeps every fault, each at the line that is wrong.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from itertools import pairwise
from typing import Final, cast
from zoneinfo import available_timezones

from kuaihui.catalog.faults import did_you_mean
from kuaihui.catalog.matchers import BadMatcher, fits_all, parse
from kuaihui.catalog.people import Person
from kuaihui.catalog.policies import Policy
from kuaihui.catalog.roles import Role
from kuaihui.catalog.rotas import Rota
from kuaihui.catalog.services import Service
from kuaihui.catalog.silences import Inhibition
from kuaihui.catalog.sources import Sources
from kuaihui.catalog.target_words import KINDS, WORDS
from kuaihui.catalog.wall_clock import instant, is_zone, zone
from kuaihui.catalog.watchdogs import Watchdog
from kuaihui.language import Text, mark, text

Place = tuple[str, int]
LINES: Final = ("stages", "rollback")  # of a service's hotfix
_UNKNOWN: Final[Mapping[str, tuple[str, str, str]]] = {
    "people": ("person", mark("there is nobody with the id {name}"), mark("add them to people.yaml")),
    "services": ("service", mark("there is no service {name}"), mark("add it to services.yaml")),
    "rotas": ("rota", mark("there is no rota {name}"), mark("add it to rotas.yaml")),
    "calendars": ("calendar", mark("there is no calendar {name}"), mark("add it to calendars.yaml")),
    "policies": ("policy", mark("there is no policy {name}"), mark("add it to policies.yaml")),
    "roles": ("role", mark("there is no role {name}"), mark("add it to roles.yaml")),
    "templates": ("template", mark("there is no template {name}"), mark("add it to the folder templates, as {name}.md")),
}


def check(sources: Sources) -> None:
    """Keep every fault of what is named, and of what does not fit together."""
    for kind, name, place in _named(sources):
        is_there(sources, kind, name, place)
    for target, place in _targets(sources):
        _is_target(sources, target, place)
    for name, place in _zones(sources):
        _is_zone(sources, name, place)
    _leaders(sources)
    _matchers(sources)
    _usual(sources)
    _gates(sources)
    _leave(sources)
    for rota in _rotas(sources):
        _overrides(sources, rota)


def _people(sources: Sources) -> list[Person]:
    return list(cast("dict[str, Person]", sources.entries["people"]).values())


def _services(sources: Sources) -> list[Service]:
    return list(cast("dict[str, Service]", sources.entries["services"]).values())


def _rotas(sources: Sources) -> list[Rota]:
    return list(cast("dict[str, Rota]", sources.entries["rotas"]).values())


def _watchdogs(sources: Sources) -> list[Watchdog]:
    return list(cast("dict[str, Watchdog]", sources.entries["watchdogs"]).values())


def _named(sources: Sources) -> Iterator[tuple[str, str, Place]]:
    """Every id that is named outside a target: its kind, itself, and where."""
    if sources.front and sources.front.catch_all != "-":
        yield "services", sources.front.catch_all, ("catalog.yaml", sources.front_sheet.line("catch_all"))
    for number, leave in enumerate(sources.leave):
        yield "people", leave.person, (sources.leave_sheet.file, sources.leave_sheet.line(number, "person"))
    for person in _people(sources):
        for key in ("leader", "backup"):
            yield "people", getattr(person, key), sources.place("people", person.id, key)
    for service in _services(sources):
        yield from _named_by_service(sources, service)
    for rota in _rotas(sources):
        yield from _named_by_rota(sources, rota)
    for watchdog in _watchdogs(sources):
        yield "services", watchdog.service, sources.place("watchdogs", watchdog.id, "service")


def _named_by_service(sources: Sources, service: Service) -> Iterator[tuple[str, str, Place]]:
    for key, kind in (
        ("owner", "people"),
        ("leader", "people"),
        ("rota", "rotas"),
        ("policy", "policies"),
        ("document_template", "templates"),
    ):
        yield kind, getattr(service, key), sources.place("services", service.id, key)
    for key, kind in (("communicators", "people"), ("operations", "people"), ("testers", "people"), ("depends_on", "services")):
        for number, name in enumerate(getattr(service, key)):
            yield kind, name, sources.place("services", service.id, key, number)


def _named_by_rota(sources: Sources, rota: Rota) -> Iterator[tuple[str, str, Place]]:
    yield "calendars", rota.calendar, sources.place("rotas", rota.id, "calendar")
    for number, layer in enumerate(rota.layers):
        for turn, people in enumerate(layer.people):
            for share, person in enumerate(people):
                yield "people", person, sources.place("rotas", rota.id, "layers", number, "people", turn, share)
    for number, override in enumerate(rota.overrides):
        for share, person in enumerate(override.people):
            yield "people", person, sources.place("rotas", rota.id, "overrides", number, "people", share)


def is_there(sources: Sources, kind: str, name: str, place: Place) -> None:
    """A fault where no entry of this kind has this id."""
    if not name or kind in sources.failed or name in sources.known[kind]:
        return
    rule, wrong, otherwise = _UNKNOWN[kind]
    remedy = did_you_mean(name, sources.known[kind], Text(otherwise, {"name": name}))
    sources.fault(place, f"unknown_{rule}", Text(wrong, {"name": name}), remedy)


def _targets(sources: Sources) -> Iterator[tuple[str, Place]]:
    for policy in cast("dict[str, Policy]", sources.entries["policies"]).values():
        for number, level in enumerate(policy.levels):
            for which, target in enumerate(level.notify):
                yield target, sources.place("policies", policy.id, "levels", number, "notify", which)
    for role in cast("dict[str, Role]", sources.entries["roles"]).values():
        for number, target in enumerate(role.candidates):
            yield target, sources.place("roles", role.id, "candidates", number)
    for service in _services(sources):
        for which, target in enumerate(service.superior.whom):
            yield target, sources.place("services", service.id, "superior", "whom", which)
        for line in LINES:
            for number, stage in enumerate(getattr(service.hotfix, line)):
                yield stage.owner, sources.place("services", service.id, "hotfix", line, number, "owner")


def _is_target(sources: Sources, target: str, place: Place) -> None:
    kind, colon, name = target.partition(":")
    if colon and kind in KINDS:
        is_there(sources, KINDS[kind], name or "?", place)
    elif target not in WORDS:
        known = (*WORDS, *(f"{word}:ID" for word in KINDS))
        remedy = did_you_mean(target, known, text("a target is one of: {known}", known=tuple(known)))
        sources.fault(place, "unknown_target", text("{target} is no target", target=target), remedy)


def _zones(sources: Sources) -> Iterator[tuple[str, Place]]:
    if sources.front:
        yield sources.front.time_zone, ("catalog.yaml", sources.front_sheet.line("time_zone"))
    for person in _people(sources):
        yield person.time_zone, sources.place("people", person.id, "time_zone")
    for rota in _rotas(sources):
        yield rota.time_zone, sources.place("rotas", rota.id, "time_zone")


def _is_zone(sources: Sources, name: str, place: Place) -> None:
    if not is_zone(name):
        remedy = did_you_mean(name, available_timezones(), text("write an IANA name like Asia/Shanghai"))
        sources.fault(place, "unknown_time_zone", text("there is no time zone {name}", name=name), remedy)


def _leaders(sources: Sources) -> None:
    """Nobody leads their own leader, and nobody is their own backup."""
    leaders = {person.id: person.leader for person in _people(sources)}
    told: set[str] = set()
    for person in _people(sources):
        circle = _circle(person.id, leaders)
        if person.id in circle and not told.intersection(circle):
            told.update(circle)
            shown = " → ".join([*circle, circle[0]])
            place = sources.place("people", person.id, "leader")
            sources.fault(
                place,
                "leader_cycle",
                text("the leaders go in a circle: {circle}", circle=shown),
                text("leave out the leader of whoever stands highest"),
            )
        if person.backup == person.id:
            wrong = text("{person} is their own backup", person=person.id)
            sources.fault(sources.place("people", person.id, "backup"), "own_backup", wrong, text("name somebody else, or leave it out"))


def _circle(person: str, leaders: Mapping[str, str]) -> list[str]:
    """The people met going up from here, until one is met again or there is none; empty when it ends."""
    met = [person]
    while (above := leaders.get(met[-1], "")) and above not in met:
        met.append(above)
    return met[met.index(above) :] if above else []


def _matchers(sources: Sources) -> None:
    for service in _services(sources):
        for number, written in enumerate(service.match):
            can_be_read(sources, written, sources.place("services", service.id, "match", number))
    for rule in cast("dict[str, Inhibition]", sources.entries["inhibitions"]).values():
        for side in ("source", "target"):
            can_be_read(sources, getattr(rule, side), sources.place("inhibitions", rule.id, side))
    for watchdog in _watchdogs(sources):
        place = sources.place("watchdogs", watchdog.id, "match")
        if can_be_read(sources, watchdog.match, place) and fits_all(parse(watchdog.match)):
            wrong = text("{matcher} fits every alert: none of them would wake anybody", matcher=watchdog.match)
            sources.fault(place, "fits_all", wrong, text("at least one matcher must want a label to be there"))


def can_be_read(sources: Sources, written: str, place: Place) -> bool:
    """Whether this is a matcher; a fault where it is none."""
    try:
        parse(written)
    except BadMatcher as bad:
        wrong = text("{matcher} cannot be read at character {column}: {why}", matcher=written, column=bad.column, why=bad.text)
        sources.fault(place, "bad_matcher", wrong, text('write it like service="config-center", env!="test"'))
        return False
    return True


def _usual(sources: Sources) -> None:
    for service in _services(sources):
        signal = service.signal
        if signal and signal.usual_low > signal.usual_high:
            wrong = text("usual_low {low} is above usual_high {high}", low=signal.usual_low, high=signal.usual_high)
            sources.fault(sources.place("services", service.id, "signal", "usual_low"), "backwards", wrong, text("swap the two"))


def _gates(sources: Sources) -> None:
    """A word in the topic means one gate: no two of a line go by the same name."""
    for service in _services(sources):
        for line in LINES:
            seen: dict[str, int] = {}
            for number, stage in enumerate(getattr(service.hotfix, line)):
                for word in {name.casefold() for name in (stage.id, stage.name.zh, stage.name.en, *stage.called)}:
                    if seen.setdefault(word, number) != number:
                        wrong = text("two gates are called {name}", name=word)
                        place = sources.place("services", service.id, "hotfix", line, number)
                        sources.fault(place, "duplicate_gate", wrong, text("give each gate names of its own"))


def _leave(sources: Sources) -> None:
    for number, leave in enumerate(sources.leave):
        if leave.last < leave.first:
            wrong = text("it ends on {last}, before it begins on {first}", first=leave.first.isoformat(), last=leave.last.isoformat())
            sources.fault((sources.leave_sheet.file, sources.leave_sheet.line(number, "last")), "backwards", wrong, text("swap the two"))


def _overrides(sources: Sources, rota: Rota) -> None:
    if not is_zone(rota.time_zone):
        return
    spans = [(_instant(entry.since, rota), _instant(entry.until, rota), number) for number, entry in enumerate(rota.overrides)]
    for since, until, number in spans:
        if until <= since:
            place = sources.place("rotas", rota.id, "overrides", number, "until")
            sources.fault(place, "backwards", text("the override ends before it begins"), text("swap since and until"))
    for (_, until, first), (since, _, then) in pairwise(sorted(spans)):
        if since < until:
            other = sources.place("rotas", rota.id, "overrides", first)
            wrong = text("the override overlaps the one in {place}", place=f"{other[0]}:{other[1]}")
            remedy = text("let one end where the other begins; people who share a shift stand in one override")
            sources.fault(sources.place("rotas", rota.id, "overrides", then, "since"), "overlap", wrong, remedy)


def _instant(written: datetime, rota: Rota) -> datetime:
    return written.astimezone(UTC) if written.tzinfo else instant(written.date(), written.time(), zone(rota.time_zone))
