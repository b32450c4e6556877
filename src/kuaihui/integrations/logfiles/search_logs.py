"""
Searching this machine's own logs.

Rule 1: a file that was last written before the span began is not opened.
Rule 2: what is blocking (disk, parsing) runs in a thread: a large file never delays a page.
"""

from __future__ import annotations

import asyncio
import glob
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from kuaihui.diagnosis.log_signatures.evidence import Gathered, gathered, searched
from kuaihui.diagnosis.log_signatures.lines import LogLine
from kuaihui.diagnosis.scrubbing import DEFAULT, Scrubber
from kuaihui.errors import GiveUp
from kuaihui.incident.fact import Fact
from kuaihui.incident.timeline import Timeline
from kuaihui.integrations.logfiles import journald
from kuaihui.integrations.logfiles.reading import Format, Read, Wanted, read
from kuaihui.language import Text, text
from kuaihui.orders import Order, SearchLogs
from kuaihui.orders.refusals import too_slow

_BUDGET: Final = timedelta(seconds=25)


@dataclass(frozen=True, kw_only=True)
class Place:
    """
    Which logs: files by pattern ("/var/log/app/*.log"), or the units of systemd's journal.

    `zone` is that of times which name none. `journalctl` is the program that reads the journal.
    """

    paths: tuple[str, ...] = ()
    form: Format = "json"
    zone: str = "UTC"
    units: tuple[str, ...] = ()
    journal: bool = False
    journalctl: str = "journalctl"


class LogFiles:
    """Searches the logs of one place on this machine."""

    channels: frozenset[str] = frozenset()

    def __init__(self, place: Place, name: str = "logfiles", scrub: Scrubber = DEFAULT) -> None:
        self.name, self.scrub = name, scrub
        self.place = place
        self.carries: dict[type[Order], Callable[[Any, Timeline, datetime], Awaitable[list[Fact]]]] = {SearchLogs: self.search_logs}

    async def close(self) -> None:
        """Nothing is held open between two looks."""

    async def search_logs(self, order: SearchLogs, timeline: Timeline, now: datetime) -> list[Fact]:
        """The records of the span as signatures. Raises GiveUp where no file is there or may be read."""
        missed: list[Text] = []

        def pages(since: datetime, until: datetime) -> AsyncIterator[Sequence[LogLine]]:
            return self._pages(Wanted(since=since, until=until, level=order.level, words=order.query), order.most, missed)

        try:
            async with asyncio.timeout(_BUDGET.total_seconds()):
                found = await gathered(order, pages)
        except TimeoutError as slow:
            raise too_slow(self.name) from slow
        found = Gathered(found.lines, found.partial or (missed[0] if missed else None), found.usual)
        return [await asyncio.to_thread(searched, order, found, now, self.name, scrub=self.scrub)]

    async def _pages(self, wanted: Wanted, most: int, missed: list[Text]) -> AsyncIterator[Sequence[LogLine]]:
        lines: list[LogLine] = []
        if self.place.paths:
            reads = await asyncio.to_thread(self._files, wanted, missed)
            lines += [line for one in reads for line in one.lines]
        if self.place.journal:
            lines += await journald.read(self.place.journalctl, self.place.units, wanted, most + 1, self.name)
        # All at once: records of several files are only then in order.
        yield sorted(lines, key=lambda line: line.at, reverse=True)

    def _files(self, wanted: Wanted, missed: list[Text]) -> list[Read]:
        files = sorted({Path(found) for pattern in self.place.paths for found in glob.glob(pattern, recursive=True)})  # noqa: PTH207 - absolute patterns
        if not files:
            raise GiveUp(text("no file is there that {pattern} names", pattern=", ".join(self.place.paths)))
        reads = [self._file(file, wanted) for file in files if _written_since(file, wanted.since)]
        timeless = sum(one.timeless for one in reads)
        if any(one.cut for one in reads):
            missed.append(text("only the end of the largest file was read"))
        if timeless:
            missed.append(text("{count} lines that tell no time were left out", count=timeless))
        return reads

    def _file(self, file: Path, wanted: Wanted) -> Read:
        try:
            return read(file, self.place.form, self.place.zone, wanted)
        except OSError as denied:
            raise GiveUp(
                text("{file} cannot be read ({why}): give Kuaihui's user the right to", file=str(file), why=denied.strerror or "")
            ) from denied


def _written_since(file: Path, since: datetime) -> bool:
    return file.is_file() and datetime.fromtimestamp(file.stat().st_mtime, UTC) >= since
