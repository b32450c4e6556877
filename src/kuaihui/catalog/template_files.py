"""
Templates as files: front matter in YAML, then Markdown.

Rule 1: `templates/ID.md` is in the team's language; `templates/ID.zh.md` and `templates/ID.en.md` are one language each. A language that is
        missing is told in the other.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from string import Formatter
from typing import Final

from pydantic import Field, ValidationError

from kuaihui.catalog.faults import did_you_mean
from kuaihui.catalog.front_matter import read_page
from kuaihui.catalog.shapes import Entry, Name
from kuaihui.catalog.sheets import Sheet
from kuaihui.catalog.slips import slips
from kuaihui.catalog.sources import Sources
from kuaihui.catalog.templates import Section, Template
from kuaihui.language import LANGUAGES, Text, text

TITLE_FIELDS: Final = ("date", "service", "alert")
_HEADING: Final = re.compile(r"##\s+(?P<name>.*?)\s*\{\s*#(?P<id>[\w-]+)\s*(?P<kind>\.rendered|\.asked)?\s*\}\s*")
_SECOND_LEVEL: Final = re.compile(r"##(?!#)")
_FENCE: Final = re.compile(r" {0,3}(```+|~~~+)")


class Head(Entry):
    """The front matter of a template."""

    name: str = Field(min_length=1)
    title: str = Field(min_length=1)


@dataclass(frozen=True)
class _Part:
    id: str
    name: str
    kind: str
    body: str
    line: int


@dataclass(frozen=True)
class _Page:
    """One language of a template."""

    file: str
    head: Head
    parts: tuple[_Part, ...]


def read_templates(sources: Sources) -> dict[str, Template]:
    """Every sound template, by id; the faults of the others are kept."""
    pages: dict[str, dict[str, _Page]] = {}
    team = sources.front.language if sources.front else "zh"
    for path in sorted((sources.folder / "templates").glob("*.md")):
        name, _, language = path.stem.rpartition(".")
        if language not in LANGUAGES or not name:
            name, language = path.stem, team
        sources.known["templates"].setdefault(name, Sheet(sources.name(path)))
        if page := _page(path, sources):
            pages.setdefault(name, {})[language] = page
    return {name: _together(name, found) for name, found in pages.items() if _agree(found, sources)}


def _page(path: Path, sources: Sources) -> _Page | None:
    remedy = text("begin the file with a line ---, then name: and title:, then a line ---")
    page = read_page(path, sources, text("the template has no front matter"), remedy)
    if page is None:
        return None
    head = _head(page.head, sources) if page.head else None
    parts = tuple(_parts(page.lines, page.end + 1, page.file, sources))
    if not parts:
        sources.fault((page.file, page.end + 1), "no_sections", text("the template has no section"), _section_remedy())
    return _Page(page.file, head, parts) if head and parts else None


def _head(sheet: Sheet, sources: Sources) -> Head | None:
    try:
        head = Head.model_validate(sheet.data or {})
    except ValidationError as wrong:
        sources.faults += slips(wrong, Head, sheet)
        return None
    return head if _title_works(head.title, (sheet.file, sheet.line("title")), sources) else None


def _title_works(title: str, place: tuple[str, int], sources: Sources) -> bool:
    known = text("a title may have the fields: {known}", known=tuple(f"{{{name}}}" for name in TITLE_FIELDS))
    try:
        fields = [field for _, field, _, _ in Formatter().parse(title) if field is not None]
        unknown = [field for field in fields if field not in TITLE_FIELDS]
        if not unknown:
            title.format(date=datetime(2023, 3, 11, tzinfo=UTC), service="config-center", alert="500")
            return True
    except (ValueError, KeyError, IndexError):
        sources.fault(
            place,
            "title",
            text("the title's fields cannot be read: {title}", title=title),
            text("write it like IR-{{date:%Y%m%d}}-{{service}}{{alert}}"),
        )
        return False
    wrong = text("the title has the unknown field {field}", field=unknown[0])
    sources.fault(place, "title", wrong, did_you_mean(unknown[0], TITLE_FIELDS, known))
    return False


def _parts(lines: list[str], begin: int, file: str, sources: Sources) -> Iterator[_Part]:
    seen: dict[str, int] = {}
    for first, last in _spans(lines, begin):
        heading = _HEADING.fullmatch(lines[first])
        if first == begin and not _SECOND_LEVEL.match(lines[first]):
            if stray := next((number for number in range(first, last) if lines[number].strip()), None):
                sources.fault((file, stray + 1), "outside_sections", text("these words stand outside every section"), _section_remedy())
        elif heading is None:
            sources.fault((file, first + 1), "section_id", text("the section has no id"), _section_remedy())
        elif heading["id"] in seen:
            wrong = text("the section {section} is there twice, first in line {line}", section=heading["id"], line=seen[heading["id"]])
            sources.fault((file, first + 1), "duplicate_section", wrong, text("give it an id of its own"))
        else:
            seen[heading["id"]] = first + 1
            body = "\n".join(lines[first + 1 : last]).strip("\n")
            yield _Part(heading["id"], heading["name"], heading["kind"] or "", body, first + 1)


def _spans(lines: list[str], begin: int) -> Iterator[tuple[int, int]]:
    """First and last line of what stands before the sections, and of each section; a heading inside a code block is none."""
    fence, starts = "", [begin]
    for number in range(begin, len(lines)):
        if found := _FENCE.match(lines[number]):
            fence = found[1][:3] if not fence else "" if found[1].startswith(fence) else fence
        elif not fence and _SECOND_LEVEL.match(lines[number]) and number > begin:
            starts.append(number)
    yield from zip(starts, [*starts[1:], len(lines)], strict=True)


def _agree(pages: dict[str, _Page], sources: Sources) -> bool:
    """Whether all languages have the same sections."""
    first, *others = pages.values()
    for other in others:
        if [part.id for part in other.parts] != [part.id for part in first.parts]:
            odd = next((part for part in other.parts if part.id not in {known.id for known in first.parts}), other.parts[0])
            wrong = text("its sections are not those of {file}", file=first.file)
            remedy = text(
                "give both languages the same sections in the same order: {sections}", sections=tuple(part.id for part in first.parts)
            )
            sources.fault((other.file, odd.line), "sections_differ", wrong, remedy)
            return False
    return True


def _together(name: str, pages: dict[str, _Page]) -> Template:
    zh, en = (pages.get(language) or next(iter(pages.values())) for language in LANGUAGES)
    sections = tuple(
        Section(
            id=one.id,
            name=Name(zh=one.name, en=other.name),
            rendered=one.kind == ".rendered",
            asked=one.kind == ".asked",
            body=Name(zh=one.body, en=other.body),
        )
        for one, other in zip(zh.parts, en.parts, strict=True)
    )
    return Template(id=name, name=Name(zh=zh.head.name, en=en.head.name), title=Name(zh=zh.head.title, en=en.head.title), sections=sections)


def _section_remedy() -> Text:
    return text(
        "begin a section with a heading like: ## Impact {{#impact}}, {{#roles .rendered}} for one the house writes, or "
        "{{#impact .asked}} for one that is asked for"
    )
