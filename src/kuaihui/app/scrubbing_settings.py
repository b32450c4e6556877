"""
The section of settings for what is taken out of the words of others before anybody sees them: `[scrubbing]`.

Rule 1: with nothing said, everything we recognise is taken out.
"""

from __future__ import annotations

from functools import cached_property
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, field_validator
from pydantic_core import PydanticCustomError

from kuaihui.diagnosis.own_patterns import BadPattern, check_name, check_pattern
from kuaihui.diagnosis.scrubbing import KINDS, Scrubber
from kuaihui.language import Text, text

KindOff = Literal["private-key", "password", "token", "email", "id-number", "bank-card", "phone"]


def _refusal(bad: BadPattern) -> PydanticCustomError:
    return PydanticCustomError(bad.slip.value, "it cannot be used", {"why": bad.why})


def _name(written: str) -> str:
    try:
        check_name(written)
    except BadPattern as bad:
        raise _refusal(bad) from bad
    return written


def _pattern(written: str) -> str:
    try:
        check_pattern(written, KINDS)
    except BadPattern as bad:
        raise _refusal(bad) from bad
    return written


class Scrubbing(BaseModel):
    """`off`: kinds that are let through. `[scrubbing.more]`: a team's own patterns, by the name shown in place of what they find."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    off: tuple[KindOff, ...] = ()
    more: dict[Annotated[str, AfterValidator(_name)], Annotated[str, AfterValidator(_pattern)]] = {}

    @field_validator("more")
    @classmethod
    def _leaves_marks_alone(cls, more: dict[str, str]) -> dict[str, str]:
        """No pattern finds its own mark, or that of another one."""
        for pattern in more.values():
            try:
                check_pattern(pattern, more)
            except BadPattern as bad:
                raise _refusal(bad) from bad
        return more

    @cached_property
    def scrubber(self) -> Scrubber:
        """What is handed to everything that lets words of others in or out."""
        return Scrubber(frozenset(self.off), tuple(self.more.items()))

    @property
    def told(self) -> Text:
        """What is scrubbed in one sentence, and what is not."""
        kept = [kind for kind in sorted(KINDS) if kind not in self.off]
        on = (*kept, *self.more) or "-"
        if not self.off:
            return text("scrubbed before anybody sees it: {kinds}", kinds=on)
        return text("scrubbed before anybody sees it: {kinds}; switched off: {off}", kinds=on, off=tuple(sorted(set(self.off))))
