"""
What pydantic finds wrong with an entry, in our own words.

Rule 1: every kind of error our shapes can raise has a line here; a test feeds them anything and finds no other.
"""

from __future__ import annotations

from collections.abc import Callable
from types import UnionType
from typing import Any, Final, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from kuaihui.catalog.faults import Fault, did_you_mean
from kuaihui.catalog.sheets import Sheet, Step
from kuaihui.language import Text, text

_LONGEST_SHOWN: Final = 60
Said = tuple[str, Text, Text]  # rule, what is wrong, how to put it right


def slips(wrong: ValidationError, model: type[BaseModel], sheet: Sheet, *above: Step) -> list[Fault]:
    """One fault for each error, at its line; `above` is where in the file the entry stands."""
    found: list[Fault] = []
    for error in causes(wrong):
        path = tuple(step for step in error["loc"] if step != "[key]")
        rule, what, remedy = _SAID.get(error["type"], _not_allowed)(error, model)
        found.append(Fault(sheet.file, sheet.line(*above, *path), f"catalog.{rule}", what, remedy))
    return found


def told(wrong: ValidationError, model: type[BaseModel]) -> list[Text]:
    """Each error in one sentence, what is wrong and how to put it right: for what is checked by shape but is no catalog file."""
    return [sentence(error, model) for error in causes(wrong)]


def causes(wrong: ValidationError) -> list[ErrorDetails]:
    """Every error but those that only follow from another."""
    return _first_causes(wrong.errors(include_url=False))


def sentence(error: ErrorDetails, model: type[BaseModel]) -> Text:
    """One error: what is wrong, and how to put it right."""
    _, what, remedy = _SAID.get(error["type"], _not_allowed)(error, model)
    return text("{what}: {remedy}", what=what, remedy=remedy)


def _first_causes(errors: list[ErrorDetails]) -> list[ErrorDetails]:
    """Without the lists that are only too short because their entries are wrong."""
    paths = [error["loc"] for error in errors]
    return [
        error
        for error in errors
        if error["type"] != "too_short" or not any(path != error["loc"] and path[: len(error["loc"])] == error["loc"] for path in paths)
    ]


def _key(error: ErrorDetails) -> str:
    """The path as people write it: layers.0.starts."""
    return ".".join(str(step) for step in error["loc"] if step != "[key]")


def _shown(error: ErrorDetails) -> str:
    shown = "".join(sign if sign.isprintable() else repr(sign)[1:-1] for sign in str(error["input"]))
    return shown if len(shown) <= _LONGEST_SHOWN else f"{shown[:_LONGEST_SHOWN]}…"


def _missing(error: ErrorDetails, _: type[BaseModel]) -> Said:
    return "missing", text("{key} is missing", key=_key(error)), text("add the key")


def _extra(error: ErrorDetails, model: type[BaseModel]) -> Said:
    known = _keys_at(model, error["loc"][:-1])
    listed = text("the keys here are: {known}", known=tuple(known))
    return "unknown_key", text("{key} is not a key here", key=_key(error)), did_you_mean(str(error["loc"][-1]), known, listed)


def _should_be(rule: str, remedy: Text) -> Callable[[ErrorDetails, type[BaseModel]], Said]:
    def said(error: ErrorDetails, _: type[BaseModel]) -> Said:
        return rule, text("{key} is {value}", key=_key(error), value=_shown(error)), remedy

    return said


def _choice(error: ErrorDetails, _: type[BaseModel]) -> Said:
    allowed = [word for word in str(error.get("ctx", {}).get("expected", "")).replace(" or ", ", ").replace("'", "").split(", ") if word]
    remedy = did_you_mean(str(error["input"]), allowed, text("it is one of: {allowed}", allowed=tuple(allowed)))
    return "choice", text("{key} is {value}", key=_key(error), value=_shown(error)), remedy


def _bound(context: str, remedy: Callable[[str], Text]) -> Callable[[ErrorDetails, type[BaseModel]], Said]:
    def said(error: ErrorDetails, _: type[BaseModel]) -> Said:
        limit = str(error.get("ctx", {}).get(context, ""))
        return "bound", text("{key} is {value}", key=_key(error), value=_shown(error)), remedy(limit)

    return said


def _empty(error: ErrorDetails, _: type[BaseModel]) -> Said:
    if error["loc"][-1:] == ("notify",):
        return "empty_level", text("{key} names nobody", key=_key(error)), text("name at least one target, or delete the level")
    return "empty", text("{key} is empty", key=_key(error)), text("write at least one entry")


