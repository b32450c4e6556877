"""
Templates of documents: Markdown in sections, made into an incident's document, report or review.

Rule 1: a heading of the second level begins a section and carries its id: `## 影响 {#impact}`; with `.rendered` the house writes it from
        the timeline, without it people do; with `.asked` whoever leads is asked for it in the document while nobody has written it.
Rule 2: every language of a template has the same sections in the same order.
"""

from __future__ import annotations

from datetime import date, datetime

from kuaihui.catalog.shapes import Entry, Named


class Section(Entry):
    """
    One section: `rendered` ones are written by the house from the timeline, the others by people; `body` is what they begin with.

    `asked` ones are asked for in the document when nobody has written them.
    """

    id: str
    name: Named
    rendered: bool = False
    asked: bool = False
    body: Named


class Template(Entry):
    """A Markdown document with fields in double braces; its title is made by rule, like IR-{date:%Y%m%d}-{service}{alert}."""

    id: str
    name: Named
    title: Named
    sections: tuple[Section, ...]

    def titled(self, language: str, at: datetime | date, service: str, alert: str) -> str:
        """The document's title for an incident that began at `at` (in the team's zone)."""
        return self.title.told(language).format(date=at, service=service, alert=alert)
