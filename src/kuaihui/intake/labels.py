"""
The labels of an alert as they were told: read, and refused where they cannot name one alert.

Rule 1: a label that is empty is a label left out, as it is for Prometheus, so that both spellings have one fingerprint.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final

import msgspec

from kuaihui.intake.fingerprints import fingerprint_of_spelling, spelt
from kuaihui.intake.ringing import Unusable, unusable
from kuaihui.language import text

# Kubernetes with every pod label copied stays below 100; Prometheus' own advice is 30 at most.
MOST_LABELS: Final = 200
# Grafana Mimir's default is 2,048 bytes for a value; twice that.
LONGEST_LABEL: Final = 4_096
_BACKSLASH: Final = ord("\\")

_read: Final = msgspec.json.Decoder(dict[str, str]).decode


def read_labels(told: bytes, path: str) -> tuple[str, dict[str, str]]:
    """The fingerprint and the labels of a JSON object. Raises Unusable."""
    try:
        labels = _read(told)
    except msgspec.DecodeError as wrong:
        raise malformed(wrong, path) from wrong
    written = spelt(labels)
    # As long as its spelling and without an escape, it names no label twice, and none is longer than all of it.
    plain = len(written) == len(told) <= LONGEST_LABEL and _BACKSLASH not in told
    if not plain or not 0 < len(labels) <= MOST_LABELS or "" in labels or not all(labels.values()):
        if len(written) != len(told):
            _refuse_twice(told, path)
        written = spelt(labels := check_labels(labels, path))
    return fingerprint_of_spelling(written), labels


def check_labels(labels: dict[str, str], path: str) -> dict[str, str]:
    """The labels, the empty ones left out. Raises Unusable."""
    for name, value in labels.items():
        if not value:
            return check_labels({name: value for name, value in labels.items() if value}, path)
        if not name or len(name) > LONGEST_LABEL or len(value) > LONGEST_LABEL or "\0" in value or "\0" in name:
            raise _wrong_label(name, value, f"{path}.{name[:40]}")
    if not labels:
        raise unusable("labels.empty", path, text("an alert needs at least one label: its labels are its name"))
    if len(labels) > MOST_LABELS:
        raise unusable(
            "labels.many", path, text("{count} labels; at most {most} are taken", count=len(labels), most=MOST_LABELS), MOST_LABELS
        )
    return labels


def _wrong_label(name: str, value: str, path: str) -> Unusable:
    if not name:
        return unusable("labels.name", path, text("a label needs a name"))
    if "\0" in name + value:
        return unusable("labels.nul", path.replace("\0", ""), text("a label may not hold the character NUL"))
    longest = max(len(name), len(value))
    words = text("a label may have {most} characters, this one has {count}", most=LONGEST_LABEL, count=longest)
    return unusable("labels.long", path, words, LONGEST_LABEL)


def _refuse_twice(told: bytes, path: str) -> None:
    names = [name for name, _ in json.loads(told, object_pairs_hook=list[tuple[str, object]])]
    twice = next((name for place, name in enumerate(names) if name in names[:place]), None)
    if twice is not None:
        raise unusable("labels.twice", f"{path}.{twice}", text("the label {name} is told twice", name=twice))


def malformed(wrong: msgspec.DecodeError, path: str) -> Unusable:
    """What msgspec found wrong, in our words."""
    said = str(wrong)
    what, _, where = said.partition(" - at `$")
    place = path + where.rstrip("`")
    if isinstance(wrong, msgspec.ValidationError):
        expected, _, got = what.removeprefix("Expected ").partition(", got ")
        if got:
            return unusable("json.type", place, text("expected {expected}, got {got}", expected=expected.strip("`"), got=got.strip("`")))
        return unusable("json.shape", place, text("{what}", what=what))
    return unusable("json.form", place, text("this is not JSON: {what}", what=what))


def name_of(labels: Mapping[str, str]) -> str:
    """How people call an alert: its `alertname`, else its first label."""
    return labels.get("alertname") or next(iter(labels.values()))
