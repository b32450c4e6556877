"""A pressed button as a deed, and what the one who pressed is told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from kuaihui.intake import signals
from kuaihui.integrations.feishu.presses import Op, Press
from kuaihui.language import Text, text

TOASTS: Final[dict[Op, Text]] = {
    "acknowledge": text("you have taken it on"),
    "escalate": text("the next level is being called"),
    "false-alarm": text("closed as a false alarm"),
    "mitigate": text("noted: mitigated"),
    "resolve": text("noted: resolved; the recovery is being observed"),
    "doubt": text("noted: it is not over"),
    "take-role": text("the role is yours"),
    "decline-role": text("noted: somebody else is asked"),
    "pass-gate": text("noted: the gate is passed"),
    "finish-task": text("noted: the task is done"),
}
AT_WORK: Final = text("received; it is being written down")
NOT_KEPT: Final = text("this could not be written down just now: please press again in a moment")
STRANGER: Final = text("you are not in the catalog's people: ask for your `feishu` id, phone or e-mail address to be added there")


def _passed(person: str, about: str, reason: str) -> signals.AnyDeed:
    hotfix, _, gate = about.partition("/")
    return signals.PassGate(person=person, hotfix=hotfix, gate=gate, reason=reason)


# Who pressed, what the button is about, the reason they gave.
_MAKE: Final[dict[Op, Callable[[str, str, str], signals.AnyDeed]]] = {
    "acknowledge": lambda person, _, __: signals.Acknowledge(person=person),
    "escalate": lambda person, _, reason: signals.Escalate(person=person, reason=reason),
    "false-alarm": lambda person, _, reason: signals.DeclareFalseAlarm(person=person, reason=reason),
    "mitigate": lambda person, _, reason: signals.Mitigate(person=person, reason=reason),
    "resolve": lambda person, _, reason: signals.Resolve(person=person, reason=reason),
    "doubt": lambda person, _, reason: signals.DoubtRecovery(person=person, reason=reason),
    "take-role": lambda person, role, _: signals.TakeRole(person=person, role=role),
    "decline-role": lambda person, role, reason: signals.DeclineRole(person=person, role=role, reason=reason),
    "pass-gate": _passed,
    "finish-task": lambda person, task, _: signals.FinishTask(person=person, task=task),
}


def deed_of(press: Press, person: str, reason: str = "") -> signals.AnyDeed:
    """The deed behind a button."""
    return _MAKE[press.op](person, press.about, reason)
