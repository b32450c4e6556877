"""What a button of our cards says when it is pressed: which deed, in which incident, and what of it."""

from __future__ import annotations

from typing import Literal

import msgspec

Op = Literal[
    "acknowledge",
    "escalate",
    "false-alarm",
    "mitigate",
    "resolve",
    "doubt",
    "take-role",
    "decline-role",
    "pass-gate",
    "finish-task",
]


class Press(msgspec.Struct, frozen=True, omit_defaults=True):
    """
    The value that a button carries to Feishu and back.

    `identity` is the order whose card it stands on; `about` is what the deed is about: a role, a task, or "HOTFIX/GATE" of a hotfix.
    """

    op: Op
    incident: str
    identity: str = ""
    about: str = ""

    def value(self) -> dict[str, str]:
        """As a card carries it: an object of strings."""
        return msgspec.to_builtins(self)


def pressed(value: object) -> Press | None:
    """What was pressed; None for a value that is none of ours."""
    try:
        return msgspec.convert(value, Press)
    except msgspec.ValidationError:
        return None
