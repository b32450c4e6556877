"""
KeepDocument: the document in Feishu and the document of the timeline, brought together line by line.

Rule 1: what stands in Feishu and was not written by us was written by people: it goes into the timeline before anything is changed.
Rule 2: changed and removed are only blocks whose words we know from the timeline; a block's words are checked right before it is removed.
Rule 3: nothing is remembered: what we last wrote is made again from the facts there were then (`DocumentKept`), and what a killed attempt
        may have written from the facts there were when it was ordered. So an attempt that died in the middle is simply made again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from datetime import datetime
from difflib import SequenceMatcher
from typing import Final

import msgspec

from kuaihui.briefing.document import Paper, Written, hash_of
from kuaihui.briefing.merging import merge
from kuaihui.catalog.catalog import Catalog
from kuaihui.errors import TryLater
from kuaihui.incident.fact import Fact
from kuaihui.incident.learning import ReviewDrafted
from kuaihui.incident.pages import Ordered
from kuaihui.incident.room import DocumentCreated, DocumentEdited, DocumentKept, TopicOpened
from kuaihui.incident.timeline import Timeline
from kuaihui.integrations.feishu.client.blocks import Block, Described, Element, Kind, block
from kuaihui.integrations.feishu.client.documents import MOST_CHILDREN
from kuaihui.integrations.feishu.client.failures import FeishuRefused
from kuaihui.integrations.feishu.desk import NAME, Desk
from kuaihui.integrations.feishu.paper import Line, Part, joined, lines_of, parts_of
from kuaihui.language import text
from kuaihui.orders import KeepDocument

Same = tuple[Kind, str]
HEADING: Final = Kind.HEADING1


class DocumentKeeper:
    """Keeps documents in step. `edited_by` is who was last heard to edit a document, by its token."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._one_at_a_time: dict[str, asyncio.Lock] = {}
        self.edited_by: dict[str, str] = {}

    async def keep(self, order: KeepDocument, timeline: Timeline, now: datetime) -> list[Fact]:
        """People's edits into the timeline, then the timeline into the document. Raises TryLater where people edit at the same moment."""
        created = self._desk.paper(timeline, order.document)
        async with self._one_at_a_time.setdefault(created.reference, asyncio.Lock()):
            if not _kept(timeline, created.reference):
                await self._begin(created, timeline)
            found = await self._find(created, timeline, order.document, now)
            await self._write(created.reference, found)
        return [*found.edits, DocumentKept(at=now, by=NAME, length=len(timeline), reference=created.reference)]

    async def read_back(self, timeline: Timeline, now: datetime, person: str = "", document: str = "") -> list[DocumentEdited]:
        """What people wrote since we last looked, by `person` where that is known; nothing is written."""
        created = self._desk.paper(timeline, document)
        if not _kept(timeline, created.reference):
            return []
        if person:
            self.edited_by[created.reference] = person
        async with self._one_at_a_time.setdefault(created.reference, asyncio.Lock()):
            return list((await self._find(created, timeline, document, now)).edits)

    async def _begin(self, created: DocumentCreated | ReviewDrafted, timeline: Timeline) -> None:
        """Before the first writing: the copy is whole, the group sees it, its edits are told to us."""
        documents, topic = self._desk.feishu.documents, timeline.last(TopicOpened)
        await documents.ready(created.reference)
        if topic and topic.by == NAME:
            await documents.share(created.reference, topic.chat)
        try:
            await documents.follow(created.reference)
        except FeishuRefused:  # without the event's scope, edits are found at the next writing
            return

    async def _find(self, created: DocumentCreated | ReviewDrafted, timeline: Timeline, document: str, now: datetime) -> _Found:
        blocks = await self._desk.feishu.documents.blocks(created.reference)
        by = self.edited_by.get(created.reference, NAME)
        return find(_Known(timeline, self._desk.catalog(), created.reference, document), blocks, by, now)

    # -- writing ---------------------------------------------------------------------------------------------------------------------------

    async def _write(self, document: str, found: _Found) -> None:
        """The last section first, so that the places of those before it stay what they are."""
        for section in sorted(found.sections, key=lambda one: one.part.end if one.part else 0, reverse=True):
            if section.part:
                for change in changes(section.part, section.wanted):
                    await self._change(document, change)
        for section in found.sections:
            if section.part is None:
                await self._add(document, -1, [block(HEADING, section.name), *map(_described, section.wanted)])

    async def _change(self, document: str, change: Change) -> None:
        documents = self._desk.feishu.documents
        if change.said:
            await documents.say(document, dict(change.said))
        if change.gone:
            await self._remove(document, change.gone)
        if change.new:
            await self._add(document, change.at, list(map(_described, change.new)))

    async def _add(self, document: str, at: int, described: Sequence[Described]) -> None:
        for start in range(0, len(described), MOST_CHILDREN):
            place = at if at < 0 else at + start
            await self._desk.feishu.documents.add(document, document, described[start : start + MOST_CHILDREN], at=place)

    async def _remove(self, document: str, gone: Sequence[Line]) -> None:
        """Feishu removes by place, not by id: people may have put something there meanwhile."""
        blocks = await self._desk.feishu.documents.blocks(document)
        page = next(one for one in blocks if one.block_type == Kind.PAGE)
        first, last = gone[0].at, gone[-1].at + 1
        if (page.children or [])[first:last] != [line.block for line in gone]:
            raise TryLater(text("somebody is editing the document"))
        await self._desk.feishu.documents.remove(document, document, first, last)


