"""
What news of changes means for the hotfixes of one incident: which hotfix it is of, and which gate it passes or fails.

Rule 1: all news that is kept is looked at each time, as a set: what came first makes no difference to where a hotfix stands.
Rule 2: a hotfix is known by its branch, commits and links; a merge request that is its own adds its own commits to them.
Rule 3: news that names no change is of the service's only hotfix under way; where there are several, it moves none.
Rule 4: nothing is told twice: a gate's fact names its evidence.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from typing import Final

import msgspec

from kuaihui.catalog.catalog import Catalog
from kuaihui.catalog.services import Service
from kuaihui.incident.fact import Fact
from kuaihui.incident.phases import Phase
from kuaihui.incident.repair import (
    HOTFIX,
    AtGate,
    GateFailed,
    GatePassed,
    GateReached,
    HotfixLinked,
    HotfixStarted,
    QuotedEvidence,
    QuotedStage,
)
from kuaihui.incident.timeline import Timeline
from kuaihui.incident.trains import Train, trains
from kuaihui.intake.deeds.repairing import with_gates
from kuaihui.intake.movements import (
    APPROVED,
    CANARY,
    CLOSED,
    FAILED,
    MERGED,
    OPENED,
    PASSED,
    PUSHED,
    REFUSED,
    STARTED,
    Movement,
    newest_last,
    same_commit,
)
from kuaihui.language import Text, plain, text

# How long before it was begun here news of a hotfix still counts: people write the code first and tell us later.
LOOK_BACK: Final = timedelta(days=7)
_BAD: Final = {"merge_request": CLOSED, "review": REFUSED, "pipeline": FAILED, "deployment": FAILED, "rollout": FAILED}
_OWN: Final = ("merge_request", "review")  # what adds its commits and branch to what a hotfix is known by


def moves(timeline: Timeline, catalog: Catalog, told: Sequence[Movement], now: datetime, *, may_start: bool = False) -> list[Fact]:
    """
    The facts that this news becomes on this timeline; none for what it has become already.

    `may_start`: a merge request from one of the service's hotfix branches begins a hotfix where none is known by it.
    """
    service = catalog.services.get(timeline.service)
    if service is None:
        return []
    may_start = may_start and timeline.phase is not Phase.CLOSED
    if not timeline.has(HotfixStarted) and not (may_start and _requests(told, service, timeline)):
        return []  # most incidents, most of the time
    movements = newest_last(told)
    begun = list(_begun(timeline, catalog, service, movements, now)) if may_start else []
    after = timeline.extended(begun)
    return [*begun, *_at_gates(after, service, movements, now)]


# -- whose news it is --------------------------------------------------------------------------------------------------------------------


class Known(msgspec.Struct):
    """What a hotfix is known by."""

    branches: set[str] = set()
    commits: set[str] = set()
    links: set[str] = set()

    @property
    def empty(self) -> bool:
        """Whether nothing is known of it yet."""
        return not (self.branches or self.commits or self.links)

    def of(self, movement: Movement, projects: frozenset[str]) -> bool:
        """Whether the news is of it; a branch counts only in the service's own projects, where they are named."""
        if movement.request and any(link == movement.request or link.startswith(f"{movement.request}/") for link in self.links):
            return True
        at_home = not projects or not movement.project or movement.project in projects
        if movement.branch in self.branches and movement.branch and at_home:
            return True
        return any(same_commit(one, other) for one in movement.commits for other in self.commits)

    def learn(self, movement: Movement) -> bool:
        """Add what a merge request of it is known by; whether that was news."""
        before = (len(self.branches), len(self.commits), len(self.links))
        self.branches |= {movement.branch} - {""}
        self.commits |= set(movement.commits)
        self.links |= {movement.request} - {""}
        return before != (len(self.branches), len(self.commits), len(self.links))


def known_of(timeline: Timeline, train: Train, movements: Sequence[Movement], projects: frozenset[str]) -> Known:
    """What a hotfix is known by, with all that its merge requests tell."""
    known = Known()
    linked = [fact for fact in timeline.all(HotfixLinked) if fact.hotfix == train.hotfix]
    for fact in (train.started, *linked):
        known.branches |= {fact.branch} - {""}
        known.links |= {fact.link.rstrip("/")} - {""}
        known.commits |= set(fact.commits)
    since = train.started.at - LOOK_BACK
    own = [one for one in movements if one.kind in _OWN and one.at >= since]
    while any(known.learn(one) for one in own if one.hotfix == train.hotfix or known.of(one, projects)):
        pass
    return known


