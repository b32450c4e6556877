"""
Overrides made on the page, laid over the catalog of the files.

Rule 1: the files stay as they are: what is laid over them is kept by the journal, names its author, and is over by itself.
Rule 2: overrides of one rota never overlap, wherever they were written, so that nobody has to ask which one counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec

from kuaihui.catalog.catalog import Catalog
from kuaihui.catalog.rotas import Override, Rota
from kuaihui.catalog.wall_clock import instant, zone
from kuaihui.errors import Refused
from kuaihui.language import text

# A shift is looked for this far around an instant: the longest usual turn is a fortnight.
LOOK: Final = timedelta(days=15)


class Span(msgspec.Struct, frozen=True):
    """These people, from `since` until `until` (UTC)."""

    people: tuple[str, ...]
    since: datetime
    until: datetime


class StandIn(msgspec.Struct, frozen=True):
    """An override of a rota that somebody made on the page; a swap has two spans."""

    id: str
    rota: str
    spans: tuple[Span, ...]
    reason: str
    author: str


def in_force(catalog: Catalog, stand_ins: Sequence[StandIn]) -> Catalog:
    """The catalog with these overrides laid over it; the same object where there are none."""
    rotas, places = dict(catalog.rotas), dict(catalog.places)
    for rota in catalog.rotas.values():
        mine = [(one, span) for one in stand_ins if one.rota == rota.id for span in one.spans]
        if mine:
            first = len(rota.overrides)
            added = tuple(_override(one, span) for one, span in mine)
            rotas[rota.id] = rota.model_copy(update={"overrides": (*rota.overrides, *added)})
            places |= {f"rotas/{rota.id}/overrides/{first + number}": f"override {one.id}" for number, (one, _) in enumerate(mine)}
    if rotas == dict(catalog.rotas):
        return catalog
    laid = catalog.model_copy(update={"rotas": rotas, "places": places})
    vars(laid).pop("rounds", None)  # worked out from the rotas as they were
    return laid


def _override(stand_in: StandIn, span: Span) -> Override:
    return Override(people=span.people, since=span.since, until=span.until, reason=stand_in.reason)


def check(stand_in: StandIn, catalog: Catalog, now: datetime) -> None:
    """Whether this override may stand beside those in force. Raises Refused."""
    rota = catalog.rotas.get(stand_in.rota)
    if rota is None:
        raise Refused(text("there is no rota {rota}", rota=stand_in.rota))
    for span in stand_in.spans:
        _check_span(span, catalog, now)
        for number, since, until in _spans(rota):
            if since < span.until and span.since < until:
                place = catalog.places.get(f"rotas/{rota.id}/overrides/{number}", rota.id)
                raise Refused(text("this overlaps an override that is there already: {place}; end that one first", place=place))


def _check_span(span: Span, catalog: Catalog, now: datetime) -> None:
    if not span.people:
        raise Refused(text("say who is on call instead"))
    for person in span.people:
        if person not in catalog.people or not catalog.people[person].joined:
            raise Refused(text("{person} is not in the catalog's people", person=person))
    if span.until <= span.since:
        raise Refused(text("the end lies before the beginning"))
    if span.until <= now:
        raise Refused(text("the end has passed already"))


def _spans(rota: Rota) -> Iterable[tuple[int, datetime, datetime]]:
    place = zone(rota.time_zone)

    def at(written: datetime) -> datetime:
        return written.astimezone(UTC) if written.tzinfo else instant(written.date(), written.time(), place)

    return [(number, at(entry.since), at(entry.until)) for number, entry in enumerate(rota.overrides)]


def swapped(catalog: Catalog, rota: str, mine: datetime, theirs: datetime) -> tuple[Span, Span]:
    """
    Two shifts of a rota with their people exchanged: those on at the instant `mine`, and those on at `theirs`.

    Raises Refused where nobody is on at one of them, or both are the same people's.
    """
    first, second = _shift_at(catalog, rota, mine), _shift_at(catalog, rota, theirs)
    if first.people == second.people:
        raise Refused(text("these two shifts are the same people's: there is nothing to swap"))
    return Span(second.people, first.since, first.until), Span(first.people, second.since, second.until)


def _shift_at(catalog: Catalog, rota: str, at: datetime) -> Span:
    for shift in catalog.shifts(rota, at - LOOK, at + LOOK):
        if shift.since <= at < shift.until and shift.people:
            return Span(shift.people, shift.since, shift.until)
    raise Refused(text("nobody is on call then"))
