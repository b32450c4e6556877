"""
An incident as one file: verified on any machine, replayed anywhere.

Rule 1: the file holds the records' bytes exactly as they were written, so that their hashes can be checked with this file alone.
Rule 2: every FORMAT ever written is read for ever.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import suppress
from hashlib import sha256
from typing import Final

import msgspec

from kuaihui.errors import Refused
from kuaihui.incident.timeline import Timeline
from kuaihui.journal.chain import Record, broken
from kuaihui.journal.journal import Append, Journal, Summary, summary_of, timeline_of
from kuaihui.language import Text, text

FORMAT: Final = 1
_HASH: Final = re.compile(rb'"([0-9a-f]{64})"')


class Kept(msgspec.Struct, frozen=True):
    """A record: `body` is the fact's JSON, exactly."""

    number: int
    body: str
    hash: str


class Picture(msgspec.Struct, frozen=True):
    """An artifact that a fact names; its bytes in base64."""

    media: str
    body: bytes


class _Holding(msgspec.Struct):
    """A file that holds an export beside other things."""

    export: msgspec.Raw


class Export(msgspec.Struct, frozen=True):
    """What the file holds."""

    kuaihui_incident: int  # the format
    summary: Summary
    length: int
    head: str
    records: list[Kept]
    artifacts: dict[str, Picture] = {}

    @property
    def chain(self) -> list[Record]:
        """Its records."""
        return [Record(self.summary.incident, kept.number, kept.body.encode(), kept.hash) for kept in self.records]

    @property
    def timeline(self) -> Timeline:
        """Its facts, for a replay."""
        return timeline_of(self.summary.incident, self.chain)


async def export(journal: Journal, incident: str) -> bytes:
    """An incident with everything that its facts name, as JSON. Raises Refused when there is no such incident."""
    summary, records = await journal.summary(incident), await journal.read(incident)
    if summary is None or not records:
        raise Refused(text("{incident}: there is no such incident", incident=incident))
    # The summary is made of the very facts that are exported: the incident may have grown since its row was read.
    summary = summary_of(timeline_of(incident, records))
    kept = [Kept(record.number, record.body.decode(), record.hash) for record in records]
    told = Export(FORMAT, summary, len(records), records[-1].hash, kept, await _pictures(journal, records))
    return msgspec.json.format(msgspec.json.encode(told), indent=1)


async def _pictures(journal: Journal, records: Sequence[Record]) -> dict[str, Picture]:
    names = {name.decode() for record in records for name in _HASH.findall(record.body)}
    found = {name: await journal.artifact(name) for name in sorted(names)}
    return {name: Picture(artifact[1], artifact[0]) for name, artifact in found.items() if artifact}


def read_export(data: bytes) -> Export:
    """
    What an export holds, unchecked; a review's JSON holds one as its `export`.

    Raises Refused when it is not one, or of a format that is not known yet.
    """
    with suppress(msgspec.DecodeError, UnicodeDecodeError):
        data = bytes(msgspec.json.decode(data, type=_Holding).export)
    try:
        told = msgspec.json.decode(data, type=Export)
    except (msgspec.DecodeError, UnicodeDecodeError) as fault:
        raise Refused(text("this is not an exported incident: {why}", why=str(fault))) from fault
    if told.kuaihui_incident != FORMAT:
        raise Refused(text("this export has format {format}, which only a newer Kuaihui reads", format=told.kuaihui_incident))
    return told


def verify_export(data: bytes) -> list[Text]:
    """What is wrong with an export, found without any journal; empty when it is whole."""
    try:
        told = read_export(data)
    except Refused as refused:
        return [refused.text]
    fault = broken(told.summary.incident, told.chain, told.length, told.head)
    faults = [fault] if fault else _summary_faults(told)
    changed = [name for name, picture in told.artifacts.items() if sha256(picture.body).hexdigest() != name]
    return [*faults, *(text("artifact {hash} was changed after it was kept", hash=name) for name in changed)]


def _summary_faults(told: Export) -> list[Text]:
    if not told.records:
        return [text("{incident}: there is no such incident", incident=told.summary.incident)]
    try:
        made = summary_of(told.timeline)
    except (msgspec.DecodeError, AssertionError) as fault:
        return [text("this is not an exported incident: {why}", why=str(fault))]
    return [] if made == told.summary else [text("{incident}: its summary does not follow from its facts", incident=told.summary.incident)]


async def take_in(journal: Journal, data: bytes) -> Timeline:
    """
    Put an exported incident into a journal, not due, so that nobody acts on it; returns its timeline.

    Raises Refused when the export is damaged, or the journal has such an incident (or one open with its key) already.
    """
    faults = verify_export(data)
    if faults:
        raise Refused(faults[0])
    told = read_export(data)
    timeline = told.timeline
    if (await journal.append([Append(timeline.incident, 0, timeline.facts, told.summary, None)])) != [True]:
        raise Refused(text("{incident} is in this journal already, or one open with the same key", incident=timeline.incident))
    for picture in told.artifacts.values():
        await journal.keep(picture.body, picture.media)
    return timeline
