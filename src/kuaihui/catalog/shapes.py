"""
The shapes every entry of the catalog is built from.

Rule 1: an entry is frozen and knows no field it does not declare, so a misspelt key is a fault and not a silence.
Rule 2: spans are written "90s", "5m", "1h30m"; a name is one string, or one a language: {zh: 配置中心, en: config-center}.
Rule 3: a field that is refused says so by a rule id of ours (PydanticCustomError), never by a library's English sentence.
"""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from typing import Annotated, cast

from pydantic import BaseModel, BeforeValidator, ConfigDict, model_validator
from pydantic_core import PydanticCustomError

from kuaihui.language.durations import parse_duration

LONGEST_SPAN = timedelta(days=366)
_CLOCK = re.compile(r"(?:[01]?\d|2[0-3]):[0-5]\d")


class Entry(BaseModel):
    """One thing the catalog knows."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True, allow_inf_nan=False)

    @model_validator(mode="before")
    @classmethod
    def left_out(cls, written: object) -> object:
        """A key without a value ("leader:") is a key left out."""
        if not isinstance(written, dict):
            return written
        return {key: value for key, value in cast("dict[object, object]", written).items() if value is not None}


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
    if isinstance(written, dict) and {"zh", "en"} & (told := cast("dict[str, object]", written)).keys():
        return {"zh": told.get("zh") or told.get("en"), "en": told.get("en") or told.get("zh")} | told
    return cast("object", written)


def _span(written: object) -> object:
    if isinstance(written, str):
        try:
            written = parse_duration(written)
        except (ValueError, OverflowError) as wrong:
            raise PydanticCustomError("span", "write a span like 90s, 5m or 1h30m") from wrong
    if not isinstance(written, timedelta):
        raise PydanticCustomError("span", "write a span like 90s, 5m or 1h30m")
    if written > LONGEST_SPAN:
        raise PydanticCustomError("span_too_long", "a span is at most {most} days", {"most": LONGEST_SPAN.days})
    return written


def _day(written: object) -> object:
    if isinstance(written, str):
        try:
            return date.fromisoformat(written.strip())
        except ValueError as wrong:
            raise PydanticCustomError("day", "write a day like 2023-03-11") from wrong
    if type(written) is not date:
        raise PydanticCustomError("day", "write a day like 2023-03-11")
    return written


def _clock(written: object) -> object:
    if isinstance(written, str) and _CLOCK.fullmatch(written.strip()):
        hours, _, minutes = written.strip().partition(":")
        return time(int(hours), int(minutes))
    if not isinstance(written, time):
        raise PydanticCustomError("clock", "write a time of day like 09:30")
    return written


def _moment(written: object) -> object:
    if isinstance(written, str) and len(written.strip()) > len("2023-03-11"):
        try:
            return datetime.fromisoformat(written.strip())
        except ValueError as wrong:
            raise PydanticCustomError("moment", "write an instant like 2023-03-11 11:00") from wrong
    if not isinstance(written, datetime):
        raise PydanticCustomError("moment", "write an instant like 2023-03-11 11:00")
    return written


Named = Annotated[Name, BeforeValidator(_name)]
Span = Annotated[timedelta, BeforeValidator(_span)]
Day = Annotated[date, BeforeValidator(_day)]
Clock = Annotated[time, BeforeValidator(_clock)]
Moment = Annotated[datetime, BeforeValidator(_moment)]