def projects_of(service: Service) -> frozenset[str]:
    """The projects whose news is the service's own."""
    changes = service.sources.changes
    return frozenset({*service.hotfix.projects, changes.get("project", ""), changes.get("repository", "")} - {""})


# -- hotfixes that begin by themselves ---------------------------------------------------------------------------------------------------


def _begun(timeline: Timeline, catalog: Catalog, service: Service, movements: Sequence[Movement], now: datetime) -> Iterator[Fact]:
    """A hotfix for each merge request that is one by its branch; a hotfix of which nothing is known yet is linked to it instead."""
    projects = projects_of(service)
    found = list(trains(timeline).values())
    known = [known_of(timeline, train, movements, projects) for train in found]
    waiting = [train for train, one in zip(found, known, strict=True) if one.empty and train.running and train.started.kind == HOTFIX]
    taken = {train.hotfix for train in found}
    for movement in _requests(movements, service, timeline):
        if movement.number in taken or any(one.of(movement, projects) for one in known):
            continue
        taken.add(movement.number)
        if waiting:
            train = waiting.pop(0)
            yield HotfixLinked(
                at=now, by=movement.source, hotfix=train.hotfix, title=movement.title, branch=movement.branch, link=movement.request
            )
        else:
            begun = HotfixStarted(
                at=now,
                by=movement.source,
                hotfix=movement.number or movement.branch,
                title=movement.title or movement.branch,
                stages=(),
                branch=movement.branch,
                link=movement.request,
            )
            yield with_gates(begun, timeline, catalog)


def _requests(movements: Sequence[Movement], service: Service, timeline: Timeline) -> list[Movement]:
    """The service's merge requests from hotfix branches, touched since the incident was opened, each once by its newest news."""
    projects, since = projects_of(service), timeline.facts[timeline.occasion].at
    found: dict[str, Movement] = {}
    for one in movements:
        ours = one.kind == "merge_request" and (one.project in projects or one.service == service.id)
        if ours and one.at >= since and any(fnmatchcase(one.branch, pattern) for pattern in service.hotfix.branches):
            found[one.request or one.branch] = one
    return [found[key] for key in sorted(found)]


# -- gates -------------------------------------------------------------------------------------------------------------------------------


def _at_gates(timeline: Timeline, service: Service, movements: Sequence[Movement], now: datetime) -> Iterator[Fact]:
    found, projects = trains(timeline), projects_of(service)
    known = {train.hotfix: known_of(timeline, train, movements, projects) for train in found.values()}
    written = {_key(fact) for kind in (GateReached, GatePassed, GateFailed) for fact in timeline.all(kind)}
    for train in found.values():
        if not train.running:
            continue
        own = list(_own(train, found, known, movements, service, projects))
        for fact in (*_by_news(train, own, now), *_voided(train, own, now)):
            if _key(fact) not in written:
                written.add(_key(fact))
                yield fact


def _key(fact: AtGate) -> tuple[str, str, str, str, datetime]:
    return type(fact).__name__, fact.hotfix, fact.gate, fact.evidence, fact.so_since


def _own(
    train: Train,
    found: dict[str, Train],
    known: dict[str, Known],
    movements: Sequence[Movement],
    service: Service,
    projects: frozenset[str],
) -> Iterator[tuple[Movement, bool]]:
    """The news of a hotfix, and whether it names it (else it is the service's, and this is its only hotfix under way)."""
    for one in movements:
        if one.at < train.started.at - LOOK_BACK or (one.hotfix and one.hotfix != train.hotfix):
            continue
        if one.hotfix == train.hotfix or known[train.hotfix].of(one, projects):
            yield one, True
        elif not any(other.of(one, projects) for other in known.values()) and _is_the_only_one(train, found, one, service, projects):
            yield one, False


def _is_the_only_one(train: Train, found: dict[str, Train], one: Movement, service: Service, projects: frozenset[str]) -> bool:
    if one.service != service.id and one.project not in projects:
        return False
    under_way = [other.hotfix for other in found.values() if other.started.at <= one.at and _end(other, one.at) > one.at]
    return under_way == [train.hotfix]


