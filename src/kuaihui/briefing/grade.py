"""
The grade of a drill: how people did, how the set-up did, and what to put right.

Rule 1: every point that is taken off is said, with its reason; nothing is judged by a feeling.
Rule 2: a grade holds spans, never instants, so that the same course gives the same grade, whenever it was acted.
Rule 3: a drill whose cause nobody can know is graded for saying so: a cause confirmed there is a wrong turn.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

import msgspec

from kuaihui.briefing.clocks import stamps
from kuaihui.briefing.receipts import Receipt, by_person
from kuaihui.catalog.catalog import Catalog
from kuaihui.incident.alerts import Reopened
from kuaihui.incident.evidence import Looked
from kuaihui.incident.holders import parts
from kuaihui.incident.pages import Acknowledged, Answered, Ordered
from kuaihui.incident.phases import Phase
from kuaihui.incident.recovery import WELL, RecoveryMeasured
from kuaihui.incident.repair import GateFailed, GatePassed, GateSkipped, HotfixStarted, HotfixStopped
from kuaihui.incident.roles import RoleProposed
from kuaihui.incident.thinking import (
    EvidenceWeighed,
    GuideConcluded,
    HypothesisConfirmed,
    HypothesisRaised,
    HypothesisRejected,
    NoRunbookFits,
)
from kuaihui.incident.timeline import Timeline
from kuaihui.language import Text, text
from kuaihui.orders import Look, Page

PEOPLE: Final = "people"
SETUP: Final = "setup"
# Points that are taken off.
LATE, CAUSE, UNFILLED, SKIPPED, WRONG, ROTA, CATALOG, UNRECOVERED, UNPROVED = 8, 20, 5, 5, 5, 3, 2, 30, 10
# The clocks that people keep; the others are the set-up's.
_BY_PEOPLE: Final = ("engage", "mitigate", "recover")


class Expectation(msgspec.Struct, frozen=True):
    """What should come of a drill: its cause ("" where nobody can know it), and whether it breaks again in between."""

    cause: str = ""
    reopened: bool = False


class Clock(msgspec.Struct, frozen=True):
    """One of the 1-5-10 clocks: what it took (None: it never stopped) of what it may take."""

    name: str
    says: Text
    spent: timedelta | None
    budget: timedelta

    @property
    def kept(self) -> bool:
        """Whether it was kept."""
        return self.spent is not None and self.spent <= self.budget


class Reached(msgspec.Struct, frozen=True):
    """Somebody who was paged: after how long (from the opening), and how long they then took; None: never."""

    person: str
    paged: timedelta
    read: timedelta | None
    took_on: timedelta | None


class Filled(msgspec.Struct, frozen=True):
    """A role that was needed: who held it in the end ("" nobody), after how long."""

    role: str
    holder: str
    after: timedelta | None


class Off(msgspec.Struct, frozen=True):
    """Points taken off, of whom ("people" or "setup"), of which kind, and why."""

    whose: str
    kind: str
    points: int
    why: Text


class Grade(msgspec.Struct, frozen=True):
    """One drill's grade."""

    drill: str
    seed: int
    clocks: tuple[Clock, ...] = ()
    reached: tuple[Reached, ...] = ()
    roles: tuple[Filled, ...] = ()
    looks: int = 0  # that were asked
    answered: int = 0  # of them
    weighed: int = 0  # pieces of evidence for or against a cause
    cause: str = ""  # that was confirmed
    claim: Text | None = None  # the same in words
    expected: str = ""
    off: tuple[Off, ...] = ()

    def points(self, whose: str = "") -> int:
        """Out of a hundred, of people, of the set-up, or of both."""
        return max(0, 100 - sum(one.points for one in self.off if whose in ("", one.whose)))

    @property
    def letter(self) -> str:
        """A from 90 on, B from 75, C from 60, D below."""
        points = self.points()
        return "A" if points >= 90 else "B" if points >= 75 else "C" if points >= 60 else "D"


