"""
Why a page, a role or a service was what it was: the rule, its file and line, and the reasons, step by step.

Rule 1: what was decided then is told from what the timeline quotes; what the catalog says of it today is marked as today's.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import msgspec

from kuaihui.catalog.catalog import Catalog
from kuaihui.catalog.targets import resolve
from kuaihui.incident.holders import holders
from kuaihui.incident.pages import Answered, Escalated, Ordered, Read, Sent
from kuaihui.incident.roles import RoleDeclined, RoleGiven, RoleProposed, RoleTaken
from kuaihui.incident.timeline import Timeline
from kuaihui.language import Text, text
from kuaihui.language.durations import in_words
from kuaihui.orders import Page


class Step(msgspec.Struct, frozen=True):
    """One step of an explanation: what, when, and the file and line of the rule, where there is one."""

    said: Text
    place: str = ""
    at: datetime | None = None


def why_this_service(timeline: Timeline, catalog: Catalog) -> list[Step]:
    """Why the incident is of its service, and what its severity and policy come from."""
    opened = timeline.opened
    service = catalog.services.get(opened.service)
    steps = [Step(text("it is of the service {service} by {rule}", service=f"@service:{opened.service}", rule=opened.rule), at=opened.at)]
    if opened.group:
        shown = tuple(f"{name}={value}" for name, value in sorted(opened.group.items()))
        steps.append(Step(text("alerts that agree on {group} share it", group=shown), catalog.places.get(f"services/{opened.service}", "")))
    steps.append(Step(text("it was opened with severity {severity}", severity=opened.severity), at=opened.at))
    steps.append(
        Step(
            text("the escalation policy {policy} was in force then, and is kept with the incident", policy=opened.policy.id),
            catalog.places.get(f"policies/{opened.policy.id}", ""),
        )
    )
    if opened.catalog and opened.catalog != catalog.version:
        steps.append(Step(text("the catalog has changed since: {then} then, {now} now", then=opened.catalog, now=catalog.version)))
    elif service is not None:
        steps.append(Step(text("the catalog is still the one of then: {version}", version=catalog.version)))
    return steps


def why_this_page(timeline: Timeline, number: int, catalog: Catalog) -> list[Step]:
    """Why this person was paged: the fact `number` is the order. Empty where it is none."""
    fact = timeline.facts[number] if 0 <= number < len(timeline) else None
    if not isinstance(fact, Ordered) or not isinstance(fact.order, Page):
        return []
    page = fact.order
    return [*_occasion(timeline, page, fact), *_level(timeline, number, page, fact, catalog), *_how_it_went(timeline, page)]


def _occasion(timeline: Timeline, page: Page, fact: Ordered) -> Iterator[Step]:
    yield Step(page.said, at=fact.at)
    cause = timeline.facts[page.occasion]
    yield Step(text("it was called for by fact {number}: {said}", number=page.occasion, said=cause.said), at=cause.at)


def _level(timeline: Timeline, number: int, page: Page, fact: Ordered, catalog: Catalog) -> Iterator[Step]:
    policy = timeline.opened.policy
    at = (page.level - 1) % len(policy.levels)
    level = policy.levels[at]
    place = catalog.places.get(f"policies/{policy.id}/levels/{at}", "")
    run = (page.level - 1) // len(policy.levels) + 1
    yield Step(
        text(
            "level {level} of the policy {policy} (run {run}): unread for {unread} or not taken on for {untaken} calls the next",
            level=at + 1,
            policy=policy.id,
            run=run,
            unread=in_words(level.unread_after),
            untaken=in_words(level.unacknowledged_after),
        ),
        place,
    )
    before = Timeline(timeline.incident, timeline.facts[:number])
    service = catalog.services.get(timeline.service)
    for target in level.notify if service else ():
        assert service is not None
        if page.person in resolve(catalog, target, service, fact.at, holders(before)):
            yield Step(text("{target} meant {person} then", target=target, person=f"@{page.person}"), place)
            yield from _shift(target, service.rota, fact.at, catalog)
    for asked in timeline.all(Escalated):
        if asked.at <= fact.at and timeline.number_of(asked) >= page.occasion:
            yield Step(asked.said, at=asked.at)


def _shift(target: str, own: str, at: datetime, catalog: Catalog) -> Iterator[Step]:
    rota = own if target in ("oncall", "backup-of-oncall", "leader-of-oncall") else target.removeprefix("rota:") if ":" in target else ""
    if rota in catalog.rotas:
        answer = catalog.answer(rota, at)
        for person in answer.people:
            said = text("on call in the rota {rota}: {person}; {reason}", rota=f"@rota:{rota}", person=f"@{person}", reason=answer.reason)
            yield Step(said, answer.place)


def _how_it_went(timeline: Timeline, page: Page) -> Iterator[Step]:
    for fact in timeline.facts[page.occasion :]:
        match fact:
            case Sent() | Read() if fact.identity == page.identity:
                yield Step(fact.said, at=fact.at)
            case Answered() if fact.identity == page.identity and fact.outcome != "done":
                yield Step(fact.said, at=fact.at)
            case _:
                continue


def why_this_role(timeline: Timeline, role: str, catalog: Catalog) -> list[Step]:
    """Why a role was proposed to whom, and how it came to its holder."""
    known = catalog.roles.get(role)
    steps: list[Step] = []
    if known is not None:
        said = text(
            "needed from severity {severity} on; asked in this order: {candidates}", severity=known.needed_from, candidates=known.candidates
        )
        steps.append(Step(said, catalog.places.get(f"roles/{role}", "")))
    kinds = (RoleProposed, RoleTaken, RoleDeclined, RoleGiven)
    return [*steps, *(Step(fact.said, at=fact.at) for fact in timeline.facts if isinstance(fact, kinds) and fact.role == role)]