def _end(train: Train, otherwise: datetime) -> datetime:
    ended = train.stopped or train.finished
    return ended.at if ended else otherwise + LOOK_BACK


def _by_news(train: Train, own: Sequence[tuple[Movement, bool]], now: datetime) -> Iterator[AtGate]:
    """A fact for each piece of news that passes or fails a gate: the first gate that wants it; a merge is news to more than one."""
    for one, named in own:
        for stage in train.started.stages:
            kind = next((kind for wanted in stage.passes if (kind := _means(wanted, one, named=named)) is not None), None)
            if kind is not None:
                yield _fact(GateReached if kind is GatePassed and stage.measured else kind, train, stage, one, _seen(one), now)
                if one.outcome != MERGED:
                    break


def _means(wanted: QuotedEvidence, one: Movement, *, named: bool) -> type[GatePassed] | type[GateFailed] | None:
    """What a piece of news means for a gate that wants this evidence; None where it has nothing to do with it."""
    if wanted.on != one.kind or not (named or wanted.of != HOTFIX or one.nameless):
        return None
    if not _fits(wanted.environment, one.environment) or not _fits(wanted.name, one.name):
        return None
    if one.outcome == _BAD.get(one.kind):
        return GateFailed
    # A merge request that was merged was opened as well.
    passes = one.outcome == wanted.outcome or (wanted.outcome == OPENED and one.outcome == MERGED and one.kind == "merge_request")
    return GatePassed if passes else None


def _fits(patterns: tuple[str, ...], word: str) -> bool:
    return not patterns or any(fnmatchcase(word.casefold(), pattern.casefold()) for pattern in patterns)


def _voided(train: Train, own: Sequence[tuple[Movement, bool]], now: datetime) -> Iterator[AtGate]:
    """Commits that were pushed after a pipeline or an approval: those gates are to be passed anew."""
    pushes = [one for one, named in own if one.outcome == PUSHED and named]
    for stage in train.started.stages:
        if {"pipeline", "review"}.isdisjoint(wanted.on for wanted in stage.passes):
            continue
        passed = [one.at for one, named in own if any(_means(wanted, one, named=named) is GatePassed for wanted in stage.passes)]
        for push in pushes:
            if any(at < push.at for at in passed):
                why = text("commits were pushed after it ({commit})", commit=push.commits[0][:8] if push.commits else "-")
                yield _fact(GateFailed, train, stage, push, why, now)


def _fact(kind: type[AtGate], train: Train, stage: QuotedStage, one: Movement, reason: Text, now: datetime) -> AtGate:
    return kind(
        at=now,
        by=one.source,
        hotfix=train.hotfix,
        gate=stage.id,
        name=stage.name,
        reason=reason,
        link=one.link,
        evidence=one.evidence,
        happened=min(one.at, now),
    )


def _seen(one: Movement) -> Text:
    """The news in words: what, where, by whom."""
    what = one.environment or one.name or one.branch or one.project or one.title
    kind, outcome = KINDS_SAID.get(one.kind, plain(one.kind)), OUTCOMES_SAID.get(one.outcome, plain(one.status or one.outcome))
    source = text("the pipeline") if one.source == _ANY_PIPELINE else plain(one.source)
    told = {"kind": kind, "what": what, "outcome": outcome, "source": source}
    if not one.author:
        return text("{kind} {what} {outcome} ({source})", **told)
    return text("{kind} {what} {outcome} ({source}, {author})", author=f"@{one.author}", **told)


_ANY_PIPELINE: Final = "changes"  # what `POST /hooks/changes` calls a sender that does not name itself
OUTCOMES_SAID: Final[dict[str, Text]] = {
    OPENED: text("is opened"),
    PUSHED: text("has new commits"),
    APPROVED: text("is approved"),
    REFUSED: text("is sent back"),
    MERGED: text("is merged"),
    CLOSED: text("is closed"),
    STARTED: text("has begun"),
    PASSED: text("succeeded"),
    FAILED: text("failed"),
    CANARY: text("has reached canary"),
}
KINDS_SAID: Final[dict[str, Text]] = {
    "merge_request": text("merge request"),
    "review": text("review"),
    "pipeline": text("pipeline"),
    "deployment": text("deployment"),
    "rollout": text("rollout"),
}
