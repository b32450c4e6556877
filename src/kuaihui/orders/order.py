"""
What every order has: an occasion, an identity, and how long its answer is waited for.

Rule 1: an order's identity holds its occasion. Same occasion: carried out once. New occasion: again.
Rule 2: the identity is made of what the order is for, never of how it is worded, so that a new wording orders nothing twice.
"""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

import msgspec

from kuaihui.language import Text


class Order(msgspec.Struct, frozen=True, kw_only=True, tag_field="order", omit_defaults=True):
    """
    Something we ask of the world.

    `occasion` is the number (in the timeline) of the fact that called for it: the opening, a re-opening, a worsening …
    """

    occasion: int

    # How long one attempt may take; longer, and it is answered as failed.
    timeout: ClassVar[timedelta] = timedelta(seconds=15)
    # An order without an answer for this long was lost with the process that carried it: it is due again.
    patience: ClassVar[timedelta] = timedelta(seconds=30)
    # How often "try later" is obeyed before the order is given up.
    tries: ClassVar[int] = 5

    @property
    def key(self) -> tuple[str | int, ...]:
        """What tells two orders of this kind and occasion apart."""
        return ()

    @property
    def identity(self) -> str:
        """One order of one occasion, for ever: "Page/3/axin/1/inbox/1"."""
        identity = f"{type(self).__name__}/{self.occasion}"
        for part in self.key:
            identity += f"/{part}"
        return identity

    @property
    def said(self) -> Text:
        """The order in words."""
        raise NotImplementedError
