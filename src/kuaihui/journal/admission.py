"""
Which appends of a commit are kept: the law that every durable journal follows.

Rule 1: an append is judged after those before it in the same commit, and is whole or not at all.
Rule 2: nothing is changed here: what is admitted is what the journal writes, and only its commit makes it so.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from kuaihui.incident.facts import encode
from kuaihui.journal.chain import START, Record, chained
from kuaihui.journal.journal import Append, Summary


class Standing(msgspec.Struct, frozen=True):
    """How an incident stands before an append; `holds` is the key that it keeps open (None: closed, or not there yet)."""

    length: int = 0
    head: str = START
    generation: int = 0
    holds: str | None = None


class Change(msgspec.Struct):
    """How an incident stands after all appends of a commit; `known`: it was there before; `released`: its claim was given back."""

    summary: Summary
    standing: Standing
    due: int | None  # microseconds since 1970, UTC
    known: bool
    released: bool


class Prepared(msgspec.Struct, frozen=True):
    """An append with its facts as the bytes that are kept, so that a fact which cannot be written fails its own caller."""

    append: Append
    bodies: tuple[bytes, ...]
    due: int | None


def prepared(appends: Sequence[Append], microseconds: Callable[[Append], int | None]) -> list[Prepared]:
    """Appends, ready to be judged."""
    return [Prepared(one, tuple(map(encode, one.facts)), microseconds(one)) for one in appends]


class Admission:
    """
    Judges the appends of one commit, one after the other.

    `standing` and `holder` (the incident under which a key is open) say how things stood before; positions go on from `position`.
    """

    def __init__(self, standing: Callable[[str], Standing], holder: Callable[[str], str | None], position: int) -> None:
        self.records: list[Record] = []
        self.changes: dict[str, Change] = {}
        self.holders: dict[str, str | None] = {}
        self.position = position
        self._standing = standing
        self._holder = holder

    def admit(self, one: Prepared) -> bool:
        """Keep this append, or refuse it whole."""
        append, before = one.append, self.standing(one.append.incident)
        holds = None if append.summary.closed else append.summary.key
        if append.expected != before.length or append.generation not in (None, before.generation) or self._taken(append.incident, holds):
            return False
        records = chained(append.incident, before.length, before.head, one.bodies, self.position + 1)
        self.records += records
        self.position += len(records)
        self._pass_on(append.incident, before.holds, holds)
        head = records[-1].hash if records else before.head
        after = Standing(before.length + len(records), head, before.generation, holds)
        so_far = self.changes.get(append.incident)
        known = so_far.known if so_far else before.length > 0
        released = append.generation is not None or (so_far is not None and so_far.released)
        self.changes[append.incident] = Change(append.summary, after, one.due, known, released)
        return True

    def standing(self, incident: str) -> Standing:
        """How an incident stands now, with what was admitted so far."""
        known = self.changes.get(incident)
        return known.standing if known else self._standing(incident)

    def _taken(self, incident: str, key: str | None) -> bool:
        """Whether the key is open under another incident."""
        if key is None:
            return False
        return (self.holders[key] if key in self.holders else self._holder(key)) not in (None, incident)

    def _pass_on(self, incident: str, before: str | None, after: str | None) -> None:
        if before is not None:
            self.holders[before] = None
        if after is not None:
            self.holders[after] = incident
