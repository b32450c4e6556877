"""What a sound catalog will make somebody regret: gaps in a rota, levels that page nobody, people without a number."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Final

from kuaihui.catalog.catalog import Catalog
from kuaihui.catalog.faults import Fault
from kuaihui.catalog.policies import Level
from kuaihui.catalog.rotas import Rota
from kuaihui.catalog.services import Service
from kuaihui.catalog.targets import resolve
from kuaihui.catalog.wall_clock import MIDNIGHT, instant, zone
from kuaihui.language import Text, text

# Four weeks: every weekly pattern has been round, and there is still time to find somebody.
LOOK_AHEAD: Final = timedelta(days=28)


def cautions(catalog: Catalog, now: datetime | None) -> Iterator[Fault]:
    """Everything to be cautious of, looking ahead from `now`, or from the beginning of each rota's newest layer."""
    for rota in catalog.rotas.values():
        since = now or _begin(rota)
        yield from _gaps(catalog, rota, since)
        yield from _calendar(catalog, rota, since)
        yield from _gone(catalog, rota)
    yield from _levels(catalog, now)


def _begin(rota: Rota) -> datetime:
    return instant(max(layer.starts for layer in rota.layers), MIDNIGHT, zone(rota.time_zone)) + timedelta(days=1)


def _gaps(catalog: Catalog, rota: Rota, since: datetime) -> Iterator[Fault]:
    found = [] if catalog.rounds[rota.id].always(since) else catalog.gaps(rota.id, since, since + LOOK_AHEAD)
    if not found:
        return
    place, first = zone(rota.time_zone), found[0]
    wrong = text(
        "nobody is on call from {since} until {until} ({count} gaps in {days} days)",
        since=f"{first.since.astimezone(place):%Y-%m-%d %H:%M}",
        until=f"{first.until.astimezone(place):%Y-%m-%d %H:%M}",
        count=len(found),
        days=LOOK_AHEAD.days,
    )
    yield _caution(catalog, f"rotas/{rota.id}", "rota_gap", wrong, text("add a layer that stands in, or widen weekdays and hours"))


def _calendar(catalog: Catalog, rota: Rota, since: datetime) -> Iterator[Fault]:
    """Whoever turns by working days needs to know this year's."""
    wanted = [number for number, layer in enumerate(rota.layers) if {"workday", "holiday"} & set(layer.weekdays)]
    if not wanted:
        return
    place, calendar = f"rotas/{rota.id}/layers/{wanted[0]}", catalog.calendars.get(rota.calendar)
    if calendar is None:
        wrong = text("its weekdays name workday or holiday, but the rota has no calendar")
        yield _caution(
            catalog, place, "no_calendar", wrong, text("write calendar: and its id; until then only Saturday and Sunday are holidays")
        )
    elif since.year not in {day.year for day in calendar.holidays}:
        wrong = text("the calendar {calendar} knows no holiday of {year}", calendar=calendar.id, year=str(since.year))
        yield _caution(catalog, place, "calendar_ends", wrong, text("add the year to calendars.yaml"))


def _gone(catalog: Catalog, rota: Rota) -> Iterator[Fault]:
    for number, layer in enumerate(rota.layers):
        for person in dict.fromkeys(person for people in layer.people for person in people):
            if not catalog.people[person].joined:
                wrong = text("{person} has left and never takes their turn", person=person)
                yield _caution(catalog, f"rotas/{rota.id}/layers/{number}", "has_left", wrong, text("take them out of the layer"))


def _levels(catalog: Catalog, now: datetime | None) -> Iterator[Fault]:
    told: set[tuple[str, int, tuple[str, ...]]] = set()
    for service in catalog.services.values():
        for number, level in enumerate(catalog.policies[service.policy].levels):
            people = _paged(catalog, level, service, now)
            key = (service.policy, number, people)
            if key not in told:
                told.add(key)
                yield from _level(catalog, service, number, level, people)


def _level(catalog: Catalog, service: Service, number: int, level: Level, people: tuple[str, ...]) -> Iterator[Fault]:
    place = f"policies/{service.policy}/levels/{number}"
    if not people and not any(target.startswith("role:") for target in level.notify):
        wrong = text("for {service} this level is nobody", service=service.id)
        yield _caution(catalog, place, "level_is_nobody", wrong, text("name people for it, or give the service another policy"))
    without = [person for person in people if not catalog.people[person].phone]
    if people and without == list(people):
        wrong = text("nobody whom this level pages for {service} has a phone number: {people}", service=service.id, people=people)
        yield _caution(catalog, place, "no_phone", wrong, text("add phone: to people.yaml, so that somebody can be called at night"))


def _paged(catalog: Catalog, level: Level, service: Service, now: datetime | None) -> tuple[str, ...]:
    """Everybody the level may page: for a rota, whoever takes turns in it."""
    found: list[str] = []
    for target in level.notify:
        kind, _, name = target.partition(":")
        rota = catalog.rotas.get(service.rota if target == "oncall" else name if kind == "rota" else "")
        if rota:
            found += [person for layer in rota.layers for people in layer.people for person in people]
        else:
            found += resolve(catalog, target, service, now or datetime(2023, 1, 1, tzinfo=UTC), {})
    return tuple(dict.fromkeys(person for person in found if catalog.people[person].joined))


def _caution(catalog: Catalog, path: str, rule: str, wrong: Text, remedy: Text) -> Fault:
    file, _, line = catalog.places.get(path, f"{path}:1").rpartition(":")
    return Fault(file, int(line), f"catalog.{rule}", wrong, remedy)
