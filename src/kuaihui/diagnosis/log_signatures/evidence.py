"""
From a log store's pages to the fact that is kept of them.

Rule 1: stores are read newest first, so that a limit or a slow store leaves out the oldest.
Rule 2: what was not read is told: at the limit, or where the store failed after its first page.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from kuaihui.diagnosis.log_signatures.lines import LogLine
from kuaihui.diagnosis.log_signatures.part import count
from kuaihui.diagnosis.log_signatures.ranking import rank
from kuaihui.diagnosis.log_signatures.signature import Signature
from kuaihui.diagnosis.log_signatures.usual import Usual, usual_of
from kuaihui.diagnosis.scrubbing import DEFAULT
from kuaihui.errors import TryLater
from kuaihui.incident.evidence import LoggedSignature, LogsSearched
from kuaihui.language import Text, text
from kuaihui.orders import SearchLogs

KEPT: Final = 20  # signatures in the fact: more than anybody reads in the first minutes
SERIES: Final = 5  # of them with their counts by minute, for the chart
LONGEST: Final = 8_000  # letters of a record that are looked at: a statement shows in its first ones
_EXAMPLE: Final = 500
_NAMES: Final = 20  # services or pods named with a signature


@dataclass
class Gathered:
    """Records read so far, the newest first, and why there are not more."""

    lines: list[LogLine] = field(default_factory=list[LogLine])
    partial: Text | None = None


async def gathered(pages: AsyncIterator[Sequence[LogLine]], most: int) -> Gathered:
    """
    The pages' records, at most `most`.

    A store that is busy or too slow after its first page leaves what was read, with `partial` set; before that, its TryLater is raised.
    """
    found, number = Gathered(), 0
    try:
        async for page in pages:
            number += 1
            found.lines += page
            if len(found.lines) > most:
                del found.lines[most:]
                found.partial = text("only the newest {most} records were read; there are more", most=most)
                break
    except TryLater as cut:
        if not found.lines:
            raise
        found.partial = text(
            "{pages} pages ({records} records) were read, then: {why}", pages=number, records=len(found.lines), why=cut.text
        )
    return found


def clean(line: str) -> str:
    """A record's text as it is looked at: no NUL, no longer than LONGEST."""
    return line[:LONGEST].replace("\x00", "")


def usual_hour(lines: Iterable[LogLine], since: datetime, until: datetime) -> Usual:
    """What was said an hour in a span that is known to be good."""
    hours = max((until - since).total_seconds() / 3600, 1 / 60)
    whole = usual_of([rank(count(lines))])
    return Usual({template: many / hours for template, many in whole.per_hour.items()})


def searched(order: SearchLogs, found: Gathered, now: datetime, by: str, link: str = "", usual: Usual | None = None) -> LogsSearched:
    """The fact that these records are, ranked by how well each signature fits the break."""
    part = count(found.lines)
    ranked = rank(part, order.broke_at, usual)
    return LogsSearched(
        at=now,
        by=by,
        identity=order.identity,
        asked_by=order.asked_by,
        about=order.about,
        service=order.service,
        source=by,
        link=link,
        partial=found.partial,
        since=order.since,
        until=order.until,
        total=part.lines,
        signatures=tuple(_kept(one, with_series=place < SERIES) for place, one in enumerate(ranked[:KEPT])),
        others=max(0, len(ranked) - KEPT),
        query=DEFAULT(order.query),
    )


def _kept(one: Signature, *, with_series: bool) -> LoggedSignature:
    return LoggedSignature(
        template=one.template[:_EXAMPLE],
        count=one.count,
        first=one.first_seen,
        last=one.last_seen,
        onset=one.onset,
        new=one.new,
        services=one.services[:_NAMES],
        pods=one.pods[:_NAMES],
        levels=one.levels,
        example=one.example[:_EXAMPLE],
        score=one.score,
        reason=one.reason if one.reason.says else None,
        started=one.started if with_series else None,
        per_minute=one.per_minute if with_series else (),
    )
