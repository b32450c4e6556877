"""Roles: proposed, taken, given, handed over."""

from __future__ import annotations

from kuaihui.incident.fact import Fact
from kuaihui.language import Text, text


class RoleProposed(Fact, frozen=True, kw_only=True, tag=True):
    """Somebody was asked to take a role, with the reason why it is them."""

    role: str
    person: str
    reason: Text

    @property
    def said(self) -> Text:
        return text("{person} is asked to be {role}: {reason}", person=f"@{self.person}", role=f"@role:{self.role}", reason=self.reason)


class RoleTaken(Fact, frozen=True, kw_only=True, tag=True):
    """`by` holds the role now."""

    role: str

    @property
    def said(self) -> Text:
        return text("{by} took the role {role}", by=f"@{self.by}", role=f"@role:{self.role}")


class RoleDeclined(Fact, frozen=True, kw_only=True, tag=True):
    """`by` cannot take the role."""

    role: str
    reason: Text

    @property
    def said(self) -> Text:
        return text("{by} cannot be {role}: {reason}", by=f"@{self.by}", role=f"@role:{self.role}", reason=self.reason)


class RoleGiven(Fact, frozen=True, kw_only=True, tag=True):
    """The role passed to `person`; who held it or was asked before (`former`) becomes the second."""

    role: str
    person: str
    reason: Text
    former: str = ""

    @property
    def said(self) -> Text:
        if self.former:
            return text(
                "{role} passed from {former} to {person}: {reason}",
                role=f"@role:{self.role}",
                former=f"@{self.former}",
                person=f"@{self.person}",
                reason=self.reason,
            )
        return text(
            "{by} made {person} {role}: {reason}", by=f"@{self.by}", person=f"@{self.person}", role=f"@role:{self.role}", reason=self.reason
        )
