"""
Which service an alert belongs to, and by which rule.

Rule 1: the rule with the most matchers wins, among those the one with the most plain `=`, among those the first in the files; the reason
        names the ones it won over.
Rule 2: a label `service` that is a service's id or name is a rule of one matcher that nobody has to write.
Rule 3: only labels that some rule looks at are read, so the answer for one set of their values is worked out once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from kuaihui.catalog.matchers import Matcher, parse
from kuaihui.catalog.services import Service
from kuaihui.language import Text, text

SERVICE_LABEL: Final = "service"
# Answers kept; an alert's labels decide how many there are, so there is a bound: about 10 MB.
_MOST_KEPT: Final = 20_000
_MOST_NAMED: Final = 3


@dataclass(frozen=True)
class Found:
    """The service an alert goes to, and the rule that says so with its file and line."""

    service: Service
    rule: Text


@dataclass(frozen=True)
class Rule:
    """One way an alert can belong to a service: all its matchers hold."""

    service: Service
    matchers: tuple[Matcher, ...]
    said: Text
    place: str
    order: int

    @property
    def rank(self) -> tuple[int, int, int]:
        """What the rules that hold are sorted by; the first wins."""
        return -len(self.matchers), -sum(matcher.operator == "=" for matcher in self.matchers), self.order

    @property
    def key(self) -> tuple[str, str] | None:
        """A label and value without which the rule cannot hold."""
        return next(((matcher.name, matcher.value) for matcher in self.matchers if matcher.operator == "=" and matcher.value), None)

    def holds(self, labels: Mapping[str, str]) -> bool:
        """Whether every matcher holds."""
        for matcher in self.matchers:  # noqa: SIM110  # a generator costs three times as much, and every loose rule is asked
            if not matcher.matches(labels):
                return False
        return True


class Matching:
    """All rules of a catalog, ready to be asked for each new alert."""

    def __init__(self, services: Mapping[str, Service], places: Mapping[str, str], catch_all: str) -> None:
        rules = list(rules_of(services, places))
        self._keyed: dict[tuple[str, str], list[Rule]] = {}
        self._loose: list[Rule] = []
        for rule in rules:
            (self._loose if rule.key is None else self._keyed.setdefault(rule.key, [])).append(rule)
        self._keys = tuple(dict.fromkeys(name for name, _ in self._keyed))
        self._names = tuple(dict.fromkeys(matcher.name for rule in rules for matcher in rule.matchers))
        self._otherwise = Found(
            services[catch_all], text("no service's matchers fit: the catch-all {service} takes it", service=f"@{catch_all}")
        )
        self._known: dict[tuple[str | None, ...], Found] = {}

    def service_for(self, labels: Mapping[str, str]) -> Found:
        """The service of an alert with these labels."""
        values = tuple(map(labels.get, self._names))
        return self._known.get(values) or self._keep(values, self._decide(labels))

    def _keep(self, values: tuple[str | None, ...], found: Found) -> Found:
        if len(self._known) >= _MOST_KEPT:
            self._known.clear()
        self._known[values] = found
        return found

    def _decide(self, labels: Mapping[str, str]) -> Found:
        likely = [rule for name in self._keys for rule in self._keyed.get((name, labels.get(name, "")), ())]
        fitting = sorted((rule for rule in [*likely, *self._loose] if rule.holds(labels)), key=lambda rule: rule.rank)
        if not fitting:
            return self._otherwise
        best, others = fitting[0], [rule for rule in fitting[1:] if rule.service is not fitting[0].service]
        if not others:
            return Found(best.service, best.said)
        return Found(best.service, _over(best, others))


def rules_of(services: Mapping[str, Service], places: Mapping[str, str]) -> Iterable[Rule]:
    """Every rule of these services, in the order of the files."""
    order = 0
    for service in services.values():
        place = places.get(f"services/{service.id}", "")
        for name in dict.fromkeys((service.id, service.name.zh, service.name.en)):
            matchers = (Matcher(SERVICE_LABEL, "=", name),)
            yield Rule(service, matchers, _said(place, text("label {matchers}", matchers=str(matchers[0]))), place, order)
            order += 1
        for number, written in enumerate(service.match):
            place = places.get(f"services/{service.id}/match/{number}", places.get(f"services/{service.id}", ""))
            yield Rule(service, parse(written), _said(place, text("match {matchers}", matchers=written)), place, order)
            order += 1


def _said(place: str, words: Text) -> Text:
    return text("{place} {rule}", place=place, rule=words) if place else words


def _over(best: Rule, others: list[Rule]) -> Text:
    names = ", ".join(dict.fromkeys(rule.place or rule.service.id for rule in others[:_MOST_NAMED]))
    if len(best.matchers) > len(others[0].matchers):
        return text("{rule}, with more matchers than {others}", rule=best.said, others=names)
    if best.rank[:2] < others[0].rank[:2]:
        return text("{rule}, more exact than {others}", rule=best.said, others=names)
    return text("{rule}, written before {others}", rule=best.said, others=names)
