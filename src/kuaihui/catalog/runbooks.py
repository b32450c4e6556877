"""
Runbooks as files: `runbooks/ID.md`, front matter that says which symptoms it is for, then what to do, in Markdown.

Rule 1: a runbook without a symptom would never be found, which is a fault and not a silence.
"""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, ValidationError

from kuaihui.catalog.front_matter import read_page
from kuaihui.catalog.shapes import Entry, Named
from kuaihui.catalog.sheets import Sheet
from kuaihui.catalog.slips import slips
from kuaihui.catalog.sources import Sources
from kuaihui.language import text


class Symptoms(Entry):
    """What is seen when this runbook is the right one."""

    labels: tuple[str, ...] = ()  # matchers on the alert's labels; one is enough
    signatures: tuple[str, ...] = ()  # regular expressions that a log signature fits; one is enough
    above: float | None = None  # the alert's value is at least this
    below: float | None = None


class Head(Entry):
    """The front matter."""

    name: Named
    services: tuple[str, ...] = ()
    symptoms: Symptoms = Symptoms()


class Runbook(Head):
    """What to do when these symptoms are seen."""

    id: str
    body: str = Field(default="", repr=False)


def read_runbooks(sources: Sources) -> dict[str, Runbook]:
    """Every sound runbook, by id; the faults of the others are kept."""
    found: dict[str, Runbook] = {}
    for path in sorted((sources.folder / "runbooks").glob("*.md")):
        sources.known["runbooks"][path.stem] = Sheet(sources.name(path))
        if runbook := _read(path, sources):
            found[runbook.id] = runbook
    return found


def _read(path: Path, sources: Sources) -> Runbook | None:
    remedy = text("begin the file with a line ---, then name: and symptoms:, then a line ---")
    page = read_page(path, sources, text("the runbook has no front matter"), remedy)
    if page is None or page.head is None:
        return None
    sources.known["runbooks"][path.stem] = page.head
    return _shaped(path.stem, page.head, page.body, sources)


def _shaped(name: str, sheet: Sheet, body: str, sources: Sources) -> Runbook | None:
    try:
        head = Head.model_validate(sheet.data or {})
    except ValidationError as wrong:
        sources.faults += slips(wrong, Head, sheet)
        return None
    symptoms = head.symptoms
    if not (symptoms.labels or symptoms.signatures or symptoms.above is not None or symptoms.below is not None):
        remedy = text("write symptoms: with labels, signatures, above or below")
        sources.fault((sheet.file, sheet.line("symptoms")), "no_symptoms", text("the runbook has no symptom, so it is never found"), remedy)
        return None
    return Runbook(id=name, name=head.name, services=head.services, symptoms=symptoms, body=body)
