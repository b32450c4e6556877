"""
An alert as Prometheus, Alertmanager or Grafana writes it, read into our words.

Rule 1: one bad alert spoils no other: each is read by itself, and what is wrong with one is told by its place.
Rule 2: an alert told again byte for byte costs one look: the same `Ringing` is handed on, with nothing read anew but its end.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from sys import intern
from typing import Final

import msgspec

from kuaihui.incident.alerts import Alert
from kuaihui.intake.fingerprints import fingerprint_of_bytes
from kuaihui.intake.instants import MOST_KEPT, Instants, believable
from kuaihui.intake.labels import malformed, name_of, read_labels
from kuaihui.intake.measures import finite, grafana_measure, measure
from kuaihui.intake.ringing import Fault, Misheard, Ringing, Unusable, unusable
from kuaihui.language import text

# A sender that makes up new labels without end must not fill the memory: above this many, all are read anew once.
MOST_KNOWN: Final = 500_000
# A fact is small: what is longer is a report, and belongs behind the link.
LONGEST_SUMMARY: Final = 500
LONGEST_LINK: Final = 2_000

_EMPTY: Final = msgspec.Raw(b"{}")
_values: Final = msgspec.json.Decoder(dict[str, float]).decode

_SPELT: Final = {"starts_at": "startsAt", "ends_at": "endsAt", "generator_url": "generatorURL", "value_string": "valueString"}


class RawAlert(msgspec.Struct, gc=False, rename=_SPELT):
    """One alert of API v2 or of the webhook; `values` and `value_string` are Grafana's."""

    labels: msgspec.Raw
    annotations: msgspec.Raw = _EMPTY
    starts_at: str = ""
    ends_at: str = ""
    generator_url: str = ""
    status: str = ""
    values: msgspec.Raw | None = None
    value_string: str = ""


class Annotations(msgspec.Struct, gc=False):
    """What we ask of the annotations; `value` is the number that rang."""

    summary: str = ""
    description: str = ""
    value: str | None = None


_read_annotations: Final = msgspec.json.Decoder(Annotations).decode


class Told(msgspec.Struct):
    """What one body told: alerts that are new to this door, those told before exactly so with their new end, and those not understood."""

    fresh: list[Ringing] = []
    again: list[tuple[Ringing, datetime | None]] = []
    refused: list[Misheard] = []
    notes: list[Misheard] = []  # what a sender should know, though nothing of it was refused


class Known(msgspec.Struct, frozen=True, gc=False):
    """A firing alert as it was last told, and what it was read as."""

    annotations: bytes
    started: str
    ringing: Ringing


class Memory:
    """
    What a door has heard, by the bytes of its labels.

    What many alerts share is held once: of a hundred thousand that are told again, each is compared with something near at hand.
    """

    def __init__(self) -> None:
        self._known: dict[bytes, Known] = {}
        self._spellings: dict[bytes, bytes] = {}
        self.get = self._known.get

    def keep(self, labels: bytes, annotations: bytes, started: str, ringing: Ringing) -> None:
        """This alert was told so."""
        if len(self._known) >= MOST_KNOWN:
            self._known.clear()
        if len(self._spellings) >= MOST_KEPT:
            self._spellings.clear()
        self._known[labels] = Known(self._spellings.setdefault(annotations, annotations), intern(started), ringing)


class Reader:
    """Reads alerts of one source into our words."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.instants = Instants()
        self._annotations: dict[bytes, Annotations] = {}

    def read(self, raw: RawAlert, now: datetime, ends: datetime | None, *, firing: bool) -> Ringing:
        """An alert in our words. Raises Unusable."""
        key, labels = read_labels(bytes(raw.labels), "labels")
        annotations = self._noted(bytes(raw.annotations))
        began = self._start(raw, now, ends)
        summary = annotations.summary or annotations.description
        value = None if annotations.value is None and raw.values is None and not raw.value_string else _value(raw, annotations)
        alert = Alert(
            key,
            name_of(labels),
            labels,
            began or now,
            value,
            _clean(summary, LONGEST_SUMMARY),
            _clean(raw.generator_url, LONGEST_LINK),
            self.source,
            ends if firing else None,
        )
        return Ringing(alert, firing, began is not None)

    def _noted(self, told: bytes) -> Annotations:
        """Annotations as they are told: the alerts of one rule mostly share them, so each spelling is read once."""
        known = self._annotations.get(told)
        if known is None:
            if len(self._annotations) > MOST_KEPT:
                self._annotations.clear()
            known = self._annotations[told] = _annotations(told)
        return known

    def _start(self, raw: RawAlert, now: datetime, ends: datetime | None) -> datetime | None:
        began = self.instants.of(raw.starts_at, "startsAt")
        if began is None:
            return None
        believable(began, raw.starts_at, "startsAt", now)
        if ends is not None and ends < began:
            raise unusable(
                "instant.order",
                "endsAt",
                text("it ends at {ends}, before it starts at {starts}", ends=raw.ends_at, starts=raw.starts_at),
            )
        return began


def _annotations(told: bytes) -> Annotations:
    try:
        return _read_annotations(told)
    except msgspec.DecodeError as wrong:
        raise malformed(wrong, "annotations") from wrong


def _value(raw: RawAlert, annotations: Annotations) -> float | None:
    """The number that rang: the annotation `value`, else what Grafana says it was."""
    if annotations.value is not None:
        return measure(annotations.value)
    if raw.values is not None:
        try:
            numbers = _values(raw.values)
        except msgspec.DecodeError:  # a null for "no data"
            numbers = {}
        return next((finite(number) for number in numbers.values()), None)
    return grafana_measure(raw.value_string) if raw.value_string else None


def _clean(words: str, most: int) -> str:
    """Words that any store and any page can take: no NUL, no longer than `most` characters."""
    return words.replace("\0", "")[:most] if len(words) > most or "\0" in words else words


def misheard(wrong: Unusable, raw: bytes, labels: bytes) -> Misheard:
    """The trace of an alert that could not be read, under its fingerprint where it has one."""
    try:
        key, known = read_labels(labels, "")
    except Unusable:
        return Misheard(fingerprint_of_bytes(raw), wrong.fault)
    return Misheard(key, wrong.fault, known)


def each(alerts: Sequence[msgspec.Raw], path: str, told: Told) -> list[tuple[int, RawAlert]]:
    """The alerts of a list in which something has the wrong type, one by one, with their places; the wrong ones into `told.refused`."""
    right: list[tuple[int, RawAlert]] = []
    for number, raw in enumerate(alerts):
        try:
            right.append((number, msgspec.json.decode(raw, type=RawAlert)))
        except (msgspec.DecodeError, RecursionError) as wrong:
            told.refused.append(Misheard(fingerprint_of_bytes(bytes(raw)), _fault(wrong, f"{path}[{number}]")))
    return right


def _fault(wrong: msgspec.DecodeError | RecursionError, path: str) -> Fault:
    return too_deep(path).fault if isinstance(wrong, RecursionError) else malformed(wrong, path).fault


def too_deep(path: str) -> Unusable:
    """Nested deeper than any sender's alerts are."""
    return unusable("json.deep", path, text("this is nested too deeply to be an alert"))