def _described(line: Line) -> Described:
    return block(line.kind, *line.elements)


# -- thinking ------------------------------------------------------------------------------------------------------------------------------


class _Section(msgspec.Struct):
    """One section: as it stands in Feishu (None: it does not yet), and as it should."""

    name: str
    part: Part | None
    wanted: list[Line]


class _Found(msgspec.Struct):
    """What people wrote, and each section as it is to be."""

    edits: list[DocumentEdited]
    sections: list[_Section]


class Change(msgspec.Struct):
    """One change of a section: other words in blocks that stay, blocks that go, new ones at a place."""

    said: tuple[tuple[str, list[Element]], ...] = ()
    gone: tuple[Line, ...] = ()
    new: tuple[Line, ...] = ()
    at: int = -1


class _Known(msgspec.Struct, frozen=True):
    """What is known of a document: the timeline, and which one of the incident's it is."""

    timeline: Timeline
    catalog: Catalog
    reference: str
    document: str

    def sections(self, timeline: Timeline | None = None) -> list[Written]:
        """Its sections as they are to be, now or with the facts there were then."""
        return Paper(timeline or self.timeline, self.catalog, self.document).sections()


def find(known: _Known, blocks: Sequence[Block], by: str, now: datetime) -> _Found:
    """What people changed since we last wrote, and what is to be written now."""
    timeline, written = known.timeline, known.sections()
    parts = parts_of(blocks, [one.name for one in written])
    before, attempts = _before(known), _attempts(known)
    edits: list[DocumentEdited] = []
    for one in written:
        theirs = parts.get(one.name)
        if theirs and (words := _edited(one, theirs, before.get(one.id), attempts.get(one.id, set()))) is not None:
            base = f"{len(timeline)}:{hash_of(one.words)}"
            edits.append(DocumentEdited(at=now, by=by, section=one.id, words=words, base=base, document=known.document))
    after = known.sections(timeline.extended(edits))
    return _Found(edits, [_Section(one.name, parts.get(one.name), lines_of(one.words)) for one in after])


def _kept(timeline: Timeline, reference: str) -> list[tuple[int, DocumentKept]]:
    """Each time that this document was written, with its number."""
    return [(number, fact) for number, fact in timeline.numbered(DocumentKept) if fact.reference == reference]


def _before(known: _Known) -> dict[str, str]:
    """Each section as we last wrote it; nothing where we never did."""
    timeline, kept = known.timeline, _kept(known.timeline, known.reference)
    if not kept:
        return {}
    number, fact = kept[-1]
    edits: list[Fact] = []
    while isinstance(timeline.facts[number - 1 - len(edits)], DocumentEdited):
        edits.insert(0, timeline.facts[number - 1 - len(edits)])
    then = Timeline(timeline.incident, (*timeline.facts[: fact.length], *edits))
    return {one.id: one.words for one in known.sections(then)}


