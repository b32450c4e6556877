"""
What stands in a journal and cannot be read: written by a newer version of Kuaihui, or changed since it was written.

Rule 1: one fact that cannot be read keeps nobody from reading the others: its place in the timeline is kept, and it says so there.
Rule 2: it is never written.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

import msgspec

from kuaihui.incident.fact import HOUSE, Fact
from kuaihui.language import Text, text

_NOBODY_KNOWS_WHEN: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Unknown(Fact, frozen=True, kw_only=True, tag=True):
    """A fact of a kind that we do not know, or of which nothing can be read (then `kind` is empty)."""

    kind: str = ""

    @property
    def said(self) -> Text:
        if not self.kind:
            return text("a fact that cannot be read: `kuaihui verify` tells whether it was changed")
        return text("a fact that this version of Kuaihui does not know ({kind})", kind=self.kind)


class _Outline(msgspec.Struct):
    """What any fact has."""

    fact: str
    at: datetime
    by: str = HOUSE


def unknown(body: bytes) -> Unknown:
    """What can be told of a fact that was not understood."""
    try:
        outline = msgspec.json.decode(body, type=_Outline)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return Unknown(at=_NOBODY_KNOWS_WHEN)
    return Unknown(at=outline.at, by=outline.by, kind=outline.fact)
