"""
An alert as a door heard it, and what a door could not understand: both in our own words.

Rule 1: an alert that was understood is a `Ringing`, one that was not is a `Misheard` that says why: nothing vanishes in between.
"""

from __future__ import annotations

import msgspec

from kuaihui.errors import Refused
from kuaihui.incident.alerts import Alert
from kuaihui.language import Text


class Ringing(msgspec.Struct, frozen=True, gc=False):
    """
    One alert as it was told once.

    `firing` False: its source says that it is over. `dated` False: its source told no start, so `alert.started` is only when we heard it.
    `seen` is the ringing by which its door knows it, where this is that one with another end, or with its words scrubbed.
    """

    alert: Alert
    firing: bool = True
    dated: bool = True
    seen: Ringing | None = None


class Fault(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is wrong with what was told: which rule it breaks, where in the body, in words, and the limit the rule sets."""

    rule_id: str
    path: str
    message: Text
    limit: str | int | float | None = None


class Misheard(msgspec.Struct, frozen=True):
    """
    One alert that could not be understood.

    `key` is the fingerprint of its labels where they could be read, else of its bytes: the answer tells it, so that `why` finds it.
    """

    key: str
    fault: Fault
    labels: dict[str, str] = {}


class Unusable(Refused):
    """What was told cannot be understood; `fault` says why and where."""

    def __init__(self, fault: Fault) -> None:
        self.fault = fault
        super().__init__(fault.message)


def placed(wrong: Unusable, place: str) -> Unusable:
    """The same fault, its path told from further out: "labels.a" of the alert "[3]" is "[3].labels.a"."""
    path = wrong.fault.path
    return Unusable(msgspec.structs.replace(wrong.fault, path=f"{place}.{path}" if path else place))


def unusable(rule_id: str, path: str, message: Text, limit: str | float | None = None) -> Unusable:
    """A fault, ready to be raised."""
    return Unusable(Fault(rule_id, path, message, limit))
