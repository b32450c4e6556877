"""Asking somebody to take a role."""

from __future__ import annotations

from kuaihui.language import Text, text
from kuaihui.orders.order import Order


class ProposeRole(Order, frozen=True, kw_only=True, tag=True):
    """Ask this person to take this role, with the reason why it is them."""

    role: str
    person: str
    reason: Text

    @property
    def key(self) -> tuple[str | int, ...]:
        return (self.role, self.person)

    @property
    def said(self) -> Text:
        return text("ask {person} to take the role {role}: {reason}", person=f"@{self.person}", role=f"@{self.role}", reason=self.reason)
