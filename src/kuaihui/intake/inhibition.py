"""
Inhibition: an alert that is only a consequence of another one that fires wakes nobody.

Rule 1: as in Alertmanager: a source inhibits while it fires, hidden itself or not; an alert that fits both sides of a rule is not hidden by
        one that fits both; labels that neither has are equal.
Rule 2: whether a source still fires is asked when it matters, so that nobody has to tell us that it stopped.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Final

from kuaihui.catalog.matchers import fits, parse
from kuaihui.catalog.silences import Inhibition
from kuaihui.intake.silences import INHIBITED, Hidden
from kuaihui.language import text

PREFIX: Final = "inhibition:"  # before a rule's id, where it stands among those of silences

Agreed = tuple[str, ...]


class Rule:
    """One inhibition, with the alerts that were last known to be its sources."""

    def __init__(self, written: Inhibition, place: str) -> None:
        self.id = written.id
        self._place = place or written.id
        self._source, self._target, self._equal = parse(written.source), parse(written.target), written.equal
        self._sources: dict[Agreed, dict[str, bool]] = {}  # by the labels agreed on: key of the alert, whether it fits the target too

    def sounds(self, key: str, labels: Mapping[str, str]) -> None:
        """This alert fires: it may be a source."""
        if fits(self._source, labels):
            self._sources.setdefault(self._agreed(labels), {})[key] = fits(self._target, labels)

    def hides(self, key: str, labels: Mapping[str, str], fires: Callable[[str], bool]) -> Hidden | None:
        """Whether a source that fires hides this alert."""
        if not fits(self._target, labels):
            return None
        known, both = self._sources.get(self._agreed(labels)), fits(self._source, labels)
        for source, is_target in list(known.items()) if known else ():
            if not fires(source):
                del self._sources[self._agreed(labels)][source]
            elif source != key and not (both and is_target):
                return Hidden(INHIBITED, PREFIX + self.id, text("inhibition {place}: {source} fires", place=self._place, source=source))
        return None

    def _agreed(self, labels: Mapping[str, str]) -> Agreed:
        return tuple(labels.get(name, "") for name in self._equal)


class Inhibitions:
    """All rules of a catalog."""

    def __init__(self, written: Iterable[Inhibition] = (), places: Mapping[str, str] | None = None) -> None:
        self._rules = [Rule(one, (places or {}).get(f"inhibitions/{one.id}", "")) for one in written]

    def __bool__(self) -> bool:
        return bool(self._rules)

    @property
    def ids(self) -> list[str]:
        """The rules' ids as traces name them."""
        return [PREFIX + rule.id for rule in self._rules]

    def sounds(self, key: str, labels: Mapping[str, str]) -> None:
        """This alert fires: it may be a source of any rule."""
        for rule in self._rules:
            rule.sounds(key, labels)

    def hides(self, key: str, labels: Mapping[str, str], fires: Callable[[str], bool]) -> Hidden | None:
        """By which rule an alert is hidden; `fires` says whether an alert of this key is firing now."""
        return next((hidden for rule in self._rules if (hidden := rule.hides(key, labels, fires))), None)
