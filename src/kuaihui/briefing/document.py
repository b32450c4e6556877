"""
The incident's document: the team's template, filled from the timeline, and what people wrote in it.

Rule 1: sections marked `rendered` are written by the house from the timeline as it stands; the others by people.
Rule 2: what a person wrote is never overwritten: their change and the house's (or another person's) are merged line by line, and where both
        changed the same lines both are shown.
Rule 3: an edit names the text it began from as "LENGTH:HASH": how many facts there were, and the hash of what was read then.
Rule 4: the document is one for all readers: it is in the team's language and time zone.
"""

from __future__ import annotations

import re
from datetime import datetime
from hashlib import blake2b
from typing import Final

import msgspec

from kuaihui.briefing.fields import Facts
from kuaihui.briefing.merging import Stretch, merge
from kuaihui.briefing.review import REVIEW_FIELDS as FIELDS
from kuaihui.briefing.review_template import REVIEW, review_template
from kuaihui.catalog.catalog import Catalog
from kuaihui.catalog.templates import Section, Template
from kuaihui.incident.learning import ReviewDrafted
from kuaihui.incident.room import AskedInDocument, DocumentCreated, DocumentEdited
from kuaihui.incident.timeline import Timeline

_FIELD: Final = re.compile(r"\{\{\s*([\w-]+)\s*\}\}")


class Written(msgspec.Struct, frozen=True):
    """
    A section as it stands: its Markdown, what an edit of it begins from, who wrote last, and what could not be put together.

    `asked` is who was asked to write it, while nobody has written since.
    """

    id: str
    name: str
    rendered: bool
    words: str
    base: str
    by: str = ""
    at: datetime | None = None
    conflicts: tuple[str, ...] = ()  # the other version of each stretch that two have changed
    asked: str = ""


class Edit(msgspec.Struct, frozen=True):
    """One edit in the document's history, with the section before and after it."""

    number: int
    by: str
    at: datetime
    section: str
    before: str
    after: str


