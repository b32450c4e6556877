"""
The document's Markdown as Feishu's blocks, and its blocks as Markdown: line by line, a block a line.

Rule 1: a line is known by its kind and its plain words, whatever is bold or linked in it; so what we wrote is found again.
Rule 2: a table's row is a line too, its cells side by side; the row of dashes under the first goes with it, and is written back with it.
Rule 3: what has no words (pictures, tables, dividers) and what is indented under another block is left alone: it is no line of ours.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import Final

import msgspec
from markdown_it import MarkdownIt
from markdown_it.token import Token

from kuaihui.integrations.feishu.client.blocks import Block, Element, Kind, run

HEADINGS: Final = (Kind.HEADING1, Kind.HEADING2, Kind.HEADING3)
# What a line of Markdown begins with, the longer first.
_BEGINNINGS: Final[tuple[tuple[re.Pattern[str], Kind], ...]] = (
    (re.compile(r"#{1,6} +"), Kind.HEADING3),
    (re.compile(r"[-*+] \[[ xX]\] "), Kind.TODO),
    (re.compile(r"[-*+] +"), Kind.BULLET),
    (re.compile(r"\d{1,9}[.)] +"), Kind.ORDERED),
    (re.compile(r"> ?"), Kind.QUOTE),
)
_WRITTEN: Final = {
    Kind.HEADING1: "### ",
    Kind.HEADING2: "### ",
    Kind.HEADING3: "### ",
    Kind.TODO: "- [ ] ",
    Kind.BULLET: "- ",
    Kind.ORDERED: "1. ",
    Kind.QUOTE: "> ",
}
_KNOWN: Final = frozenset({Kind.TEXT, Kind.CODE, *_WRITTEN})
_SPECIAL: Final = re.compile(r"([\\`*_\[\]<>#|~])")
# A row of a table, and the one of dashes under its head.
_ROW: Final = re.compile(r"\|(.*)\|\s*(?:\n.*)?")
_CELLS: Final = re.compile(r"(?<!\\)\|")
_DASHES: Final = re.compile(r"\|( *:?-+:? *\|)+\s*")
_DIVIDER: Final = re.compile(r" {0,3}([-*_])( *\1){2,} *")


class Line(msgspec.Struct, frozen=True):
    """One line: what it is, what it says, and its Markdown; `at` is its place among the page's blocks, `block` that block's id."""

    kind: Kind
    words: str
    markdown: str
    at: int = -1
    block: str = ""

    @property
    def same(self) -> tuple[Kind, str]:
        """What makes two lines the same."""
        return self.kind, self.words

    @property
    def elements(self) -> list[Element]:
        """Its words as Feishu takes them, with what is bold, code or a link."""
        return list(_elements(_after_beginning(self.markdown)[1])) or [run(self.words)]


class Part(msgspec.Struct, frozen=True):
    """A section as it stands in Feishu: its lines, and the place among the page's blocks where it ends."""

    lines: tuple[Line, ...]
    end: int


def lines_of(markdown: str) -> list[Line]:
    """The lines of a section's Markdown."""
    found: list[Line] = []
    for written in markdown.splitlines():
        if _DASHES.fullmatch(written.strip()) and found:
            found[-1] = msgspec.structs.replace(found[-1], markdown=f"{found[-1].markdown}\n{written.strip()}")
        elif not _DIVIDER.fullmatch(written):
            kind, rest = _after_beginning(written.strip())
            if words := "".join(_plain(element) for element in _elements(rest)).strip():
                found.append(Line(kind, words, written.strip()))
    return found


def joined(written: Iterable[str]) -> str:
    """Lines as one text: lists and quotations close together, everything else a paragraph of its own."""
    told, before = list[str](), Kind.PAGE
    for line in written:
        kind, _ = _after_beginning(line)
        if told and (kind != before or kind in (Kind.TEXT, Kind.HEADING3)):
            told.append("")
        told.append(line)
        before = kind
    return "\n".join(told)


def line_of(block: Block, at: int) -> Line | None:
    """A block of the page as a line; None for one that is no line."""
    words = block.words.strip()
    if block.block_type not in _KNOWN or not words:
        return None
    kind = Kind(block.block_type)
    kind = Kind.HEADING3 if kind in HEADINGS else Kind.TEXT if kind is Kind.CODE else kind
    return Line(kind, " ".join(words.split("\n")), _WRITTEN.get(kind, "") + _markdown(block.elements), at, block.block_id)


def parts_of(blocks: Sequence[Block], names: Iterable[str]) -> dict[str, Part]:
    """The sections that stand on a page, by the names of their headings; each ends where the next one, or one no deeper, begins."""
    page = next((one for one in blocks if one.block_type == Kind.PAGE), None)
    by_id = {one.block_id: one for one in blocks}
    top = [by_id[one] for one in (page.children or [] if page else []) if one in by_id]
    wanted = {name.strip() for name in names}
    begins = [at for at, one in enumerate(top) if one.block_type in HEADINGS and one.words.strip() in wanted]
    return {top[at].words.strip(): _part(top, at, begins) for at in reversed(begins)}


def _part(top: Sequence[Block], begin: int, begins: Sequence[int]) -> Part:
    level = top[begin].block_type
    end = begin + 1
    while end < len(top) and end not in begins and not (top[end].block_type in HEADINGS and top[end].block_type <= level):
        end += 1
    lines = (line_of(top[at], at) for at in range(begin + 1, end))
    return Part(tuple(line for line in lines if line), end)


# -- within a line -------------------------------------------------------------------------------------------------------------------------


def _after_beginning(written: str) -> tuple[Kind, str]:
    if row := _ROW.fullmatch(written):
        return Kind.BULLET, " · ".join(cell.strip() for cell in _CELLS.split(row[1]) if cell.strip())
    for beginning, kind in _BEGINNINGS:
        if found := beginning.match(written):
            return kind, written[found.end() :]
    return Kind.TEXT, written


@cache
def _parser() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False})


def _elements(words: str) -> Iterator[Element]:
    """The runs of one line."""
    bold, link = 0, ""
    tokens = _parser().parseInline(words.strip())
    for token in (tokens[0].children or []) if tokens else []:
        match token.type:
            case "strong_open" | "strong_close":
                bold += token.nesting
            case "link_open":
                link = str(token.attrGet("href") or "")
            case "link_close":
                link = ""
            case _:
                if said := _said(token):
                    yield run(said, bold=bold > 0, code=token.type == "code_inline", url=link if "://" in link else "")


def _said(token: Token) -> str:
    return " " if token.type in ("softbreak", "hardbreak") else token.content


def _plain(element: Element) -> str:
    return element.text_run.content if element.text_run else ""


def _markdown(elements: Iterable[Element]) -> str:
    """What people wrote in a block, as Markdown that says the same."""
    told: list[str] = []
    for element in elements:
        if element.mention_user:
            told.append(f"@{element.mention_user.user_id}")
        elif element.text_run:
            told.append(_SPECIAL.sub(r"\\\1", " ".join(element.text_run.content.split("\n"))))
    return "".join(told).strip()