def grade(timeline: Timeline, catalog: Catalog, drill: str, seed: int, expected: Expectation) -> Grade:
    """The grade of a drill's incident."""
    clocks, roles = tuple(_clocks(timeline, catalog)), tuple(_roles(timeline, catalog))
    looks = [fact.order.identity for fact in timeline.all(Ordered) if isinstance(fact.order, Look)]
    cause = confirmed_cause(timeline)
    off = [*_late(clocks, expected), *_cause(cause, expected), *_unfilled(roles, timeline), *_repair(timeline), *_end(timeline, expected)]
    off += [*_wrong_turns(timeline, expected), *_rota_gaps(timeline, catalog), *_catalog_gaps(timeline)]
    return Grade(
        drill,
        seed,
        clocks,
        tuple(_reached(timeline)),
        roles,
        looks=len(set(looks)),
        answered=len({fact.identity for fact in timeline.facts if isinstance(fact, Looked)} & set(looks)),
        weighed=len(timeline.all(EvidenceWeighed)),
        cause=cause,
        claim=_claim(timeline),
        expected=expected.cause,
        off=tuple(off),
    )


def confirmed_cause(timeline: Timeline) -> str:
    """The known error that was confirmed last; "" where none was."""
    causes = {fact.hypothesis: fact.cause for fact in timeline.all(HypothesisRaised)}
    confirmed = [causes.get(fact.hypothesis) or fact.hypothesis for fact in timeline.all(HypothesisConfirmed)]
    return confirmed[-1] if confirmed else ""


def proved(timeline: Timeline) -> bool:
    """Whether the signal that broke was once measured to be well again."""
    return any(fact.verdict == WELL and not fact.supporting for fact in timeline.all(RecoveryMeasured))


def _claim(timeline: Timeline) -> Text | None:
    """What was confirmed last, in words."""
    claims = {fact.hypothesis: fact.claim for fact in timeline.all(HypothesisRaised)}
    confirmed = timeline.last(HypothesisConfirmed)
    return claims.get(confirmed.hypothesis) if confirmed else None


# -- what was --------------------------------------------------------------------------------------------------------------------------


def _clocks(timeline: Timeline, catalog: Catalog) -> Iterator[Clock]:
    for stamp in stamps(timeline, catalog.service(timeline.service).budgets):
        yield Clock(stamp.name, stamp.said, stamp.stopped - stamp.began if stamp.stopped else None, stamp.budget)


def _reached(timeline: Timeline) -> Iterator[Reached]:
    began = timeline.opened.at
    for person, words in by_person(timeline).items():
        pages = [word for word in words if word.kind == "Page"]
        if pages:
            first = pages[0]
            yield Reached(person, first.ordered - began, _after(first, _first(pages, "read")), _after(first, _first(pages, "acknowledged")))


def _first(pages: list[Receipt], step: str) -> datetime | None:
    return min((at for page in pages if (at := getattr(page, step)) is not None), default=None)


def _after(page: Receipt, at: datetime | None) -> timedelta | None:
    return at - page.ordered if at else None


def _roles(timeline: Timeline, catalog: Catalog) -> Iterator[Filled]:
    held = parts(timeline)
    for role in catalog.roles.values():
        if timeline.severity <= role.needed_from:
            part = held.get(role.id)
            holder = part.holder if part else ""
            yield Filled(role.id, holder, part.since - timeline.opened.at if part and part.since and holder else None)


# -- what is taken off -------------------------------------------------------------------------------------------------------------------


def _late(clocks: tuple[Clock, ...], expected: Expectation) -> Iterator[Off]:
    for clock in clocks:
        if not clock.kept and (clock.name != "locate" or expected.cause):
            whose = PEOPLE if clock.name in _BY_PEOPLE else SETUP
            yield Off(whose, "late", LATE, text("the clock “{clock}” was not kept", clock=clock.says))


def _cause(found: str, expected: Expectation) -> Iterator[Off]:
    if expected.cause and not found:
        yield Off(SETUP, "cause", CAUSE, text("the cause was not found: {cause}", cause=expected.cause))
    elif found != expected.cause:
        yield Off(SETUP, "cause", CAUSE, text("{found} was taken for the cause, it was {cause}", found=found, cause=expected.cause or "—"))


def _unfilled(roles: tuple[Filled, ...], timeline: Timeline) -> Iterator[Off]:
    asked = {fact.role for fact in timeline.all(RoleProposed)}
    for role in roles:
        if not role.holder and role.role in asked:
            yield Off(PEOPLE, "role", UNFILLED, text("nobody took the role {role}", role=f"@role:{role.role}"))
        elif not role.holder:
            yield Off(SETUP, "catalog", CATALOG, text("the catalog names nobody for the role {role}", role=f"@role:{role.role}"))


