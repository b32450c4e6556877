"""
Which service an alert belongs to, and by which rule.

Rule 1: the rule with the most matchers wins, among those the one with the most plain `=`, among those the first in the files; the reason
        names the ones it won over.
Rule 2: a label `service` that is a service's id or name is a rule of one matcher that nobody has to write.
Rule 3: only labels that some rule looks at are read, so the answer for one set of their values is worked out once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
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
        self._index = _Index(rules)
        self._names = tuple(dict.fromkeys(matcher.name for rule in rules for matcher in rule.matchers))
        self._otherwise = Found(
            services[catch_all], text("no service's matchers fit: the catch-all {service} takes it", service=f"@service:{catch_all}")
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
        fitting = sorted((rule for rule in self._index.likely(labels) if rule.holds(labels)), key=lambda rule: rule.rank)
        if not fitting:
            return self._otherwise
        best, others = fitting[0], [rule for rule in fitting[1:] if rule.service is not fitting[0].service]
        if not others:
            return Found(best.service, best.said)
        return Found(best.service, _over(best, others))


class _Index:
    """Rules by what one of their labels must begin with, so that only a few are asked; the rest are asked every time."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self._begun: dict[str, dict[int, dict[str, list[Rule]]]] = {}
        self._loose: list[Rule] = []
        for rule in rules:
            name, beginning = max(((matcher.name, matcher.beginning) for matcher in rule.matchers), key=lambda known: len(known[1]))
            if beginning:
                self._begun.setdefault(name, {}).setdefault(len(beginning), {}).setdefault(beginning, []).append(rule)
            else:
                self._loose.append(rule)

    def likely(self, labels: Mapping[str, str]) -> Iterator[Rule]:
        """Every rule that may hold."""
        yield from self._loose
        for name, lengths in self._begun.items():
            value = labels.get(name)
            if value:
                for length, beginnings in lengths.items():
                    yield from beginnings.get(value[:length], ())


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
    names = tuple(dict.fromkeys(rule.place or rule.service.id for rule in others[:_MOST_NAMED]))
    if len(best.matchers) > len(others[0].matchers):
        return text("{rule}, with more matchers than {others}", rule=best.said, others=names)
    if best.rank[:2] < others[0].rank[:2]:
        return text("{rule}, more exact than {others}", rule=best.said, others=names)
    return text("{rule}, written before {others}", rule=best.said, others=names)
