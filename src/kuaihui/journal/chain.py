"""
The hash chain over a timeline: a changed, missing or swapped fact is found.

Each record's hash covers the incident's id, the record's number, the hash before it, and the fact's bytes exactly as they are kept. An
export carries the same records, so it can be verified on any machine with nothing but this file.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256
from typing import Final

import msgspec

from kuaihui.language import Text, text

START: Final = ""  # the hash before the first record


class Record(msgspec.Struct, frozen=True):
    """One fact as it is kept: `body` is its JSON, `hash` chains it to the record before."""

    incident: str
    number: int
    body: bytes
    hash: str
    position: int = 0  # its place among all incidents' records, in the order of their commits; 0: not yet known


def link(incident: str, number: int, before: str, body: bytes) -> str:
    """The hash of the record `number` of an incident whose record before has the hash `before`."""
    return sha256(b"\n".join((f"{incident}\n{number}\n{before}".encode(), body))).hexdigest()


def chained(incident: str, first: int, before: str, bodies: Iterable[bytes], position: int = 0) -> list[Record]:
    """Records for these bodies, numbered from `first`, chained to the hash `before`, placed from `position` on (0: not yet known)."""
    records: list[Record] = []
    for number, body in enumerate(bodies, start=first):
        before = link(incident, number, before, body)
        records.append(Record(incident, number, body, before, position + number - first if position else 0))
    return records


def broken(incident: str, records: Iterable[Record], length: int | None = None, head: str | None = None) -> Text | None:
    """
    What is wrong with an incident's records, or None when they are whole.

    `length` and `head` (the hash of the newest record), when known from elsewhere, find facts that were cut off the end.
    """
    before, expected = START, 0
    for record in records:
        if record.number != expected:
            return text("{incident}: fact {number} is missing", incident=incident, number=expected)
        if record.hash != link(incident, record.number, before, record.body):
            return text("{incident}: fact {number} was changed after it was written", incident=incident, number=record.number)
        before, expected = record.hash, expected + 1
    if length is not None and expected != length:
        return text("{incident}: {missing} facts are missing from the end", incident=incident, missing=length - expected)
    if head is not None and before != head:
        return text("{incident}: the newest fact is not the one that was written", incident=incident)
    return None
