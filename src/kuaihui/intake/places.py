"""
Which service an alert belongs to, by which rule, and which other alerts it shares an incident with.

Rule 1: every alert has a place: what fits no service goes to the catch-all.
Rule 2: a place depends only on the labels that the catalog's rules look at, so alerts that agree on those are looked up once.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

import msgspec

from kuaihui.catalog.catalog import Catalog
from kuaihui.language import Text

# Label values are a sender's to choose: a sender that makes up new ones must not fill the memory.
MOST_REMEMBERED: Final = 100_000
_LABEL_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class Place(msgspec.Struct, frozen=True):
    """Where an alert belongs: the service, the rule that says so, and the labels its incident's alerts agree on."""

    service: str
    rule: Text
    group: dict[str, str]

    @property
    def key(self) -> str:
        """What an alert must agree on to join: as `Opened.key`."""
        return "|".join((self.service, *(f"{name}={value}" for name, value in sorted(self.group.items()))))


class Places:
    """The places of one version of the catalog."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        self._looked_at = labels_looked_at(catalog)
        self._known: dict[tuple[str | None, ...], tuple[str, Place]] = {}

    def of(self, labels: Mapping[str, str]) -> tuple[str, Place]:
        """The group's key and the place of an alert with these labels."""
        telling = tuple([labels.get(name) for name in self._looked_at])
        known = self._known.get(telling)
        if known is None:
            if len(self._known) >= MOST_REMEMBERED:
                self._known.clear()
            place = self._find(labels)
            known = self._known[telling] = (place.key, place)
        return known

    def _find(self, labels: Mapping[str, str]) -> Place:
        service, rule = self.catalog.service_for(labels)
        return Place(service.id, rule, {name: labels.get(name, "") for name in service.group_by})


def labels_looked_at(catalog: Catalog) -> tuple[str, ...]:
    """
    Every label that a rule of this catalog may look at.

    Whatever in a matcher could be a label's name counts as one: a name too many costs a little memory, a missing one would misplace an alert.
    """
    names = {"service", "job", "app"}
    for service in catalog.services.values():
        names.update(service.group_by)
        for rule in service.match:
            names.update(_LABEL_NAME.findall(rule))
    return tuple(sorted(names))
