"""
A sender's own JSON or form, as wild as it is: its expressions, and what they find, as words, numbers, labels and instants.

Rule 1: what a word's expression finds may be of any type; what cannot be read is refused at its place, never guessed at.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, tzinfo
from typing import Any, Final, cast
from urllib.parse import parse_qsl

import jmespath
import msgspec
from jmespath import functions
from jmespath.exceptions import JMESPathError

from kuaihui.intake.instants import EARLIEST, start
from kuaihui.intake.labels import malformed
from kuaihui.intake.measures import finite, measure
from kuaihui.intake.ringing import unusable
from kuaihui.language import text

# What a sender's body holds before it is read into our words.
Wild = Any

_MILLISECONDS_FROM: Final = 100_000_000_000  # as seconds this is the year 5138: whoever writes more counts milliseconds
_YEAR_10000: Final = 253_402_300_800  # in seconds since 1970
_MOST_FIELDS: Final = 1_000
LONGEST_LINK: Final = 2_000


class _Functions(functions.Functions):
    """What our expressions know besides JMESPath's own functions."""

    @functions.signature({"types": ["string", "null"]})
    def _func_from_json(self, told: str | None) -> Wild:
        """JSON that stands in a text, as Huawei's and Amazon's notification services send it; null where it is none."""
        try:
            return msgspec.json.decode(told or "null")
        except (msgspec.DecodeError, RecursionError):
            return None


_OPTIONS: Final = jmespath.Options(custom_functions=_Functions())


class Expression:
    """One expression. Raises jmespath's errors where it cannot be read, and where it cannot be applied to what it is given."""

    def __init__(self, written: str) -> None:
        self._parsed = jmespath.compile(written)

    def find(self, wild: Wild) -> Wild:
        """What it finds; None for nothing."""
        return self._parsed.search(wild, options=_OPTIONS)


BadExpression = JMESPathError


def of_json(body: bytes) -> Wild:
    """A body of JSON. Raises Unusable."""
    try:
        return msgspec.json.decode(body)
    except RecursionError as deep:
        raise unusable("json.deep", "", text("this is nested too deeply to be an alert")) from deep
    except msgspec.DecodeError as wrong:
        raise malformed(wrong, "") from wrong


def of_form(body: bytes) -> Wild:
    """A body of form fields (application/x-www-form-urlencoded): an object of texts. Raises Unusable."""
    try:
        return dict(parse_qsl(body.decode(), keep_blank_values=True, strict_parsing=True, max_num_fields=_MOST_FIELDS))
    except ValueError as wrong:
        raise unusable("form.form", "", text("this is no form: {what}", what=str(wrong)[:200])) from wrong


def words(wild: Wild) -> str:
    """A value as text: nothing for null, no quotes around a string, JSON for what is nested."""
    if wild is None:
        return ""
    if isinstance(wild, str):
        return wild.replace("\0", "")
    return msgspec.json.encode(wild).decode()


def link(wild: Wild) -> str:
    """A link that can be shown on a line of its own; nothing where it is none."""
    told = words(wild)[:LONGEST_LINK]
    return told if told.startswith(("https://", "http://")) and told.isprintable() else ""


def number(wild: Wild) -> float | None:
    """A value as a number; None where it is none."""
    if isinstance(wild, bool):
        return None
    return finite(float(wild)) if isinstance(wild, int | float) else measure(words(wild))


def labels(wild: Wild, path: str) -> dict[str, str]:
    """Labels from an object, or from a list of "name=value", "name:value" or {"key": …, "value": …}. Raises Unusable."""
    told = dict(_pair(one, path) for one in cast("list[Wild]", wild)) if isinstance(wild, list) else wild or {}
    try:
        return {name: words(value) for name, value in msgspec.convert(told, dict[str, Wild]).items()}
    except msgspec.ValidationError as wrong:
        raise malformed(wrong, path) from wrong


def _pair(wild: Wild, path: str) -> tuple[str, Wild]:
    if isinstance(wild, str):
        name, _, value = wild.partition("=") if "=" in wild else wild.partition(":")
        return name.strip(), value.strip()
    if isinstance(wild, Mapping) and "value" in wild and ("key" in wild or "name" in wild):
        told = cast("Mapping[str, Wild]", wild)
        return words(told["key"] if "key" in told else told["name"]), told["value"]
    expected = text('{written} is no label: a label in a list is "name=value" or has a key and a value', written=words(wild)[:64])
    raise unusable("generic.label", path, expected)


def instant(wild: Wild, path: str, now: datetime, zone: tzinfo | None) -> datetime | None:
    """
    An instant as seconds or milliseconds since 1970 or as RFC 3339; without an offset it is one of the `zone`, where that is set.

    Raises Unusable.
    """
    if isinstance(wild, bool) or not isinstance(wild, int | float):
        return start(_with_zone(words(wild), zone), path, now)
    seconds = wild / 1000 if wild >= _MILLISECONDS_FROM else wild
    if not EARLIEST.timestamp() <= seconds < _YEAR_10000:
        raise unusable(
            "instant.form", path, text("{written} is no instant: write it like 2023-03-11T11:03:00+08:00", written=str(wild)[:64])
        )
    return start(datetime.fromtimestamp(seconds, UTC).isoformat(), path, now)


def _with_zone(written: str, zone: tzinfo | None) -> str:
    """What was written, with the zone's offset where it names none; what cannot be read is left to be refused as it stands."""
    if zone is None:
        return written
    try:
        told = datetime.fromisoformat(written.strip())
    except ValueError:
        return written
    return (told if told.tzinfo else told.replace(tzinfo=zone)).isoformat()
