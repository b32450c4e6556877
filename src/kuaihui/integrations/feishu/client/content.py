"""
What a message may say, written and read: text, rich text, cards, images, files.

Rule: words that somebody else wrote (an alert, a log line) go through `harmless`, so that they cannot call "@all".
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import cast

import msgspec

LONGEST_TEXT = 150 * 1024  # bytes; the vendor's page on sending messages
LONGEST_CARD = 30 * 1024
_AT = re.compile(r"<(?=/?at\b)", re.IGNORECASE)


class Content(msgspec.Struct, frozen=True):
    """A message's kind and its content in Feishu's JSON."""

    kind: str
    json: str


def saying(words: str) -> Content:
    """A text; `mention` names people in it."""
    return Content("text", _json({"text": words}))


def card(described: Mapping[str, object]) -> Content:
    """A card (JSON 2.0)."""
    return Content("interactive", _json(described))


def image(key: str) -> Content:
    """An uploaded image."""
    return Content("image", _json({"image_key": key}))


def file(key: str) -> Content:
    """An uploaded file."""
    return Content("file", _json({"file_key": key}))


def post(title: str, lines: Sequence[Sequence[Mapping[str, object]]], language: str = "zh_cn") -> Content:
    """
    Rich text, in lines of parts.

    Parts are such as `{"tag": "text", "text": ...}`, `{"tag": "at", "user_id": ...}`, `{"tag": "img", "image_key": ...}`.
    """
    return Content("post", _json({language: {"title": title, "content": lines}}))


def mention(open_id: str, name: str = "") -> str:
    """Somebody named in a text, so that it rings at their side."""
    return f'<at user_id="{open_id}">{harmless(name)}</at>'


def mention_in_card(open_id: str) -> str:
    """Somebody named in a card's markdown."""
    return f"<at id={open_id}></at>"


def harmless(words: str) -> str:
    """Somebody else's words, in which no tag names anybody."""
    return _AT.sub("<\u200b", words)


def words_of(kind: str, content: str, names: Mapping[str, str]) -> str:
    """What a message says in plain words: the text with names, a post's or a card's texts line by line. `names` by mention key."""
    try:
        said = msgspec.json.decode(content, type=dict[str, object])
    except msgspec.MsgspecError:
        return content
    if kind == "text":
        return _named(str(said.get("text", "")), names)
    return _named("\n".join(text for text in _texts(said) if text.strip()), names)


def _named(words: str, names: Mapping[str, str]) -> str:
    # The longest key first: @_user_1 also begins @_user_10.
    for key in sorted(names, key=len, reverse=True):
        words = words.replace(key, f"@{names[key]}")
    return words


def _texts(part: object) -> list[str]:
    """Every string that a reader of a card or a post would see, in order."""
    match part:
        case dict():
            fields = cast("dict[str, object]", part)
            own = [value for key in ("title", "content", "text") if isinstance(value := fields.get(key), str)]
            return own + [text for key, value in fields.items() if key not in {"behaviors", "value"} for text in _texts(value)]
        case list():
            return [text for each in cast("list[object]", part) for text in _texts(each)]
        case _:
            return []


def _json(said: object) -> str:
    return msgspec.json.encode(said).decode()