class Paper:
    """The document of one timeline (""), or its review ("review")."""

    def __init__(self, timeline: Timeline, catalog: Catalog, document: str = "") -> None:
        self._timeline = timeline
        self._catalog = catalog
        self._document = document
        self._edits = [one for one in timeline.numbered(DocumentEdited) if one[1].document == document]
        self._known: dict[tuple[str, int], tuple[str, tuple[str, ...]]] = {}
        self._rendered: dict[tuple[str, int], str] = {}
        self._told: dict[int, Facts] = {}  # what there was to tell at each length
        created = self._created
        self.title = created[1].title if created else ""
        # What people write begins with what the template said then: the document at the opening, the review at the closing.
        self._begun = created[0] + 1 if created and document == REVIEW else 1

    @property
    def template(self) -> Template | None:
        """The template it is made from; None where the catalog has it no more."""
        if self._created is None:
            return None
        return review_template(self._catalog) if self._document == REVIEW else self._catalog.templates.get(self._created[1].template)

    @property
    def _created(self) -> tuple[int, DocumentCreated | ReviewDrafted] | None:
        """The number and the fact that made it, the newest one."""
        kind = ReviewDrafted if self._document == REVIEW else DocumentCreated
        made = self._timeline.numbered(kind)
        return made[-1] if made else None

    def sections(self) -> list[Written]:
        """Every section as it stands, in the template's order."""
        return [self._section(section) for section in self.template.sections] if self.template else []

    def markdown(self) -> str:
        """The whole document as Markdown."""
        parts = (f"## {section.name}\n\n{section.words.strip()}\n" for section in self.sections())
        return f"# {self.title}\n\n" + "\n".join(parts)

    def history(self) -> list[Edit]:
        """Every edit, the newest first."""
        found: list[Edit] = []
        for number, fact in reversed(self._edits):
            if section := self._named(fact.section):
                name = section.name.told(self._catalog.language)
                found.append(Edit(number, fact.by, fact.at, name, self._text(section, number)[0], self._after(section, number, fact)[0]))
        return found

    def has(self, section: str) -> bool:
        """Whether the template has this section."""
        return self._named(section) is not None

    # -- one section ---------------------------------------------------------------------------------------------------------------------

    def _named(self, wanted: str) -> Section | None:
        return next((section for section in self.template.sections if section.id == wanted), None) if self.template else None

    def _section(self, section: Section) -> Written:
        length = len(self._timeline)
        words, conflicts = self._text(section, length)
        last = next((fact for _, fact in reversed(self._edits) if fact.section == section.id), None)
        return Written(
            id=section.id,
            name=section.name.told(self._catalog.language),
            rendered=section.rendered,
            words=words,
            base=f"{length}:{hash_of(words)}",
            by=last.by if last else "",
            at=last.at if last else None,
            conflicts=conflicts,
            asked=self._asked(section),
        )

    def _asked(self, section: Section) -> str:
        of = (self._document, section.id)
        asked = [one for one in self._timeline.numbered(AskedInDocument) if (one[1].document, one[1].section) == of]
        written = [number for number, fact in self._edits if fact.section == section.id]
        return asked[-1][1].person if asked and (not written or written[-1] < asked[-1][0]) else ""

    def _text(self, section: Section, length: int) -> tuple[str, tuple[str, ...]]:
        """The section as it stood when there were `length` facts, and what could not be put together."""
        known = self._known.get((section.id, length))
        if known is None:
            known = self._known[section.id, length] = self._made(section, length)
        return known

    def _made(self, section: Section, length: int) -> tuple[str, tuple[str, ...]]:
        edits = [(number, fact) for number, fact in self._edits if fact.section == section.id and number < length]
        if not edits:
            return self._by_house(section, length if section.rendered else self._begun), ()
        number, last = edits[-1]
        written, conflicts = self._after(section, number, last)
        if not section.rendered:
            return written, conflicts
        then, now = self._by_house(section, number), self._by_house(section, length)
        return (written, conflicts) if then == now else _with_the_house(merge(then, now, written), conflicts)

    def _after(self, section: Section, number: int, edit: DocumentEdited) -> tuple[str, tuple[str, ...]]:
        """The section right after an edit: what was written, put together with what others had written meanwhile."""
        before, _ = self._text(section, number)
        began = self._began_from(section, number, edit.base)
        if began in (None, before):
            return edit.words, () if began is not None or before == edit.words else (before,)
        return _of_two_people(merge(began or "", before, edit.words))

    def _began_from(self, section: Section, number: int, base: str) -> str | None:
        """The text that an edit began from; None where it cannot be found again."""
        length, _, digest = base.rpartition(":")
        wanted = (
            [int(length)]
            if length.isdecimal() and 0 < int(length) <= number
            else [number, *(one for one, _ in reversed(self._edits) if one < number)]
        )
        texts = (self._text(section, one)[0] for one in wanted)
        return next((words for words in texts if hash_of(words) == digest), None)

    def _by_house(self, section: Section, length: int) -> str:
        """What the template says with the facts there were then."""
        known = self._rendered.get((section.id, length))
        if known is None:
            body, told = section.body.told(self._catalog.language), self._facts(length)
            known = self._rendered[section.id, length] = _FIELD.sub(lambda field: _filled(field, told), body)
        return known

    def _facts(self, length: int) -> Facts:
        """So many of the facts, the same ones for every section, since what they come to is worked out once for them."""
        if length not in self._told:
            whole = length == len(self._timeline)
            then = self._timeline if whole else Timeline(self._timeline.incident, self._timeline.facts[:length])
            self._told[length] = Facts(then, self._catalog)
        return self._told[length]


def _filled(field: re.Match[str], told: Facts) -> str:
    make = FIELDS.get(field[1])
    return make(told) if make else field[0]


def _with_the_house(stretches: list[Stretch], conflicts: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    """A person's words stay where the house has something else; what it has is told beside."""
    others = tuple("\n".join(stretch.other) for stretch in stretches if stretch.other)
    return "\n".join(line for stretch in stretches for line in stretch.lines), (*conflicts, *others)


def _of_two_people(stretches: list[Stretch]) -> tuple[str, tuple[str, ...]]:
    """Where two people wrote different things, both stand, the earlier first."""
    lines = [line for stretch in stretches for line in (*(stretch.other or ()), *stretch.lines)]
    return "\n".join(lines), tuple("\n".join(stretch.other) for stretch in stretches if stretch.other)


def hash_of(words: str) -> str:
    """What tells one text from another."""
    return blake2b(words.encode(), digest_size=8).hexdigest()
