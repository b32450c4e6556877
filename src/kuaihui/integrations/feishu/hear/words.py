"""What was heard, ready to be taken in: somebody's deed, or alerts that another bot told."""

from __future__ import annotations

import msgspec

from kuaihui.intake.ringing import Ringing
from kuaihui.intake.signals import AnyDeed


class Did(msgspec.Struct, frozen=True, kw_only=True):
    """
    Somebody did something to an incident.

    `said` is the message it was said with, which a refusal answers; `private`: it was said to the bot alone, where only commands are taken.
    """

    incident: str
    deed: AnyDeed
    said: str = ""
    private: bool = False


class Rang(msgspec.Struct, frozen=True):
    """Alerts that a message told."""

    ringings: tuple[Ringing, ...]


class Lost(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody asks for something, and we do not know about what: the message that asked, and who it was (empty: a stranger)."""

    said: str
    person: str = ""


Word = Did | Rang | Lost
