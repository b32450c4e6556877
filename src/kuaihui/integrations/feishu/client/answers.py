"""What we answer to a pressed card, within three seconds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import msgspec

Tone = Literal["info", "success", "warning", "error"]


class Toast(msgspec.Struct, frozen=True):
    """A small notice to the one who pressed."""

    type: Tone
    content: str
    i18n: dict[str, str] = {}


class NewCard(msgspec.Struct, frozen=True):
    """The card to stand in the place of the pressed one; of the same generation as it."""

    data: Mapping[str, object]
    type: str = "raw"


class CardAnswer(msgspec.Struct, frozen=True, omit_defaults=True):
    """A toast, a new card, both, or (as `{}`) only that the press was taken."""

    toast: Toast | None = None
    card: NewCard | None = None

    def encode(self) -> bytes:
        """The answer's body."""
        said: dict[str, object] = {}
        if self.toast:
            said["toast"] = self.toast
        if self.card:
            said["card"] = {"type": self.card.type, "data": self.card.data}
        return msgspec.json.encode(said)


def toast(zh: str, en: str, tone: Tone = "success") -> CardAnswer:
    """A notice in the reader's language."""
    return CardAnswer(toast=Toast(tone, zh, {"zh_cn": zh, "en_us": en}))