def _pattern(rule: str, remedy: Callable[[str], Text]) -> Callable[[ErrorDetails, type[BaseModel]], Said]:
    def said(error: ErrorDetails, _: type[BaseModel]) -> Said:
        why = str(error.get("ctx", {}).get("why", ""))
        return rule, text("{key} is {value}", key=_key(error), value=_shown(error)), remedy(why)

    return said


def _not_allowed(error: ErrorDetails, _: type[BaseModel]) -> Said:
    return "shape", text("{key} has a value that is not allowed here", key=_key(error)), text("see this file's page in docs/catalog")


_WORD = _should_be("word", text("write one word or sentence here"))
_NUMBER = _should_be("number", text("write a number here"))
_WHOLE = _should_be("whole_number", text("write a whole number here"))
_YES = _should_be("yes_or_no", text("write true or false here"))
_LIST = _should_be("list", text("write a list here: [one, another]"))
_MAPPING = _should_be("mapping", text("write keys and values here"))
_SAID: Final[dict[str, Callable[[ErrorDetails, type[BaseModel]], Said]]] = {
    "missing": _missing,
    "extra_forbidden": _extra,
    "string_type": _WORD,
    "int_type": _WHOLE,
    "int_parsing": _WHOLE,
    "int_parsing_size": _WHOLE,
    "int_from_float": _WHOLE,
    "float_type": _NUMBER,
    "float_parsing": _NUMBER,
    "finite_number": _NUMBER,
    "bool_type": _YES,
    "bool_parsing": _YES,
    "tuple_type": _LIST,
    "dict_type": _MAPPING,
    "model_type": _MAPPING,
    "model_attributes_type": _MAPPING,
    "literal_error": _choice,
    "too_short": _empty,
    "string_too_short": _empty,
    "greater_than_equal": _bound("ge", lambda limit: text("it is at least {limit}", limit=limit)),
    "less_than_equal": _bound("le", lambda limit: text("it is at most {limit}", limit=limit)),
    "span": _should_be("span", text("write a span like 90s, 5m or 1h30m")),
    "span_too_long": _should_be("span", text("a span is at most a year")),
    "day": _should_be("day", text("write a day like 2023-03-11")),
    "clock": _should_be("clock", text("write a time of day like 09:30")),
    "moment": _should_be("moment", text("write an instant like 2023-03-11 11:00")),
    "turn": _should_be("turn", text("a turn is daily, weekly, or a number of days like 3d")),
    "path_type": _should_be("path", text('write a file or folder in quotes: "…"')),
    "no_regex": _pattern("no_regex", lambda why: text("this is no regular expression ({why}): the syntax is that of Python's re", why=why)),
    "feishu_domain": _should_be(
        "feishu_domain", text("write feishu.cn, larksuite.com, or an address that begins with https:// or http://")
    ),
    "feishu_roster": lambda error, _: (
        "feishu_roster",
        text("{key} names no place of the table, or two", key=_key(error)),
        text("write either base or wiki"),
    ),
    "scrub_name": _should_be("scrub_name", text("a name is at most 40 letters, digits, - and _: it is shown in place of what is found")),
    "scrub_broken": _pattern(
        "scrub_broken",
        lambda why: text("this is no pattern we can run ({why}): the syntax is that of Rust's regex, without look-around", why=why),
    ),
    "scrub_empty": _should_be(
        "scrub_empty", text("this finds the empty text, so it would mark everything: let it find at least one letter")
    ),
    "scrub_mark": _pattern(
        "scrub_mark", lambda why: text("a pattern here also finds the mark {mark}: make it narrower, or the name another", mark=why)
    ),
    "hours": _should_be("hours", text("write hours like 09:00-18:00, or 22:00-08:00 over midnight")),
}


def _keys_at(model: type[BaseModel], path: tuple[Step, ...]) -> list[str]:
    """The keys an entry may have at this path, the id aside, which is the key above it."""
    found: Any = model  # a type annotation: pydantic gives no narrower type
    for step in path:
        found = _inside(found, step)
    return [name for name in found.model_fields if name != "id"] if isinstance(found, type) and issubclass(found, BaseModel) else []


def _inside(annotation: Any, step: Step) -> Any:  # annotations again
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        field = annotation.model_fields.get(str(step))
        return _bare(field.annotation) if field else None
    return next((bare for part in get_args(annotation) if (bare := _bare(part)) not in (Ellipsis, None)), None)


def _bare(annotation: Any) -> Any:
    """Without Annotated and without the None of an optional field."""
    if get_origin(annotation) in (Union, UnionType):
        return next(part for part in get_args(annotation) if part is not type(None))
    return get_args(annotation)[0] if hasattr(annotation, "__metadata__") else annotation
