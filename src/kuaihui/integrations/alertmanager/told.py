"""
An alert as Prometheus, Alertmanager or Grafana writes it, and what a body of them comes to.

Rule 1: one bad alert spoils no other: each is read by itself, and what is wrong with one is told by its place.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final

import msgspec

from kuaihui.intake.fingerprints import fingerprint_of_bytes
from kuaihui.intake.labels import malformed, read_labels
from kuaihui.intake.ringing import Fault, Misheard, Ringing, Unusable, unusable
from kuaihui.language import text

EMPTY: Final = msgspec.Raw(b"{}")

_SPELT: Final = {"starts_at": "startsAt", "ends_at": "endsAt", "generator_url": "generatorURL", "value_string": "valueString"}


class RawAlert(msgspec.Struct, gc=False, rename=_SPELT):
    """One alert of API v2 or of the webhook; `values` and `value_string` are Grafana's."""

    labels: msgspec.Raw
    annotations: msgspec.Raw = EMPTY
    starts_at: str = ""
    ends_at: str = ""
    generator_url: str = ""
    status: str = ""
    values: msgspec.Raw = EMPTY  # never `Raw | None`: msgspec takes that for None alone
    value_string: str = ""


class Told(msgspec.Struct):
    """What one body told: alerts that are new to this door, those told before exactly so with their new end, and those not understood."""

    fresh: list[Ringing] = []
    again: list[tuple[Ringing, datetime | None]] = []
    refused: list[Misheard] = []
    notes: list[Misheard] = []  # what a sender should know, though nothing of it was refused


def misheard(wrong: Unusable, raw: bytes, labels: bytes) -> Misheard:
    """The trace of an alert that could not be read, under its fingerprint where it has one."""
    try:
        key, known = read_labels(labels, "")
    except Unusable:
        return Misheard(fingerprint_of_bytes(raw), wrong.fault)
    return Misheard(key, wrong.fault, known)


def each(alerts: Sequence[msgspec.Raw], path: str, told: Told) -> Iterator[tuple[int, RawAlert]]:
    """The alerts of a list in which something has the wrong type, one by one, with their places; the wrong ones into `told.refused`."""
    for number, raw in enumerate(alerts):
        try:
            yield number, msgspec.json.decode(raw, type=RawAlert)
        except (msgspec.DecodeError, RecursionError) as wrong:
            told.refused.append(Misheard(fingerprint_of_bytes(bytes(raw)), _fault(wrong, f"{path}[{number}]")))


def _fault(wrong: msgspec.DecodeError | RecursionError, path: str) -> Fault:
    return too_deep(path).fault if isinstance(wrong, RecursionError) else malformed(wrong, path).fault


def too_deep(path: str) -> Unusable:
    """Nested deeper than any sender's alerts are."""
    return unusable("json.deep", path, text("this is nested too deeply to be an alert"))
