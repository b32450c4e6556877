"""
The alerts of one body, read into our words.

Rule 1: one bad alert spoils no other: each is read by itself, and what is wrong with one is told by its place.
Rule 2: an alert told again byte for byte costs one look: the same `Ringing` is handed on, with nothing read anew but its end.
Rule 3: what a new alert tells beside its labels, others have mostly told before it, byte for byte: that is not read again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from sys import intern
from typing import Final

import msgspec

from kuaihui.incident.alerts import Alert
from kuaihui.intake.instants import MOST_KEPT, Instants, believable
from kuaihui.intake.labels import malformed, name_of, read_labels
from kuaihui.intake.measures import finite, grafana_measure, measure
from kuaihui.intake.ringing import Ringing, Unusable, placed, unusable
from kuaihui.integrations.alertmanager.told import EMPTY, RawAlert, Told, misheard
from kuaihui.language import text

# A sender that makes up new labels without end must not fill the memory: above this many, all are read anew once.
MOST_KNOWN: Final = 500_000
# A fact is small: what is longer is a report, and belongs behind the link.
LONGEST_SUMMARY: Final = 500
LONGEST_LINK: Final = 2_000

# Whether an alert fires, and when it ends or ended. Raises Unusable.
Ending = Callable[[RawAlert, Instants, datetime], tuple[bool, datetime | None]]


class Known(Ringing, frozen=True, gc=False):
    """A ringing with what it is known again by besides its labels, as it was told: its start, and all that a value may stand in."""

    start: str = ""
    beside: bytes = b""


class Annotations(msgspec.Struct, gc=False):
    """What we ask of the annotations; `value` is the number that rang."""

    summary: str = ""
    description: str = ""
    value: str | None = None


_values: Final = msgspec.json.Decoder(dict[str, float]).decode
_read_annotations: Final = msgspec.json.Decoder(Annotations).decode


class Reader:
    """Reads the alerts of one source, and remembers what it has read. `path`: what a body calls its list of alerts."""

    def __init__(self, source: str, path: str, ending: Ending) -> None:
        self.source, self.path = source, path
        self._ending = ending
        self._instants = Instants()
        self._known: dict[bytes, Known] = {}  # what fires, as it was last told, by the bytes of its labels
        # Whom the next new alert is most likely like: the last that was read, and the last with each spelling of what stands beside.
        self._last: Known | None = None
        self._beside: dict[bytes, Known] = {}

    def hear(self, alerts: Iterable[tuple[int, RawAlert]], told: Told, now: datetime) -> None:
        """Sort these alerts, each with its place in the list, into what is new, what is told again, and what is refused."""
        known, fresh, again = self._known.get, told.fresh.append, told.again.append
        ends_at = status = noted = None
        firing, ends, beside = False, None, b""
        for number, raw in alerts:
            labels = bytes(raw.labels)
            before = known(labels)
            # What the alert before has told is read already.
            if raw.ends_at != ends_at or raw.status != status:
                ends_at, status = raw.ends_at, raw.status
                firing, ends = self._ends(raw, now)
            if raw.values is not EMPTY or raw.value_string:
                noted, beside = None, _with_values(raw)
            elif raw.annotations != noted:
                noted = raw.annotations
                beside = bytes(noted)
            if firing and before is not None and before.start == raw.starts_at and before.beside == beside:
                again((before, ends))
                continue
            try:
                ringing = self._new(raw, labels, beside, ends, now) if firing else self._read(raw, labels, beside, now)
            except Unusable as wrong:
                told.refused.append(misheard(placed(wrong, f"{self.path}[{number}]"), labels, labels))
                continue
            fresh(ringing)
            if type(ringing) is Known:
                self._keep(labels, ringing)

    def _ends(self, raw: RawAlert, now: datetime) -> tuple[bool, datetime | None]:
        """As `_ending`; where that cannot be read, it does not fire: then it is read alone, and refused at its place."""
        try:
            return self._ending(raw, self._instants, now)
        except Unusable:
            return False, None

    def _new(self, raw: RawAlert, labels: bytes, beside: bytes, ends: datetime | None, now: datetime) -> Ringing:
        """A firing alert in our words: where one that was read has told the same start and link, neither is read again. Raises Unusable."""
        like = self._last
        if like is None or like.beside != beside:
            like = self._beside.get(beside, like)
        if like is None or like.start != raw.starts_at:
            return self._read(raw, labels, beside, now)
        told = like.alert
        if told.link != raw.generator_url or (ends is not None and ends < told.started):
            return self._read(raw, labels, beside, now)
        key, named = read_labels(labels, "labels")
        if like.beside == beside:
            beside, summary, value = like.beside, told.summary, told.value  # held once, however many tell it
        else:
            summary, value = _said(raw)
        alert = Alert(key, name_of(named), named, told.started, value, summary, told.link, self.source, ends)
        return Known(alert, True, True, None, like.start, beside)

    def _read(self, raw: RawAlert, labels: bytes, beside: bytes, now: datetime) -> Ringing:
        """An alert in our words, all of it read. Raises Unusable."""
        firing, ends = self._ending(raw, self._instants, now)
        key, named = read_labels(labels, "labels")
        like = self._beside.get(beside)
        summary, value = _said(raw) if like is None else (like.alert.summary, like.alert.value)
        began = self._start(raw, now, ends)
        link = _clean(raw.generator_url, LONGEST_LINK)
        alert = Alert(key, name_of(named), named, began or now, value, summary, link, self.source, ends if firing else None)
        if began is None:
            return Ringing(alert, firing, False)
        return Known(alert, firing, True, None, intern(raw.starts_at), beside if like is None else like.beside)

    def _keep(self, labels: bytes, known: Known) -> None:
        if known.firing:
            if len(self._known) >= MOST_KNOWN:
                self._known.clear()
            self._known[labels] = known
        last, self._last = self._last, known
        if last is None or known.beside is not last.beside or known.start is not last.start:
            if len(self._beside) >= MOST_KEPT:
                self._beside.clear()
            self._beside[known.beside] = known

    def _start(self, raw: RawAlert, now: datetime, ends: datetime | None) -> datetime | None:
        began = self._instants.of(raw.starts_at, "startsAt")
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


def _with_values(raw: RawAlert) -> bytes:
    return b"%s%s%s" % (bytes(raw.annotations), bytes(raw.values), raw.value_string.encode())


def _said(raw: RawAlert) -> tuple[str, float | None]:
    """The summary, and the number that rang: the annotation `value`, else what Grafana says it was. Raises Unusable."""
    try:
        annotations = _read_annotations(raw.annotations)
    except msgspec.DecodeError as wrong:
        raise malformed(wrong, "annotations") from wrong
    summary = _clean(annotations.summary or annotations.description, LONGEST_SUMMARY)
    if annotations.value is not None:
        return summary, measure(annotations.value)
    return summary, _grafana_value(raw)


def _grafana_value(raw: RawAlert) -> float | None:
    try:
        numbers = _values(raw.values)
    except msgspec.DecodeError:  # a null for "no data"
        numbers = {}
    for number in numbers.values():
        return finite(number)
    return grafana_measure(raw.value_string)


def _clean(words: str, most: int) -> str:
    """Words that any store and any page can take: no NUL, no longer than `most` characters."""
    return words.replace("\0", "")[:most] if len(words) > most or "\0" in words else words
