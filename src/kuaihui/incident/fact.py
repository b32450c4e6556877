"""
What every fact has: when it happened, and by whom.

Rule 1: a fact is frozen, and named in the past tense.
Rule 2: names and kinds are for ever: add kinds and optional fields, never rename; every journal ever written must be read.
Rule 3: a fact says itself in one line, in each language.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

import msgspec

from kuaihui.language import Text

HOUSE: Final = "kuaihui"  # who did what nobody else did


class Fact(msgspec.Struct, frozen=True, kw_only=True, tag_field="fact", omit_defaults=True):
    """Something that happened, at an instant (UTC), by a person's id, an integration's name, or the house itself."""

    at: datetime
    by: str = HOUSE

    @property
    def said(self) -> Text:
        """The fact in one line; "@id" stands for a name."""
        raise NotImplementedError
