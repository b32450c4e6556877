"""
What a service says on a usual day, and whether a template of today is among it.

Rule 1: a template is known when a usual one says it or it says a usual one: an hour with fewer lines may show as wording what a longer one
        has seen vary.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping

import msgspec

from kuaihui.diagnosis.log_signatures.signature import Signature
from kuaihui.diagnosis.log_signatures.templates import WILDCARD, says
from kuaihui.diagnosis.log_signatures.words import Row, is_wording, split


class Usual(msgspec.Struct, frozen=True):
    """How many times an hour each template comes on a usual day."""

    per_hour: Mapping[str, float] = {}


def usual_of(hours: Iterable[Iterable[Signature]]) -> Usual:
    """The usual of these hours, each given by its signatures: the mean count of every template that came at all."""
    total: Counter[str] = Counter()
    every = [list(signatures) for signatures in hours]
    for signatures in every:
        for signature in signatures:
            total[signature.template] += signature.count
    return Usual({template: count / len(every) for template, count in sorted(total.items())})


class Known:
    """A usual made ready to be asked about many templates."""

    def __init__(self, usual: Usual) -> None:
        self._per_hour = usual.per_hour
        self._by_word: dict[str, list[tuple[Row, float]]] = defaultdict(list)
        for template, rate in usual.per_hour.items():
            row = _row(template)
            for word in _wording(row)[:1] or [""]:
                self._by_word[word].append((row, rate))

    def per_hour(self, template: str) -> float | None:
        """How often it comes in a usual hour; None when it is new."""
        exact = self._per_hour.get(template)
        if exact is not None:
            return exact
        row = _row(template)
        near = (pair for word in {*_wording(row), ""} for pair in self._by_word.get(word, ()))
        rates = [rate for known, rate in near if says(known, row, Counter()) or says(row, known, Counter())]
        return sum(rates) if rates else None


def _row(template: str) -> Row:
    return split(template.replace(WILDCARD, "0"))[0]


def _wording(row: Row) -> list[str]:
    """The words of a row, the longest first."""
    return sorted({word for word in row if is_wording(word)}, key=lambda word: (-len(word), word))
