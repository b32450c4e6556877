"""
What is wrong with the settings: each fault with the place it came from and what puts it right.

Rule 1: a fault names the line of the file, or the variable by its exact name; never the one for the other.
Rule 2: a value that may be a secret is not shown.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from kuaihui.app.settings_places import BETWEEN, PREFIX, Path_, Places, variable
from kuaihui.catalog.slips import causes, sentence
from kuaihui.errors import BadSettings
from kuaihui.language import Text, text
from kuaihui.language.joining import lined

# Keys whose values are secrets, or may hold one: an address with a password in it.
SECRET: Final = frozenset(
    {"secret", "token", "tokens", "people", "password", "api_key", "access_key", "secret_key", "app_secret", "encrypt_key", "url"}
    | {"verification_token"}
)
# What Kubernetes and Docker put into the environment for a service by the name of kuaihui…: not said by us.
_LINKED: Final = re.compile(r"(tcp|udp|sctp)://.*", re.DOTALL)


def refused(faults: Iterable[Text]) -> BadSettings:
    """All faults in one text."""
    return BadSettings(lined([text("the settings are wrong:"), *(text("  - {fault}", fault=fault) for fault in faults)]))


def placed(place: str, fault: Text) -> Text:
    """A fault behind the place where it came from."""
    return text("{place}: {fault}", place=place, fault=fault) if place else fault


def shape_faults(wrong: ValidationError, model: type[BaseModel], places: Places) -> list[Text]:
    """What has not the shape that is wanted."""
    return [placed(places.of(_path(error)), _told(error, model, places)) for error in causes(wrong)]


def _path(error: ErrorDetails) -> Path_:
    return tuple(step for step in error["loc"] if step != "[key]")


def _told(error: ErrorDetails, model: type[BaseModel], places: Places) -> Text:
    path = _path(error)
    key, section = ".".join(map(str, path)), ".".join(map(str, path[:-1]))
    match error["type"]:
        case "missing" | "string_too_short":
            return _missing(key, section, path, places)
        case "string_type" if not SECRET.isdisjoint(map(str, path)):
            return text('{key} is no text: write it in quotes, "…"', key=key)
        case "string_type":
            return text('{key} is {value}: write it in quotes, "…"', key=key, value=str(error["input"]))
        case "tuple_type":
            return text('{key} is no list: write ["one", "another"]', key=key)
        case "dict_type" | "model_type" | "model_attributes_type":
            return text("{key} is a section: write [{key}], and its keys below", key=key)
        case _:
            return sentence(_masked(error, path), model)


def _missing(key: str, section: str, path: Path_, places: Places) -> Text:
    name = variable(path)
    if places.is_empty(path):
        return text("{key} is missing, since {variable} is empty: write it under [{section}] in the file, or into {variable}",
                    key=key, variable=name, section=section)  # fmt: skip
    return text("{key} is missing: write it under [{section}] in the file, or set {variable}", key=key, section=section, variable=name)


def _masked(error: ErrorDetails, path: Path_) -> ErrorDetails:
    if SECRET.isdisjoint(map(str, path)):
        return error
    masked = error.copy()
    masked["input"] = "…"
    return masked


def unread(names: Iterable[str]) -> list[Text]:
    """Variables for a list or a section that hold no JSON."""
    written = text('a list or a section is written as JSON here, like ["one", "another"] or {example}', example='{"key": "value"}')
    return [placed(name, written) for name in names]


def strays(variables: Mapping[str, str], keys: Iterable[Path_], sections: Iterable[str]) -> list[Text]:
    """Variables that look like settings, but would set nothing: of no section of ours, or with one _ where two belong."""
    names = {variable(key) for key in keys}
    single = {name.replace(BETWEEN, "_"): name for name in names}
    known = {variable((section,)) for section in sections}
    found: list[Text] = []
    for name in sorted(variables):
        upper = name.upper()
        if _LINKED.fullmatch(variables[name]) or upper in names | known:
            continue
        if upper in single:
            found.append(text("{place} sets nothing: between section and key stand two _: {near}", place=name, near=single[upper]))
        elif (section := upper.partition(BETWEEN)[0]) not in known and (BETWEEN in upper or _near(section, {PREFIX + "LANGUAGE"})):
            found.append(_unknown(name, section, names | known))
    return found


def _unknown(name: str, section: str, known: set[str]) -> Text:
    if near := _near(name.upper(), known) or _near(section, known):
        return text("{place} is no setting: did you mean {near}?", place=name, near=near)
    return text("{place} is no setting: there is no section by that name; docs/settings.md has them all", place=name)


def _near(written: str, known: set[str]) -> str:
    return next(iter(get_close_matches(written, known, n=1, cutoff=0.85)), "")


def paths_of(model: type[BaseModel], *above: str) -> list[Path_]:
    """Every key that stands in a section of its own, sections below sections too; not what is named by the user."""
    found: list[Path_] = []
    for name, field in model.model_fields.items():
        below = section_in(field.annotation)
        found += paths_of(below, *above, name) if below else [(*above, name)]
    return found


def section_in(annotation: Any) -> type[BaseModel] | None:  # Any: a type annotation
    """The section that an annotation holds, alone or as an option; None: it is a value."""
    parts = [annotation, *getattr(annotation, "__args__", ())] if not _named(annotation) else []
    return next((part for part in parts if isinstance(part, type) and issubclass(part, BaseModel)), None)


def _named(annotation: Any) -> bool:  # as above
    return getattr(annotation, "__origin__", None) in (dict, tuple)


def not_toml(file: Path, broken: ValueError) -> Text:
    """Where a file stops to be TOML, and how TOML is written."""
    if isinstance(broken, UnicodeDecodeError):
        return text("{file} is not TOML: it is not written in UTF-8; save it as UTF-8", file=str(file))
    place = re.search(r"(.*) \(at line (\d+), column (\d+)\)", str(broken))
    if place is None:
        return text("{file} is not TOML: {what}", file=str(file), what=str(broken))
    what, line, column = place.groups()
    return text(
        '{file} is not TOML: line {line}, column {column} ({what}); it is written `key = "words"` under a `[section]`',
        file=str(file),
        line=line,
        column=column,
        what=what,
    )
