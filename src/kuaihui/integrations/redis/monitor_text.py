"""
What MONITOR prints, as counts of (command, key).

Rule 1: a line is cut at its quotation marks, its fourth part is the first argument, and everything after it is dropped unread: no value
        that a command carries is looked at or kept.
Rule 2: a first argument is a key only where the server says so of the command; EVAL's script or ECHO's text is none.
Rule 3: read as columns, not line by line: at least 30 times the rate of a regular expression a line (`bench/redis_hotkeys.py`).

A line is `+1678503600.123456 [0 10.0.0.7:51234] "GET" "cfg:gateway:routes"\\r\\n`; every byte that is not printable ASCII, and every
quotation mark inside an argument, is escaped with a backslash.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final

import msgspec
import polars as pl

from kuaihui.diagnosis.heavy_hitters import HeavyHitters
from kuaihui.integrations.redis.key_names import unquoted

_COLUMNS: Final = pl.Schema({"when": pl.String, "command": pl.String, "gap": pl.String, "key": pl.String})
# More distinct (command, key) pairs of one chunk than this are cut off, with the error that makes.
_CUT: Final = 4096
_ARGUMENT: Final = re.compile(rb'"((?:[^"\\]|\\.)*)"')


class KeyPosition(msgspec.Struct, frozen=True):
    """Where a command's keys stand, as COMMAND INFO tells it: first and last argument (-1: the very last), and the step between."""

    first: int
    last: int
    step: int


class Counts(msgspec.Struct, frozen=True):
    """One chunk of MONITOR: `pairs` are the most frequent (command in lower case, first argument), `rest` commands are not among them."""

    commands: int
    pairs: dict[tuple[str, str], int]
    rest: int = 0
    rest_at_most: int = 0


def count(lines: bytes) -> Counts:
    """Count whole lines of MONITOR; a last line without its end is left out."""
    whole = lines[: lines.rfind(b"\n") + 1]
    if not whole:
        return Counts(0, {})
    frame = pl.scan_csv(
        whole,
        has_header=False,
        separator='"',
        quote_char=None,
        schema=_COLUMNS,
        truncate_ragged_lines=True,
        extra_columns="ignore",
        missing_columns="insert",
    )
    grouped = frame.filter(pl.col("command").is_not_null()).group_by("command", "key").len().collect()
    return _counts(grouped)


def _counts(grouped: pl.DataFrame) -> Counts:
    commands = int(grouped["len"].sum())
    rest_at_most = 0
    if grouped.height > _CUT:
        ranked = grouped.top_k(_CUT + 1, by="len")
        rest_at_most, grouped = min(ranked["len"].to_list()), ranked.top_k(_CUT, by="len")
    pairs: dict[tuple[str, str], int] = {}
    for command, key, times in grouped.iter_rows():
        pair = (str(command).lower(), "" if key is None else str(key))
        pairs[pair] = pairs.get(pair, 0) + times
    return Counts(commands, pairs, commands - sum(pairs.values()), rest_at_most)


def many_keys(lines: bytes, commands: Iterable[str]) -> dict[tuple[str, str], int]:
    """How often each argument stands in a command that takes nothing but keys (MGET, DEL …), which `count` reads by their first alone."""
    names = "|".join(sorted(re.escape(name) for name in commands))
    pattern = re.compile(rf'\] "({names})" (.*)\r?\n'.encode(), re.IGNORECASE)
    found: dict[tuple[str, str], int] = {}
    for line in pattern.finditer(lines) if names else ():
        for key in set(_ARGUMENT.findall(line[2])):  # a key named twice is still one command
            pair = (line[1].decode().lower(), key.decode("ascii", "replace"))
            found[pair] = found.get(pair, 0) + 1
    return found


def keys_of(counts: Counts, positions: Mapping[str, KeyPosition]) -> dict[str, dict[str, int]]:
    """The keys among what was counted: key as MONITOR shows it → command → times."""
    keys: dict[str, dict[str, int]] = {}
    for (command, key), times in counts.pairs.items():
        if command in positions and positions[command].first == 1:
            by_command = keys.setdefault(key, {})
            by_command[command] = by_command.get(command, 0) + times
    return keys


def add_to(counter: HeavyHitters, counts: Counts) -> None:
    """Add one chunk to a long count; the items are the pairs as `"command" "key"` in one text."""
    pairs = {f"{command} {key}": times for (command, key), times in counts.pairs.items()}
    counter.add_counts(pairs, rest=counts.rest, rest_at_most=counts.rest_at_most)


def named(key: str) -> bytes:
    """The key behind what MONITOR shows. A key with a quotation mark is cut there: its beginning names it, and says so."""
    odd = (len(key) - len(key.rstrip("\\"))) % 2
    return unquoted(key[:-1].encode()) + "…".encode() if odd else unquoted(key.encode())
