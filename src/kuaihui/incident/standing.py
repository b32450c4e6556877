"""
What a timeline's facts come to, carried on from fact to fact, so that one more fact costs what it brings and not what was there before.

Rule 1: the standing after n facts is the same whether it was carried on from an earlier one or worked out from the first fact.
Rule 2: a standing that somebody holds never changes: what is carried on is copied where it changes, and shared where it does not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from copy import copy
from datetime import datetime

import msgspec

from kuaihui.incident.alerts import Alert, AlertCleared, AlertFired, AlertMeasured
from kuaihui.incident.fact import Fact
from kuaihui.incident.pages import Answered, Ordered
from kuaihui.incident.phases import Phase, moved


class Standing(msgspec.Struct):
    """
    The answers that a fact may change.

    `kinds`: the facts of each kind with their numbers. `alerts`: every alert as it last fired; `cleared`: how those stopped that fire no
    more; `values`: the last kept value of those that fire. `series`: the worst value at each instant it may have changed. `orders`,
    `answers`: the newest of each identity.
    """

    length: int = 0
    phase: Phase = Phase.OPEN
    kinds: dict[type[Fact], list[tuple[int, Fact]]] = {}
    alerts: dict[str, Alert] = {}
    cleared: dict[str, str] = {}
    values: dict[str, float] = {}
    series: list[tuple[datetime, float]] = []
    orders: dict[str, Ordered] = {}
    answers: dict[str, Answered] = {}
    _firing: dict[str, Alert] | None = None  # worked out when it is first asked for

    @property
    def firing(self) -> Mapping[str, Alert]:
        """The alerts that fire now: all of them while none has stopped, as in a storm."""
        if not self.cleared:
            return self.alerts
        if self._firing is None:
            self._firing = {key: alert for key, alert in self.alerts.items() if key not in self.cleared}
        return self._firing

    def carried_on(self, facts: Sequence[Fact]) -> Standing:
        """The standing once these facts have happened too."""
        after = copy(self)
        after._copy_what_changes({type(fact) for fact in facts})
        for fact in facts:
            after._take(fact)
        return after

    def _copy_what_changes(self, changed: Set[type[Fact]]) -> None:
        self.kinds = dict(self.kinds)
        for kind in changed:
            self.kinds[kind] = list(self.kinds.get(kind, ()))
        if not changed.isdisjoint(_OF_ALERTS):
            self.values, self.series = dict(self.values), list(self.series)
            if AlertFired in changed or AlertCleared in changed:
                self.cleared, self._firing = dict(self.cleared), None
            if AlertFired in changed:
                self.alerts = dict(self.alerts)
        if Ordered in changed:
            self.orders = dict(self.orders)
        if Answered in changed:
            self.answers = dict(self.answers)

    def _take(self, fact: Fact) -> None:
        self.kinds[type(fact)].append((self.length, fact))
        self.length += 1
        self.phase = moved(self.phase, fact)
        match fact:
            case AlertFired():
                self._fired(fact)
            case AlertMeasured():
                self._measured(fact)
            case AlertCleared():
                self._cleared(fact)
            case Ordered():
                self.orders[fact.order.identity] = fact
            case Answered():
                self.answers[fact.identity] = fact
            case _:
                return

    def _fired(self, fact: AlertFired) -> None:
        self.alerts.update({alert.key: alert for alert in fact.alerts})
        if self.cleared:
            for alert in fact.alerts:
                self.cleared.pop(alert.key, None)
        told = {alert.key: alert.value for alert in fact.alerts if alert.value is not None}
        only_more = bool(self.values) and self.values.keys().isdisjoint(told)
        self.values.update(told)
        if only_more:  # the worst of those there were is known: of ten thousand, only the new ones are looked at
            self.series.append((fact.at, max((self.series[-1][1], *told.values()))))
        else:
            self._point(fact.at)

    def _measured(self, fact: AlertMeasured) -> None:
        self.values[fact.key] = fact.value
        self._point(fact.at)

    def _cleared(self, fact: AlertCleared) -> None:
        for key in fact.keys:
            self.values.pop(key, None)
            self.cleared[key] = fact.how
        self._point(fact.at)

    def _point(self, at: datetime) -> None:
        self.series.append((at, max(self.values.values(), default=0.0)))


_OF_ALERTS = frozenset((AlertFired, AlertMeasured, AlertCleared))
