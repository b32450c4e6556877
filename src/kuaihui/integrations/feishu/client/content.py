"""
What a message may say, written and read: text, rich text, cards, images, files.

Rule: words that somebody else wrote (an alert, a log line) go through `harmless`, so that they cannot call "@all", and in a card through
      `harmless_in_card`, so that no link says it leads where it does not.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from typing import cast

import msgspec

LONGEST_TEXT = 150 * 1024  # bytes; the vendor's page on sending messages
LONGEST_CARD = 30 * 1024
_AT = re.compile(r"<(?=/?at\b)", re.IGNORECASE)
# What a card's markdown makes of words: a link or picture under a name of its own, and tags (link, a, font, person …).
_LINKED = re.compile(r"\](?=\(([^)\s]{0,500}))")
_TAG = re.compile(r"<(?=/?[a-z])", re.IGNORECASE)
# Whoever writes them can make the words after them, ours among them, look like others.
_TURNING = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


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


def harmless_in_card(words: str, ours: Collection[str] = ()) -> str:
    """Words in a card's markdown that name nobody, hide no address behind other words but those that are `ours`, and hold no tag."""

    def closed(found: re.Match[str]) -> str:
        return "]" if found[1] in ours else "]\u200b"

    return _TURNING.sub("", _TAG.sub("<\u200b", _LINKED.sub(closed, words)))


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
