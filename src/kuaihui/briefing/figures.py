"""
How fast the team is, what the time is spent on, and who carries it: figures over many incidents.

Rule 1: an incident is measured once, from its timeline alone; everything else adds up those measures.
Rule 2: a time that was never reached is left out of a median, and counted beside it: it is not zero.
Rule 3: drills are measured but never mixed in.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from math import ceil
from statistics import median
from typing import Final

import msgspec

from kuaihui.briefing.clocks import broke_at, stamps
from kuaihui.briefing.fairness import is_night
from kuaihui.briefing.spent import Spent, spent_on
from kuaihui.catalog.catalog import Catalog
from kuaihui.catalog.services import Budgets
from kuaihui.catalog.wall_clock import zone
from kuaihui.incident.alerts import AlertFired
from kuaihui.incident.fact import HOUSE
from kuaihui.incident.pages import Acknowledged, Ordered
from kuaihui.incident.recovery import Closed, Mitigated, Resolved
from kuaihui.incident.room import MessagePosted
from kuaihui.incident.timeline import Timeline
from kuaihui.orders import Page

CLOCKS: Final = ("detect", "engage", "locate", "mitigate", "recover")


class Measure(msgspec.Struct, frozen=True):
    """
    One incident in figures.

    `times` are the clocks that stopped, `kept` whether each was in its budget; `pages` are (person, at night), `alerts` names.
    """

    incident: str
    service: str
    title: str
    severity: int
    drill: bool
    broke: datetime
    closed: datetime | None
    verdict: str
    acted: bool  # somebody took it on, said something, or did something
    times: dict[str, timedelta]
    kept: dict[str, bool]
    spent: tuple[Spent, ...]
    pages: tuple[tuple[str, bool], ...]
    takers: tuple[str, ...]
    alerts: tuple[str, ...]
    fired: int


def measure(timeline: Timeline, catalog: Catalog, now: datetime) -> Measure:
    """One incident in figures, as it stands."""
    service = catalog.services.get(timeline.service)
    clocks = stamps(timeline, service.budgets if service else Budgets())
    closed = timeline.last(Closed, timeline.occasion)
    fired = [alert for fact in timeline.all(AlertFired) for alert in fact.alerts]
    return Measure(
        incident=timeline.incident,
        service=timeline.service,
        title=timeline.opened.title,
        severity=timeline.severity,
        drill=timeline.opened.drill,
        broke=broke_at(timeline),
        closed=closed.at if closed else None,
        verdict=closed.verdict if closed else "",
        acted=_acted(timeline),
        times={clock.name: clock.spent(now) for clock in clocks if clock.stopped is not None},
        # A clock that was never stopped in an incident that is over was not recorded: it was neither kept nor missed.
        kept={clock.name: kept for clock in clocks if (kept := clock.kept(now)) is not None and (clock.stopped or not closed)},
        spent=tuple(spent_on(timeline, now)),
        pages=tuple(_pages(timeline, catalog)),
        takers=tuple(dict.fromkeys(fact.by for fact in timeline.all(Acknowledged))),
        alerts=tuple(dict.fromkeys(alert.name for alert in fired)),
        fired=len(fired),
    )


def _acted(timeline: Timeline) -> bool:
    if any(timeline.has(kind) for kind in (Acknowledged, Mitigated, Resolved)):
        return True
    return any(fact.by != HOUSE for fact in timeline.all(MessagePosted))


def _pages(timeline: Timeline, catalog: Catalog) -> Iterable[tuple[str, bool]]:
    """Everybody who was paged, once a page however many channels it took, and whether it was night for them."""
    seen: set[tuple[object, ...]] = set()
    for fact in timeline.all(Ordered):
        if isinstance(fact.order, Page):
            order = fact.order
            one = (order.occasion, order.person, order.level, order.attempt)
            if one not in seen:
                seen.add(one)
                person = catalog.people.get(order.person)
                yield order.person, is_night(fact.at, zone(person.time_zone if person else catalog.time_zone))


# -- adding up -----------------------------------------------------------------------------------------------------------------------------


class Spread(msgspec.Struct, frozen=True):
    """One clock over many incidents: how many stopped it, the median, nine in ten, and how many of those judged were in budget."""

    count: int
    median: timedelta | None
    p90: timedelta | None
    kept: int
    judged: int


def spread(measures: Sequence[Measure], clock: str) -> Spread:
    """One clock over these incidents."""
    times = sorted(one.times[clock] for one in measures if clock in one.times)
    judged = [one.kept[clock] for one in measures if clock in one.kept]
    return Spread(len(times), middle(times), nine_in_ten(times), sum(judged), len(judged))


def middle(times: Sequence[timedelta]) -> timedelta | None:
    """The median of these times."""
    return timedelta(seconds=median(time.total_seconds() for time in times)) if times else None


def nine_in_ten(times: Sequence[timedelta]) -> timedelta | None:
    """The time that nine in ten of these (sorted) did not exceed."""
    return times[ceil(0.9 * len(times)) - 1] if times else None


class Group(msgspec.Struct, frozen=True):
    """Incidents that have something in common."""

    name: str
    count: int
    spreads: dict[str, Spread]


def grouped(measures: Iterable[Measure], by: Callable[[Measure], str]) -> list[Group]:
    """These incidents by what they have in common, in the order of the names."""
    groups: dict[str, list[Measure]] = {}
    for one in measures:
        groups.setdefault(by(one), []).append(one)
    return [Group(name, len(group), {clock: spread(group, clock) for clock in CLOCKS}) for name, group in sorted(groups.items())]


def causes(measures: Iterable[Measure]) -> list[tuple[Spent, int]]:
    """What the time was spent waiting for, over all these incidents, the most first; and in how many of them."""
    total: dict[str, timedelta] = {}
    met: Counter[str] = Counter()
    for one in measures:
        own: dict[str, timedelta] = {}
        for spent in one.spent:
            own[spent.cause] = own.get(spent.cause, timedelta()) + spent.time
        met.update(own.keys())
        for cause, time in own.items():
            total[cause] = total.get(cause, timedelta()) + time
    return [(Spent(cause, "", time), met[cause]) for cause, time in sorted(total.items(), key=lambda item: -item[1])]


class Load(msgspec.Struct):
    """What one person carried: pages, those of them at night, incidents taken on, and how long incidents waited for them."""

    person: str
    pages: int = 0
    nights: int = 0
    taken: int = 0
    waited: timedelta = timedelta()


def loads(measures: Iterable[Measure]) -> list[Load]:
    """What each person carried, whoever was paged most first."""
    found: dict[str, Load] = {}
    for one in measures:
        for person, night in one.pages:
            load = found.setdefault(person, Load(person))
            load.pages, load.nights = load.pages + 1, load.nights + night
        for person in one.takers:
            found.setdefault(person, Load(person)).taken += 1
        for spent in one.spent:
            if spent.person:
                found.setdefault(spent.person, Load(spent.person)).waited += spent.time
    return sorted(found.values(), key=lambda load: (-load.pages, -load.waited, load.person))


class Noise(msgspec.Struct):
    """One alert: in how many incidents it was, and in how many of them somebody acted."""

    alert: str
    service: str
    incidents: int = 0
    acted: int = 0
    pages: int = 0


def noisy(measures: Iterable[Measure]) -> list[Noise]:
    """Alerts nobody ever acted on, those that paged most first: what to mend, to raise, or to delete."""
    found: dict[tuple[str, str], Noise] = {}
    for one in measures:
        for alert in one.alerts:
            noise = found.setdefault((one.service, alert), Noise(alert, one.service))
            noise.incidents, noise.acted, noise.pages = noise.incidents + 1, noise.acted + one.acted, noise.pages + len(one.pages)
    never = [noise for noise in found.values() if not noise.acted]
    return sorted(never, key=lambda noise: (-noise.pages, -noise.incidents, noise.alert))
