"""
The shapes every entry of the catalog is built from.

Rule 1: an entry is frozen and knows no field it does not declare, so a misspelt key is a fault and not a silence.
Rule 2: spans are written "90s", "5m", "1h30m"; a name is one string, or one a language: {zh: 配置中心, en: config-center}.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict

from kuaihui.language.durations import parse_duration


class Entry(BaseModel):
    """One thing the catalog knows."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)


class Name(Entry):
    """A name in the languages it has; the missing one falls back to the other."""

    zh: str
    en: str

    def __str__(self) -> str:
        return self.zh

    def told(self, language: str) -> str:
        """The name in one language."""
        return self.en if language == "en" else self.zh


def _name(written: object) -> object:
    if isinstance(written, str):
        return {"zh": written, "en": written}
    if isinstance(written, dict) and written:
        return {"zh": written.get("zh", written.get("en")), "en": written.get("en", written.get("zh"))} | written
    return written


def _span(written: object) -> object:
    return parse_duration(written) if isinstance(written, str) else written


Named = Annotated[Name, BeforeValidator(_name)]
Span = Annotated[timedelta, BeforeValidator(_span)]
