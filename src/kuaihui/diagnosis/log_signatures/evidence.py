"""
From a log store's pages to the fact that is kept of them.

Rule 1: stores are read newest first, so that a limit or a slow store leaves out the oldest.
Rule 2: what was not read is told: at the limit, or where the store failed after its first page.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from kuaihui.diagnosis.log_signatures.lines import LogLine
from kuaihui.diagnosis.log_signatures.part import count
from kuaihui.diagnosis.log_signatures.ranking import rank
from kuaihui.diagnosis.log_signatures.signature import Signature
from kuaihui.diagnosis.log_signatures.usual import Usual, usual_of
from kuaihui.diagnosis.scrubbing import DEFAULT, Scrubber
from kuaihui.errors import TryLater
from kuaihui.incident.evidence import LoggedSignature, LogsSearched
from kuaihui.language import Text, text
from kuaihui.orders import SearchLogs

KEPT: Final = 20  # signatures in the fact: more than anybody reads in the first minutes
SERIES: Final = 5  # of them with their counts by minute, for the chart
LONGEST: Final = 8_000  # letters of a record that are looked at: a statement shows in its first ones
_EXAMPLE: Final = 500
_NAMES: Final = 20  # services or pods named with a signature


Pages = Callable[[datetime, datetime], AsyncIterator[Sequence[LogLine]]]

# From bad to worse, each with the words that loggers use for it.
_LEVELS: Final = (
    ("debug", ("debug", "trace", "verbose")),
    ("info", ("info", "information", "notice")),
    ("warning", ("warning", "warn")),
    ("error", ("error", "err", "severe")),
    ("fatal", ("fatal", "critical", "crit", "panic", "alert", "emerg", "emergency")),
)


def at_least(level: str) -> tuple[str, ...]:
    """The words for this level and all that are worse; the word itself where it is no level we know; none where none is asked."""
    wanted = level.strip().lower()
    place = next((number for number, (_, words) in enumerate(_LEVELS) if wanted in words), None)
    if place is None:
        return (wanted,) if wanted else ()
    return tuple(word for _, words in _LEVELS[place:] for word in words)


@dataclass
class Gathered:
    """Records read so far, the newest first; why there are not more; and those of the usual span (None: not read)."""

    lines: list[LogLine] = field(default_factory=list[LogLine])
    partial: Text | None = None
    usual: list[LogLine] | None = None


async def gathered(order: SearchLogs, pages: Pages) -> Gathered:
    """
    The records of the order's span, at most `most`, and of its usual span. `pages` gives those from one instant up to another.

    A store that is busy or too slow after its first page leaves what was read, with `partial` set; before that, its TryLater is raised.
    """
    found = await _span(order.since, order.until, order.most, pages)
    if order.usual_since is not None:
        try:
            before = await _span(order.usual_since, order.usual_since + (order.until - order.since), order.most, pages)
            found.usual = before.lines
        except TryLater as cut:
            found.partial = found.partial or text("there is nothing to compare with: {why}", why=cut.text)
    return found


async def _span(since: datetime, until: datetime, most: int, pages: Pages) -> Gathered:
    found, number = Gathered(), 0
    try:
        async for page in pages(since, until):
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


def _usual(order: SearchLogs, lines: Sequence[LogLine] | None, scrub: Scrubber) -> Usual | None:
    """What was said an hour in the usual span."""
    if lines is None:
        return None
    hours = max((order.until - order.since).total_seconds() / 3600, 1 / 60)
    whole = usual_of([rank(count(lines), scrub=scrub)])
    return Usual({template: many / hours for template, many in whole.per_hour.items()})


def searched(order: SearchLogs, found: Gathered, now: datetime, by: str, link: str = "", scrub: Scrubber = DEFAULT) -> LogsSearched:
    """The fact that these records are, ranked by how well each signature fits the break."""
    part = count(found.lines)
    ranked = rank(part, order.broke_at, _usual(order, found.usual, scrub), scrub)
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
        query=scrub(order.query),
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
