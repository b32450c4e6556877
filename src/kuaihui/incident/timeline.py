"""
One incident's facts, and the questions that are asked of them.

Rule 1: nothing here is stored: every answer is computed from the facts, so that a timeline is never out of step with itself.
Rule 2: a timeline is never changed: `extended` gives a longer one. So a question may be `remembered`: asked once of each timeline.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import wraps
from operator import itemgetter
from typing import Any, Concatenate, Final, ParamSpec, TypeVar

from kuaihui.incident.alerts import Alert, Opened, Reopened, SeverityChanged
from kuaihui.incident.fact import Fact
from kuaihui.incident.pages import Answered, Ordered
from kuaihui.incident.phases import Phase
from kuaihui.incident.standing import Standing

F = TypeVar("F", bound=Fact)
T = TypeVar("T")
P = ParamSpec("P")
BEFORE_ALL: Final = Standing()
_number = itemgetter(0)


class Timeline:
    """One incident's facts in the order they were written."""

    def __init__(self, incident: str, facts: Sequence[Fact] = (), begun: Standing = BEFORE_ALL) -> None:
        """`begun` is the standing after the first of these facts, where it is known: the rest is carried on from there."""
        self.incident = incident
        self.facts: tuple[Fact, ...] = tuple(facts)
        self._begun = begun
        self._standing: Standing | None = None
        self._remembered: dict[tuple[object, ...], Any] = {}  # Any: each question has its own kind of answer

    def __len__(self) -> int:
        return len(self.facts)

    def __iter__(self) -> Iterator[Fact]:
        return iter(self.facts)

    def extended(self, facts: Iterable[Fact]) -> Timeline:
        """This timeline with more facts behind it."""
        return Timeline(self.incident, (*self.facts, *facts), self._standing or self._begun)

    @property
    def standing(self) -> Standing:
        """What the facts come to: every answer below that each fact may change. Worked out when it is first asked for."""
        if self._standing is None:
            begun = self._begun
            self._standing = begun.carried_on(self.facts[begun.length :]) if begun.length < len(self.facts) else begun
        return self._standing

    # -- facts by kind ---------------------------------------------------------------------------------------------------------------

    def numbered(self, kind: type[F], since: int = 0) -> list[tuple[int, F]]:
        """All facts of one kind with their numbers, from the number `since` on."""
        known = self.standing.kinds.get(kind)
        if not known:
            return []
        if since and known[0][0] < since:
            known = known[bisect_left(known, since, key=_number) :]
        return list(known)  # type: ignore[misc]  # by construction each list holds one kind

    def of(self, kinds: Iterable[type[Fact]], since: int = 0) -> list[tuple[int, Fact]]:
        """All facts of any of these kinds with their numbers, from the number `since` on, in order: nothing else is looked at."""
        known = self.standing.kinds
        found = [numbered for kind in kinds if kind in known for numbered in self.numbered(kind, since)]
        found.sort(key=_number)
        return found

    def all(self, kind: type[F], since: int = 0) -> list[F]:
        """All facts of one kind, from the number `since` on."""
        return [fact for _, fact in self.numbered(kind, since)]

    def last(self, kind: type[F], since: int = 0) -> F | None:
        """The newest fact of one kind, from the number `since` on."""
        found = self.standing.kinds.get(kind)
        return found[-1][1] if found and found[-1][0] >= since else None  # type: ignore[return-value]  # by construction

    def has(self, kind: type[Fact], since: int = 0) -> bool:
        """Whether a fact of this kind has happened, from the number `since` on."""
        return self.last(kind, since) is not None

    # -- what is broken --------------------------------------------------------------------------------------------------------------

    @property
    def opened(self) -> Opened:
        """The opening: every timeline begins with one."""
        first = self.facts[0]
        assert isinstance(first, Opened), "a timeline begins with Opened"
        return first

    @property
    def service(self) -> str:
        return self.opened.service

    @property
    def phase(self) -> Phase:
        """Where the incident stands, by the phase table."""
        return self.standing.phase

    @property
    def severity(self) -> int:
        """How bad it is now (1 is the worst)."""
        changed = self.last(SeverityChanged)
        return changed.severity if changed else self.opened.severity

    @property
    def occasion(self) -> int:
        """The number of the opening or the last re-opening."""
        reopened = self.standing.kinds.get(Reopened)
        return reopened[-1][0] if reopened else 0

    @property
    def alerts(self) -> Mapping[str, Alert]:
        """Every alert ever heard for this incident by its key, as it was last heard."""
        return self.standing.alerts

    @property
    def firing(self) -> Mapping[str, Alert]:
        """The alerts that are firing now, by key."""
        return self.standing.firing

    @property
    def cleared(self) -> Mapping[str, str]:
        """The alerts that have stopped firing, by key, and how the last time: "resolved" or "expired"."""
        return self.standing.cleared

    @property
    def values(self) -> Mapping[str, float]:
        """The value of each firing alert that brought one, as it was last written down, by key."""
        return self.standing.values

    @property
    def series(self) -> Sequence[tuple[datetime, float]]:
        """The worst value of the firing alerts at each instant it changed: the trend. 0 once everything has cleared."""
        return self.standing.series

    @property
    def value(self) -> float | None:
        """The worst value now; None before any alert brought one."""
        return self.series[-1][1] if self.series else None

    # -- what was asked of the world ---------------------------------------------------------------------------------------------------

    @property
    def orders(self) -> Mapping[str, Ordered]:
        """The newest giving of each order, by identity."""
        return self.standing.orders

    @property
    def answers(self) -> Mapping[str, Answered]:
        """The newest answer to each order, by identity."""
        return self.standing.answers

    def remember(self, question: tuple[object, ...], answer: Callable[[], T]) -> T:
        """The answer to a question about this timeline alone, worked out when it is first asked."""
        if question not in self._remembered:
            self._remembered[question] = answer()
        return self._remembered[question]

    def number_of(self, fact: Fact) -> int:
        """The place of a fact in this timeline; one that was read again from the journal is the same fact."""
        same = self.standing.kinds.get(type(fact), ())
        found = next((number for number, known in same if known is fact), None)
        return next(number for number, known in reversed(same) if known == fact) if found is None else found


def remembered(question: Callable[Concatenate[Timeline, P], T]) -> Callable[Concatenate[Timeline, P], T]:
    """A pure question of a timeline, worked out once for each timeline it is asked of. Nobody may change its answer."""

    @wraps(question)
    def asked(timeline: Timeline, *args: P.args, **kwargs: P.kwargs) -> T:
        return timeline.remember((question, *args, *kwargs.items()), lambda: question(timeline, *args, **kwargs))

    return asked
