"""
The fingerprint of an alert: a short name for its set of labels.

Rule 1: it is made of the labels alone, so it is the same whichever door an alert came in by, and whoever's clock it went through.
Rule 2: it never changes from release to release: facts and traces are found by it.
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import blake2b
from typing import Final

import msgspec

# Keys in the order of their code points, no spaces: one spelling for each set of labels.
spelt: Final = msgspec.json.Encoder(order="deterministic").encode

_FNV_OFFSET: Final = 0xCBF29CE484222325  # FNV-1a, 64 bits
_FNV_PRIME: Final = 0x100000001B3


def fingerprint(labels: Mapping[str, str]) -> str:
    """Our fingerprint: BLAKE2b of the labels' canonical JSON, 64 bits in hex."""
    return fingerprint_of_spelling(spelt(labels))


def fingerprint_of_spelling(written: bytes) -> str:
    """Our fingerprint of labels that are `spelt` already."""
    return blake2b(written, digest_size=8).hexdigest()


def fingerprint_of_bytes(told: bytes) -> str:
    """A name for what could not be read as labels."""
    return blake2b(told, digest_size=8, person=b"misheard").hexdigest()


def alertmanager_fingerprint(labels: Mapping[str, str]) -> str:
    """What Alertmanager calls the same labels: FNV-1a over the sorted names and values (prometheus/common model/signature.go)."""
    state = _FNV_OFFSET
    for name, value in sorted(labels.items(), key=lambda label: label[0].encode()):
        for byte in b"%s\xff%s\xff" % (name.encode(), value.encode()):
            state = (state ^ byte) * _FNV_PRIME & 0xFFFFFFFFFFFFFFFF
    return f"{state:016x}"
