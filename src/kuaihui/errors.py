"""
Everything that can go wrong, as a small tree split by what the caller can do about it.

KuaihuiError
├── BadSettings   the settings are wrong; stop and say where
├── BadCatalog    the catalog's files are wrong; every fault by file and line
├── Refused       a person or a sender asked for what is not allowed; tell them why
├── Overtaken     somebody else appended to the same incident first; read again and decide again
└── CarryError    an order could not be carried out
    ├── TryLater  the world is busy: order again after `after`
    └── GiveUp    it will never work: record it and tell the room

The text of an error is a `Text`, so the same error is told in the reader's language.
"""

from __future__ import annotations

from datetime import timedelta

from kuaihui.language import Text, plain, say


class KuaihuiError(Exception):
    """Something went wrong that somebody can put right."""

    def __init__(self, text: Text | str) -> None:
        self.text = plain(text)
        super().__init__(say(self.text, "en"))

    def told(self, language: str) -> str:
        """This error in one language ("zh" or "en")."""
        return say(self.text, language)


class BadSettings(KuaihuiError):
    """The settings are wrong: the text names each key at fault and what would be right."""


class BadCatalog(KuaihuiError):
    """The catalog's files are wrong: the text lists every fault by file and line."""


class Refused(KuaihuiError):
    """A person or a sender asked for what is not allowed; the text says why and what would be."""


class Overtaken(KuaihuiError):
    """Somebody else was faster to append to this incident: read it again and ask the duties again."""


class CarryError(KuaihuiError):
    """An order could not be carried out."""


class TryLater(CarryError):
    """The world outside is busy: the order is due again after `after`."""

    def __init__(self, text: Text | str, after: timedelta = timedelta(seconds=10)) -> None:
        super().__init__(text)
        self.after = after


class GiveUp(CarryError):
    """The order will never work as it is: it is recorded with its reason and told to the room."""
