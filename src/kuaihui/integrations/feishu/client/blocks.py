"""The blocks of a document, as we write them and as we find them: text with mentions and links, headings, lists, tasks, images."""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum
from urllib.parse import quote

import msgspec


class Kind(IntEnum):
    """A block's type; the vendor's page on the block structure."""

    PAGE = 1
    TEXT = 2
    HEADING1 = 3
    HEADING2 = 4
    HEADING3 = 5
    BULLET = 12
    ORDERED = 13
    CODE = 14
    QUOTE = 15
    TODO = 17
    CALLOUT = 19
    DIVIDER = 22
    IMAGE = 27
    TABLE = 31
    TABLE_CELL = 32


FIELD: dict[int, str] = {
    Kind.PAGE: "page",
    Kind.TEXT: "text",
    Kind.HEADING1: "heading1",
    Kind.HEADING2: "heading2",
    Kind.HEADING3: "heading3",
    Kind.BULLET: "bullet",
    Kind.ORDERED: "ordered",
    Kind.CODE: "code",
    Kind.QUOTE: "quote",
    Kind.TODO: "todo",
    Kind.CALLOUT: "callout",
    Kind.DIVIDER: "divider",
    Kind.IMAGE: "image",
}
Described = dict[str, object]


class Link(msgspec.Struct, frozen=True):
    """An address, percent-encoded as Feishu wants it."""

    url: str = ""


class Style(msgspec.Struct, frozen=True, omit_defaults=True):
    """How a run of text looks."""

    bold: bool = False
    inline_code: bool = False
    link: Link | None = None


class Run(msgspec.Struct, frozen=True, omit_defaults=True):
    """A run of text."""

    content: str = ""
    text_element_style: Style | None = None


class Named(msgspec.Struct, frozen=True):
    """Somebody named. In a document nobody is told: say it again in the chat."""

    user_id: str = ""


class Element(msgspec.Struct, frozen=True, omit_defaults=True):
    """One part of a line: a run of text, or somebody named."""

    text_run: Run | None = None
    mention_user: Named | None = None


class Words(msgspec.Struct, frozen=True):
    """What a block says."""

    elements: list[Element] = []


class Block(msgspec.Struct, frozen=True, kw_only=True):
    """A block as Feishu keeps it."""

    block_id: str
    block_type: int
    parent_id: str = ""
    children: list[str] | None = None
    page: Words | None = None
    text: Words | None = None
    heading1: Words | None = None
    heading2: Words | None = None
    heading3: Words | None = None
    bullet: Words | None = None
    ordered: Words | None = None
    code: Words | None = None
    quote: Words | None = None
    todo: Words | None = None

    @property
    def elements(self) -> list[Element]:
        """The parts of its line; none for kinds that have no text of their own."""
        name = FIELD.get(self.block_type)
        words: Words | None = getattr(self, name, None) if name else None
        return words.elements if words else []

    @property
    def words(self) -> str:
        """What it says in plain words."""
        return "".join(
            one.text_run.content if one.text_run else f"@{one.mention_user.user_id if one.mention_user else ''}" for one in self.elements
        )


def run(words: str, *, bold: bool = False, code: bool = False, url: str = "") -> Element:
    """A run of text, perhaps a link."""
    link = Link(quote(url, safe="")) if url else None
    plain = not (bold or code or link)
    return Element(text_run=Run(words, None if plain else Style(bold, code, link)))


def mention(open_id: str) -> Element:
    """Somebody named."""
    return Element(mention_user=Named(open_id))


def block(kind: Kind, *elements: Element | str) -> Described:
    """A block to write."""
    if kind is Kind.DIVIDER:
        return {"block_type": int(kind), "divider": {}}
    if kind is Kind.IMAGE:
        return {"block_type": int(kind), "image": {}}
    return {"block_type": int(kind), FIELD[kind]: {"elements": lines(elements)}}


def lines(elements: Sequence[Element | str]) -> list[Element]:
    """Plain words as runs of text. Feishu refuses an empty line, so there is always one run."""
    return [run(one) if isinstance(one, str) else one for one in elements] or [run("")]
