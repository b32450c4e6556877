"""
Searching this machine's own logs.

Rule 1: a file that was last written before the span began is not opened.
Rule 2: what is blocking (disk, parsing) runs in a thread: a large file never delays a page.
Rule 3: each file, and the journal, is read for itself, last written first: one that may not be read or is too slow leaves the others
        standing, and is told.
"""

from __future__ import annotations

import asyncio
import glob
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, Final

from kuaihui.diagnosis.log_signatures.evidence import gathered, searched
from kuaihui.diagnosis.log_signatures.lines import LogLine
from kuaihui.diagnosis.scrubbing import DEFAULT, Scrubber
from kuaihui.errors import CarryError, GiveUp
from kuaihui.incident.fact import Fact
from kuaihui.incident.timeline import Timeline
from kuaihui.integrations.logfiles import journald
from kuaihui.integrations.logfiles.reading import Format, Wanted, read
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


@dataclass
class _Missed:
    """What of the files was not had."""

    failed: Text | None = None
    cut: bool = False
    timeless: dict[Path, int] = field(default_factory=dict[Path, int])

    def told(self) -> Iterator[Text]:
        if self.failed:
            yield self.failed
        if self.cut:
            yield text("only the end of the largest file was read")
        if lines := sum(self.timeless.values()):
            yield text("{count} lines that tell no time were left out", count=lines)


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
        """The records of the span as signatures. Raises GiveUp where none of the files may be read, TryLater where all were too slow."""
        missed = _Missed()
        deadline = asyncio.get_running_loop().time() + _BUDGET.total_seconds()

        def pages(since: datetime, until: datetime) -> AsyncIterator[Sequence[LogLine]]:
            wanted = Wanted(since=since, until=until, level=order.level, words=order.query)
            return self._pages(wanted, order.most, deadline, missed)

        found = await gathered(order, pages)
        if told := [*([found.partial] if found.partial else []), *missed.told()]:
            found.partial = _all(told)
        return [await asyncio.to_thread(searched, order, found, now, self.name, scrub=self.scrub)]

    async def _pages(self, wanted: Wanted, most: int, deadline: float, missed: _Missed) -> AsyncIterator[Sequence[LogLine]]:
        """All at once, since records of several files are only then in order; what could not be had of them goes to `missed`."""
        lines: list[LogLine] = []
        failed: list[CarryError] = []
        parts = self._parts(wanted, most, missed)
        for part in parts:
            try:
                async with asyncio.timeout_at(deadline):
                    lines += await part()
            except TimeoutError:
                failed.append(too_slow(self.name))
            except CarryError as refused:
                failed.append(refused)
        if failed and len(failed) == len(parts):
            raise failed[0]
        if failed:
            missed.failed = text("{count} of {all} could not be read: {why}", count=len(failed), all=len(parts), why=failed[0].text)
        yield sorted(lines, key=lambda line: line.at, reverse=True)

    def _parts(self, wanted: Wanted, most: int, missed: _Missed) -> list[Callable[[], Awaitable[list[LogLine]]]]:
        """What is to be read, each by itself: the files, last written first, and the journal. Raises GiveUp where there is none."""
        parts: list[Callable[[], Awaitable[list[LogLine]]]] = []
        if self.place.paths:
            parts += [partial(self._file, file, wanted, missed) for file in self._files(wanted.since)]
        if self.place.journal:
            parts.append(partial(journald.read, self.place.journalctl, self.place.units, wanted, most + 1, self.name))
        return parts

    def _files(self, since: datetime) -> list[Path]:
        files = {Path(found) for pattern in self.place.paths for found in glob.glob(pattern, recursive=True)}  # noqa: PTH207 - absolute patterns
        if not files:
            raise GiveUp(text("no file is there that {pattern} names", pattern=tuple(self.place.paths)))
        written = {file: at for file in files if (at := _written(file)) and at >= since}
        return sorted(written, key=lambda file: (written[file], file), reverse=True)

    async def _file(self, file: Path, wanted: Wanted, missed: _Missed) -> list[LogLine]:
        try:
            found = await asyncio.to_thread(read, file, self.place.form, self.place.zone, wanted)
        except OSError as denied:
            raise GiveUp(
                text("{file} cannot be read ({why}): give Kuaihui's user the right to", file=str(file), why=denied.strerror or "")
            ) from denied
        missed.cut = missed.cut or found.cut
        missed.timeless[file] = found.timeless  # the usual span reads the same lines again
        return found.lines


def _all(said: Sequence[Text]) -> Text:
    first, *rest = said
    return text("{one}; {other}", one=first, other=_all(rest)) if rest else first


def _written(file: Path) -> datetime | None:
    """When a file was last written to; None for what is no file, or is gone by now."""
    try:
        return datetime.fromtimestamp(file.stat().st_mtime, UTC) if file.is_file() else None
    except OSError:
        return None
