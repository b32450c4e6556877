"""Templates of documents: Markdown with fields in double braces, made into an incident's document, report or review."""

from __future__ import annotations

from kuaihui.catalog.shapes import Entry, Named


class Template(Entry):
    """A Markdown document with fields; its name is made by rule, like IR-{date}-{service}{alert}."""

    id: str
    name: Named
    title: str
    body: str
