"""
Which service an alert belongs to, by which rule, and which other alerts it shares an incident with.

Rule 1: every alert has a place: what fits no service goes to the catch-all.
Rule 2: a place depends only on the labels that the catalog's rules look at, so alerts that agree on those are looked up once.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec

from kuaihui.catalog.catalog import Catalog
from kuaihui.catalog.matching import Found
from kuaihui.language import Text

# Label values are a sender's to choose: a sender that makes up new ones must not fill the memory.
MOST_REMEMBERED: Final = 100_000


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
        self._service_for = catalog.matching.service_for
        # By the identity of what the catalog found, which stands in the value so that no other can take its identity.
        self._known: dict[tuple[int, tuple[str | None, ...]], tuple[Found, str, Place]] = {}

    def of(self, labels: Mapping[str, str]) -> tuple[str, Place]:
        """The group's key and the place of an alert with these labels."""
        found = self._service_for(labels)
        telling = (id(found), tuple(map(labels.get, found.service.group_by)))
        known = self._known.get(telling)
        if known is None:
            if len(self._known) >= MOST_REMEMBERED:
                self._known.clear()
            place = _place(found, labels)
            known = self._known[telling] = (found, place.key, place)
        return known[1], known[2]


def _place(found: Found, labels: Mapping[str, str]) -> Place:
    return Place(found.service.id, found.rule, {name: labels.get(name, "") for name in found.service.group_by})