def _repair(timeline: Timeline) -> Iterator[Off]:
    for skipped in timeline.all(GateSkipped):
        yield Off(PEOPLE, "gate", SKIPPED, skipped.said)
    passed = {(fact.hotfix, fact.gate) for fact in timeline.all(GatePassed)}
    for failed in timeline.all(GateFailed):
        if (failed.hotfix, failed.gate) not in passed:
            yield Off(PEOPLE, "gate", WRONG, failed.said)


def _wrong_turns(timeline: Timeline, expected: Expectation) -> Iterator[Off]:
    for stopped in timeline.all(HotfixStopped):
        yield Off(PEOPLE, "wrong turn", WRONG, stopped.said)
    started = timeline.all(HotfixStarted)
    if len(started) > 1:
        yield Off(PEOPLE, "wrong turn", WRONG, text("it took {count} hotfixes", count=len(started)))
    causes = {fact.hypothesis: fact.cause for fact in timeline.all(HypothesisRaised)}
    for confirmed in timeline.all(HypothesisConfirmed)[:-1]:
        if causes.get(confirmed.hypothesis) != expected.cause:
            yield Off(SETUP, "wrong turn", WRONG, confirmed.said)
    for rejected in timeline.all(HypothesisRejected):
        if expected.cause and causes.get(rejected.hypothesis) == expected.cause:
            yield Off(PEOPLE, "wrong turn", WRONG, rejected.said)


def _end(timeline: Timeline, expected: Expectation) -> Iterator[Off]:
    if timeline.phase is not Phase.CLOSED:
        yield Off(PEOPLE, "recovery", UNRECOVERED, text("it was not over when the drill ended"))
    elif expected.cause and not proved(timeline):
        yield Off(SETUP, "recovery", UNPROVED, text("the recovery was not proved on the signal that broke"))
    if expected.reopened and not timeline.has(Reopened):
        yield Off(SETUP, "recovery", UNRECOVERED, text("it broke again, and nobody noticed"))


def _rota_gaps(timeline: Timeline, catalog: Catalog) -> Iterator[Off]:
    """Whoever was paged and did not read before somebody else took it on; and those nothing reached."""
    engaged = next((fact.at for fact in timeline.all(Acknowledged)), None)
    for person, words in by_person(timeline).items():
        pages = [word for word in words if word.kind == "Page"]
        if not pages or person not in catalog.people:
            continue
        read = _first(pages, "read")
        if all(page.failed for page in pages):
            yield Off(SETUP, "rota", ROTA, text("nothing reached {person}", person=f"@{person}"))
        elif engaged and pages[0].ordered < engaged and (read is None or read > engaged):
            yield Off(SETUP, "rota", ROTA, text("{person} was paged and did not read before somebody else took it on", person=f"@{person}"))


def _catalog_gaps(timeline: Timeline) -> Iterator[Off]:
    if timeline.has(NoRunbookFits):
        yield Off(SETUP, "catalog", CATALOG, text("no runbook fits this alert"))
    if concluded := [fact for fact in timeline.all(GuideConcluded) if not fact.cause]:
        yield Off(SETUP, "catalog", CATALOG, text("the guide “{guide}” finds no cause", guide=f"@guide:{concluded[0].guide}"))
    unanswered: dict[str, Answered] = {}
    for fact in timeline.all(Ordered):
        answer = timeline.answers.get(fact.order.identity)
        if isinstance(fact.order, Look) and answer is not None and answer.outcome != "done":
            unanswered.setdefault(f"{type(fact.order).__name__}/{fact.order.service}", answer)
    for answer in unanswered.values():
        yield Off(SETUP, "catalog", CATALOG, text("nothing could be seen: {why}", why=answer.reason or text("given up")))
    for person in dict.fromkeys(page.person for page in _pages(timeline) if _failed(timeline, page)):
        yield Off(SETUP, "catalog", CATALOG, text("a channel of {person} failed", person=f"@{person}"))


def _pages(timeline: Timeline) -> list[Page]:
    return [fact.order for fact in timeline.all(Ordered) if isinstance(fact.order, Page)]


def _failed(timeline: Timeline, page: Page) -> bool:
    answer = timeline.answers.get(page.identity)
    return answer is not None and answer.outcome in ("gave up", "nobody")
