"""
One incident's facts, and the questions that are asked of them.

Rule 1: nothing here is stored: every answer is computed from the facts, so that a timeline is never out of step with itself.
Rule 2: a timeline is never changed: `extended` gives a longer one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from functools import cached_property
from typing import TypeVar

from kuaihui.incident.alerts import Alert, AlertCleared, AlertFired, AlertMeasured, Opened, Reopened, SeverityChanged
from kuaihui.incident.fact import Fact
from kuaihui.incident.pages import Answered, Ordered
from kuaihui.incident.phases import Phase, moved

F = TypeVar("F", bound=Fact)


class Timeline:
    """One incident's facts in the order they were written."""

    def __init__(self, incident: str, facts: Sequence[Fact] = ()) -> None:
        self.incident = incident
        self.facts: tuple[Fact, ...] = tuple(facts)

    def __len__(self) -> int:
        return len(self.facts)

    def __iter__(self) -> Iterator[Fact]:
        return iter(self.facts)

    def extended(self, facts: Iterable[Fact]) -> Timeline:
        """This timeline with more facts behind it."""
        return Timeline(self.incident, (*self.facts, *facts))

    # -- facts by kind ---------------------------------------------------------------------------------------------------------------

    @cached_property
    def _by_kind(self) -> dict[type[Fact], list[tuple[int, Fact]]]:
        kinds: dict[type[Fact], list[tuple[int, Fact]]] = {}
        for number, fact in enumerate(self.facts):
            kinds.setdefault(type(fact), []).append((number, fact))
        return kinds

    def numbered(self, kind: type[F], since: int = 0) -> list[tuple[int, F]]:
        """All facts of one kind with their numbers, from the number `since` on."""
        return [(number, fact) for number, fact in self._by_kind.get(kind, ()) if number >= since]  # type: ignore[misc]  # by construction each list holds one kind

    def all(self, kind: type[F], since: int = 0) -> list[F]:
        """All facts of one kind, from the number `since` on."""
        return [fact for _, fact in self.numbered(kind, since)]

    def last(self, kind: type[F], since: int = 0) -> F | None:
        """The newest fact of one kind, from the number `since` on."""
        found = self._by_kind.get(kind)
        return found[-1][1] if found and found[-1][0] >= since else None  # type: ignore[return-value]  # by construction

    def has(self, kind: type[Fact], since: int = 0) -> bool:
        """Whether a fact of this kind has happened, from the number `since` on."""
        return self.last(kind, since) is not None

    # -- what is broken --------------------------------------------------------------------------------------------------------------

    @cached_property
    def opened(self) -> Opened:
        """The opening: every timeline begins with one."""
        first = self.facts[0]
        assert isinstance(first, Opened), "a timeline begins with Opened"
        return first

    @property
    def service(self) -> str:
        return self.opened.service

    @cached_property
    def phase(self) -> Phase:
        """Where the incident stands, by the phase table."""
        phase = Phase.OPEN
        for fact in self.facts:
            phase = moved(phase, fact)
        return phase

    @cached_property
    def severity(self) -> int:
        """How bad it is now (1 is the worst)."""
        changed = self.last(SeverityChanged)
        return changed.severity if changed else self.opened.severity

    @cached_property
    def occasion(self) -> int:
        """The number of the opening or the last re-opening."""
        reopened = self.numbered(Reopened)
        return reopened[-1][0] if reopened else 0

    @cached_property
    def alerts(self) -> dict[str, Alert]:
        """Every alert ever heard for this incident by its key, as it was last heard."""
        return {alert.key: alert for fact in self.all(AlertFired) for alert in fact.alerts}

    @cached_property
    def firing(self) -> dict[str, Alert]:
        """The alerts that are firing now, by key."""
        firing: dict[str, Alert] = {}
        for fact in self.facts:
            if isinstance(fact, AlertFired):
                firing |= {alert.key: alert for alert in fact.alerts}
            elif isinstance(fact, AlertCleared):
                firing = {key: alert for key, alert in firing.items() if key not in fact.keys}
        return firing

    @cached_property
    def cleared(self) -> dict[str, str]:
        """The alerts that have stopped firing, by key, and how the last time: "resolved" or "expired"."""
        cleared: dict[str, str] = {}
        for fact in self.facts:
            if isinstance(fact, AlertFired):
                for alert in fact.alerts:
                    cleared.pop(alert.key, None)
            elif isinstance(fact, AlertCleared):
                cleared |= dict.fromkeys(fact.keys, fact.how)
        return cleared

    @cached_property
    def values(self) -> dict[str, float]:
        """The value of each firing alert that brought one, as it was last written down, by key."""
        values: dict[str, float] = {}
        for fact in self.facts:
            match fact:
                case AlertFired():
                    values |= {alert.key: alert.value for alert in fact.alerts if alert.value is not None}
                case AlertMeasured():
                    values[fact.key] = fact.value
                case AlertCleared():
                    values = {key: value for key, value in values.items() if key not in fact.keys}
                case _:
                    continue
        return values

    @cached_property
    def series(self) -> list[tuple[datetime, float]]:
        """The worst value of the firing alerts at each instant it changed: the trend. 0 once everything has cleared."""
        values: dict[str, float] = {}
        points: list[tuple[datetime, float]] = []
        for fact in self.facts:
            match fact:
                case AlertFired():
                    values |= {alert.key: alert.value for alert in fact.alerts if alert.value is not None}
                case AlertMeasured():
                    values[fact.key] = fact.value
                case AlertCleared():
                    values = {key: value for key, value in values.items() if key not in fact.keys}
                case _:
                    continue
            points.append((fact.at, max(values.values(), default=0.0)))
        return points

    @property
    def value(self) -> float | None:
        """The worst value now; None before any alert brought one."""
        return self.series[-1][1] if self.series else None

    # -- what was asked of the world ---------------------------------------------------------------------------------------------------

    @cached_property
    def orders(self) -> dict[str, Ordered]:
        """The newest giving of each order, by identity."""
        return {fact.order.identity: fact for fact in self.all(Ordered)}

    @cached_property
    def answers(self) -> dict[str, Answered]:
        """The newest answer to each order, by identity."""
        return {fact.identity: fact for fact in self.all(Answered)}

    def number_of(self, fact: Fact) -> int:
        """The place of a fact in this timeline."""
        return next(number for number, known in self._by_kind.get(type(fact), ()) if known is fact)