def _attempts(known: _Known) -> dict[str, set[Same]]:
    """What attempts since then may have written, this one among them: their lines by section."""
    timeline, kept = known.timeline, _kept(known.timeline, known.reference)
    since = kept[-1][0] if kept else 0
    found: dict[str, set[Same]] = {}
    for number, ordered in timeline.numbered(Ordered, since):
        if isinstance(ordered.order, KeepDocument) and ordered.order.document == known.document:
            for one in known.sections(Timeline(timeline.incident, timeline.facts[: number + 1])):
                found.setdefault(one.id, set()).update(line.same for line in lines_of(one.words))
    return found


def _edited(now: Written, theirs: Part, before: str | None, attempted: set[Same]) -> str | None:
    """A section's Markdown with what people wrote in Feishu; None where that is nothing new."""
    ours = lines_of(before or "")
    known = {line.same for line in ours}
    foreign = [line for line in theirs.lines if line.same not in known and line.same not in attempted]
    if before is None:
        return _taken_over(now, foreign)
    interrupted = any(line.same in attempted and line.same not in known for line in theirs.lines)
    stands = {line.same for line in theirs.lines}
    if not foreign and (interrupted or all(line.same in stands for line in ours)):
        return None
    if interrupted:
        ours = [line for line in ours if line.same in stands]
    told = {line.same: line.markdown for line in ours}
    seen = [line for line in theirs.lines if line.same in known or line.same not in attempted]
    base, mine = "\n".join(line.markdown for line in ours), "\n".join(told.get(line.same, line.markdown) for line in seen)
    current = "\n".join(line.markdown for line in lines_of(now.words))
    merged = list(_all_lines(base, current, mine))
    return joined(merged) if merged != current.splitlines() else None


def _taken_over(now: Written, foreign: Sequence[Line]) -> str | None:
    """What the team's own template says in a section: kept above what the house writes, and in the place of what people are to write."""
    if not foreign:
        return None
    theirs = [line.markdown for line in foreign]
    return joined([*theirs, *(line.markdown for line in lines_of(now.words))] if now.rendered else theirs)


def _all_lines(base: str, house: str, people: str) -> Iterable[str]:
    """Both put together; where they differ, the house's lines and below them what people wrote."""
    for stretch in merge(base, house, people):
        yield from stretch.other or ()
        yield from (line for line in stretch.lines if line not in (stretch.other or ()))


def changes(part: Part, wanted: Sequence[Line]) -> list[Change]:
    """What turns the section as it stands into the wanted one, from its end to its beginning."""
    theirs = part.lines
    found: list[Change] = []
    matcher = SequenceMatcher(None, [line.same for line in theirs], [line.same for line in wanted], autojunk=False)
    for kind, a, b, c, d in reversed(matcher.get_opcodes()):
        if kind == "equal":
            continue
        old, new = theirs[a:b], wanted[c:d]
        stay = _stay(old, new)
        at = theirs[b - 1].at + 1 if b else theirs[0].at if theirs else part.end
        found += [Change(new=tuple(new[stay:]), at=at)] if new[stay:] else []
        found += [Change(gone=run) for run in reversed(_runs(old[stay:]))]
        said = tuple((one.block, other.elements) for one, other in zip(old[:stay], new[:stay], strict=True))
        found += [Change(said=said)] if said else []
    return found


def _stay(old: Sequence[Line], new: Sequence[Line]) -> int:
    """How many of the first blocks only get other words: those that stay of the same kind."""
    pairs = zip(old, new, strict=False)
    return next((at for at, (one, other) in enumerate(pairs) if one.kind != other.kind), min(len(old), len(new)))


def _runs(lines: Sequence[Line]) -> list[tuple[Line, ...]]:
    """Lines whose blocks stand side by side, together."""
    runs: list[tuple[Line, ...]] = []
    for line in lines:
        if runs and runs[-1][-1].at + 1 == line.at:
            runs[-1] = (*runs[-1], line)
        else:
            runs.append((line,))
    return runs
