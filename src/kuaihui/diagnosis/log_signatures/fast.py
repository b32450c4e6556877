"""
The fast way from bytes to counts, for heads that are columns: the compiled pass of scan.py, on several threads.

It needs numba, which is optional. Without it, and for any other head, the columns of heads.py and shapes.py count the same, slower.

Rule 1: both ways count alike: what the pass is not sure of, it hands over to the columns.
Rule 2: memory is bounded: tables of a fixed size are emptied into a part when they are full.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final, cast

import numpy as np
import polars as pl

from kuaihui.diagnosis.log_signatures import instants
from kuaihui.diagnosis.log_signatures.heads import Columns, Head
from kuaihui.diagnosis.log_signatures.shapes import LONGEST, folded

if TYPE_CHECKING:
    from numpy.typing import NDArray

# So many numbers (shapes by origin) and minutes fit one set of tables; an hour's usual few thousand shapes never fill them.
NUMBERS: Final = 1 << 15
_MINUTES: Final = 80
_ODDS: Final = 1 << 16
# A window begins a little before the first minute seen: lines of several writers are seldom in perfect order.
_EARLIER: Final = 10
_NEVER: Final = np.iinfo(np.int64).max
_ORIGIN: Final = ("service", "pod", "level", "text")
# Counts by service, shape and minute; counts by service, shape, pod and level.
Tables = tuple[pl.DataFrame, pl.DataFrame]


def serves(head: Head) -> bool:
    """Whether the fast way can read this head here."""
    plain = isinstance(head, Columns) and "at" in head.names and head.names[-1] == "text" and len(head.separator.encode()) == 1
    return plain and find_spec("numba") is not None


def counted(blocks: Iterable[bytes], head: Columns, slowly: Callable[[bytes], Tables], threads: int) -> Iterator[Tables]:
    """
    The blocks as counts; `slowly` counts what the pass hands over.

    Each thread keeps its own tables and takes the next block when it has done the one before, so no more than two blocks a thread are held.
    """
    scanners = [Scanner(head, slowly) for _ in range(max(1, threads))]
    busy: list[Future[list[Tables]] | None] = [None] * len(scanners)
    with ThreadPoolExecutor(len(scanners)) as pool:
        for turn, block in enumerate(blocks):
            seat = turn % len(scanners)
            if (before := busy[seat]) is not None:
                yield from before.result()
            busy[seat] = pool.submit(scanners[seat].feed, block)
        for last in busy:
            yield from last.result() if last else []
    for scanner in scanners:
        yield from scanner.emptied()


class Scanner:
    """One thread's tables, fed with blocks of whole events."""

    def __init__(self, head: Columns, slowly: Callable[[bytes], Tables]) -> None:
        from kuaihui.diagnosis.log_signatures import scan  # noqa: PLC0415 - numba is optional, and takes a second to load

        self._scan = scan
        self._head = head
        self._slowly = slowly
        roles = {"at": scan.AT, "service": scan.SERVICE, "pod": scan.POD, "level": scan.LEVEL}
        self._roles = np.array([roles.get(name, scan.SKIPPED) for name in head.names[:-1]], np.int64)
        self._keys = np.zeros(2 * NUMBERS, np.uint64)
        self._ids = np.full(2 * NUMBERS, -1, np.int64)
        self._where = np.zeros((NUMBERS + 1, scan.STRETCHES), np.int64)
        self._cells = np.zeros((NUMBERS + 1, _MINUTES, 3), np.int64)
        self._state = np.zeros(3, np.int64)
        self._odd = np.zeros((_ODDS, 2), np.int64)
        self._origins: list[tuple[str, ...]] = []

    def feed(self, block: bytes) -> list[Tables]:
        """Count the block; what could not be kept in the tables comes back."""
        layout = self._layout(block)
        if layout is None or not _is_utf8(block):
            return [self._slowly(block)]
        done: list[Tables] = []
        start, stuck = 0, False
        while start < len(block):
            stop = self._pass(block, start, layout)
            self._remember(block)
            done.extend(self._odd_events(block))
            if stop < len(block):
                if stop == start and stuck:
                    done.append(self._slowly(block[start:]))
                    break
                stuck = stop == start
                done.extend(self.emptied())
                self._open_window(block, stop)
            start = stop
        return done

    def _pass(self, block: bytes, start: int, layout: tuple[NDArray[np.int64], NDArray[np.uint8]]) -> int:
        scan = self._scan
        buffer = np.frombuffer(block, np.uint8)
        tables = (self._keys, self._ids, self._where, self._cells, self._state, self._odd)
        separator = self._head.separator.encode()[0]
        # What numba has compiled has no signature that a checker could read.
        compiled = cast("Callable[..., int]", scan.scan)  # pyright: ignore[reportUnknownMemberType]
        return compiled(buffer, start, len(block), separator, self._roles, *layout, LONGEST, scan.KINDS, scan.FACTORS, *tables)

    def _layout(self, block: bytes) -> tuple[NDArray[np.int64], NDArray[np.uint8]] | None:
        """The layout of the block's first stamp; None where the pass cannot read it."""
        stamp = self._stamp(block, 0)
        found = instants.layout(stamp, self._head.zone) if stamp else None
        if found is None:
            return None
        if not self._origins:
            self._open_window(block, 0)
        suffix = np.frombuffer((found.suffix or "-").encode(), np.uint8)
        marks = [len(stamp), found.fraction, ord(found.dash), ord(found.blank), found.shift, len(found.suffix)]
        return np.array(marks, np.int64), suffix

    def _stamp(self, block: bytes, start: int) -> str:
        line = block[start : block.find(b"\n", start)]
        fields = line.split(self._head.separator.encode(), len(self._head.names) - 1)
        place = self._head.names.index("at")
        return fields[place].decode("utf-8", "replace") if len(fields) == len(self._head.names) else ""

    def _open_window(self, block: bytes, start: int) -> None:
        at = instants.microseconds(pl.Series([self._stamp(block, start)]), self._head.zone)[0]
        self._state[self._scan.BASE] = 0 if at is None else at // instants.MINUTE - _EARLIER

    def _remember(self, block: bytes) -> None:
        """Copy the first line of each new number out of the block, which is given back."""
        new = self._where[len(self._origins) : self._state[self._scan.NUMBERS]]
        self._origins.extend(tuple(block[row[k] : row[k + 1]].decode() for k in (0, 2, 4, 6)) for row in new.tolist())

    def _odd_events(self, block: bytes) -> list[Tables]:
        ranges = self._odd[: self._state[self._scan.ODDS]].tolist()
        self._state[self._scan.ODDS] = 0
        return [self._slowly(b"".join(block[begin:end] for begin, end in ranges))] if ranges else []

    def emptied(self) -> list[Tables]:
        """What the tables hold, which are empty then."""
        told = [self._tables()] if self._origins else []
        self._origins.clear()
        self._ids.fill(-1)
        self._cells[: self._state[self._scan.NUMBERS] + 1] = 0
        self._state[:] = 0
        return told

    def _tables(self) -> Tables:
        used = len(self._origins)
        origins = pl.DataFrame(self._origins, schema=dict.fromkeys(_ORIGIN, pl.String), orient="row").with_row_index("number")
        shaped = folded(origins).rename({"text": "example"}).collect().sort("number")
        counts, first, last = (self._cells[:used, :, place] for place in (self._scan.COUNT, self._scan.FIRST, self._scan.LAST))
        by_origin = shaped.with_columns(count=pl.Series(counts.sum(axis=1), dtype=pl.Int64)).filter(pl.col("count") > 0)
        shapes = shaped.group_by("service", "shape").agg("number", pl.col("example").min())
        order = shapes["number"].explode().to_numpy()
        starts = shapes["number"].list.len().cum_sum().shift(1, fill_value=0).to_numpy()
        sums = np.add.reduceat(counts[order], starts, axis=0)
        firsts = np.minimum.reduceat(np.where(counts > 0, first, _NEVER)[order], starts, axis=0)
        lasts = np.maximum.reduceat(np.where(counts > 0, last, -_NEVER)[order], starts, axis=0)
        row, minute = np.nonzero(sums)
        by_minute = shapes.select("service", "shape", "example")[row].with_columns(
            minute=pl.Series(minute + self._state[self._scan.BASE], dtype=pl.Int64),
            count=pl.Series(sums[row, minute], dtype=pl.Int64),
            lines=pl.Series(sums[row, minute], dtype=pl.Int64),
            first=pl.Series(firsts[row, minute], dtype=pl.Int64),
            last=pl.Series(lasts[row, minute], dtype=pl.Int64),
        )
        return by_minute, by_origin


def _is_utf8(block: bytes) -> bool:
    if block.isascii():
        return True
    try:
        block.decode()
    except UnicodeDecodeError:
        return False
    return True
