"""
Cards (JSON 2.0, and 1.0 as older bots send them): what Feishu accepts, who is named in one, which buttons it has.

Rule: a card that Feishu refuses is refused here with the same code, so that a wrong card is found on the desk and not in an outage.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

import msgspec

from kuaihui.emulators.feishu.errors import BAD_CARD, TOO_LONG
from kuaihui.emulators.feishu.records import Json

LONGEST = 30 * 1024  # bytes of a card or a post; the vendor's page on sending messages
MOST_COMPONENTS = 200
LEFT_OUT_OF_2_0 = {"action", "note"}
HEADER_COLOURS = {
    "blue", "wathet", "turquoise", "green", "yellow", "orange", "red", "carmine", "violet", "purple", "indigo", "grey", "default",
}  # fmt: skip


def parse(content: str) -> Json:
    """The card in `content`. Raises Rejected where Feishu would refuse to make it."""
    if len(content.encode()) > LONGEST:
        raise TOO_LONG.because(f"the card has more than {LONGEST} bytes")
    try:
        card = msgspec.json.decode(content, type=dict[str, object])
    except msgspec.MsgspecError as fault:
        raise BAD_CARD.because(f"ErrCode: 200621; ErrMsg: parse card json err; {fault}") from fault
    if "type" in card and "data" in card:
        return card  # a template or a card entity: kept by Feishu, not looked into
    (_check_2_0 if card.get("schema") == "2.0" else _check_1_0)(card)
    return card


def may_be_updated(card: Json) -> bool:
    """Whether the card says it is the same for everybody, which an update needs."""
    config = card.get("config")
    return isinstance(config, dict) and cast("Json", config).get("update_multi") is True


def is_2_0(card: Json) -> bool:
    """Which generation the card is of: an answer must be of the same."""
    return card.get("schema") == "2.0"


def components(part: object) -> Iterator[Json]:
    """Every part of a card that has a tag, outermost first."""
    if isinstance(part, dict):
        here = cast("Json", part)
        if isinstance(here.get("tag"), str):
            yield here
        for inner in here.values():
            yield from components(inner)
    elif isinstance(part, list):
        for inner in cast("list[object]", part):
            yield from components(inner)


def buttons(card: Json) -> list[Json]:
    """The components somebody may press, choose or submit."""
    return [part for part in components(card) if part.get("behaviors") or part.get("form_action_type") or _value_of_1_0(part) is not None]


def value_of(button: Json) -> object:
    """What a press of this component calls back with."""
    for behaviour in cast("list[Json]", button.get("behaviors") or []):
        if behaviour.get("type") == "callback":
            return behaviour.get("value", {})
    return _value_of_1_0(button) or {}


def projection(card: Json) -> Json:
    """What a reader of the history gets who did not ask for the card itself."""
    header = cast("Json", card.get("header") or {})
    title = cast("Json", header.get("title") or {}).get("content", "")
    return {"title": title, "elements": [[{"tag": "text", "text": "请升级至最新版本客户端，以查看内容"}]]}


def _value_of_1_0(part: Json) -> object:
    return part.get("value") if part.get("tag") == "button" else None


def _check_1_0(card: Json) -> None:
    if not isinstance(card.get("elements"), list) and not isinstance(card.get("i18n_elements"), dict):
        raise BAD_CARD.because("ErrCode: 200621; ErrMsg: elements is required")


def _check_2_0(card: Json) -> None:
    body = card.get("body")
    if not isinstance(body, dict) or not isinstance(cast("Json", body).get("elements"), list):
        raise BAD_CARD.because("ErrCode: 200550; ErrMsg: body.elements is required")
    parts = list(components(card))
    if len(parts) > MOST_COMPONENTS:
        raise BAD_CARD.because(f"ErrCode: 300305; ErrMsg: element exceeds the limit of {MOST_COMPONENTS}")
    _check_header(cast("Json", card.get("header") or {}))
    names: set[str] = set()
    for part in parts:
        _check_component(part, names)


def _check_header(header: Json) -> None:
    colour = header.get("template", "default")
    if colour not in HEADER_COLOURS:
        raise BAD_CARD.because(f"ErrCode: 300303; ErrMsg: header template {colour!r} is not known")


def _check_component(part: Json, names: set[str]) -> None:
    tag = part["tag"]
    if tag in LEFT_OUT_OF_2_0:
        raise BAD_CARD.because(f"ErrCode: 200861; ErrMsg: cards of schema V2 no longer support the tag {tag}")
    name = part.get("name")
    if isinstance(name, str) and name:
        if name in names:
            raise BAD_CARD.because(f"ErrCode: 300306; ErrMsg: name {name!r} stands twice")
        names.add(name)
    if tag == "button" and "behaviors" in part and not isinstance(part["behaviors"], list):
        raise BAD_CARD.because("ErrCode: 200621; ErrMsg: behaviors is a list")
