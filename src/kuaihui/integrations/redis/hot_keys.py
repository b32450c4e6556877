"""
The hot keys, by the cheapest means the server offers.

Rule 1: HOTKEYS where the server has it (Redis 8.6); else use counters where an LFU policy keeps them; else, and beside the counters, which
        name no share, a few milliseconds of MONITOR.
Rule 2: a share comes with its margin: of sampling (19 of 20 looks), widened when the windows disagree by more than chance.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import sqrt
from typing import Final

import msgspec

from kuaihui.diagnosis.redis_health.snapshot import HotKey, HotKeys, Method
from kuaihui.integrations.redis.monitor_text import Counts, KeyPosition, count, keys_of, many_keys, named
from kuaihui.integrations.redis.watch import Window

TOP: Final = 10
_Z: Final = 1.96  # 95 % of a normal distribution


class Watched(msgspec.Struct, frozen=True):
    """The hottest keys by their scrubbed names, and by their true names, which stay inside the integration."""

    hot: HotKeys
    keys: tuple[bytes, ...]


def count_windows(windows: Sequence[Window]) -> list[Counts]:
    """Every window counted by itself, so that they can be held against each other."""
    return [count(window.lines) for window in windows]


def watched(
    windows: Sequence[Window], counts: Sequence[Counts], positions: Mapping[str, KeyPosition], told: Callable[[bytes], str]
) -> Watched:
    """The hot keys of what was watched."""
    per_window = [_keys(window, counted, positions) for window, counted in zip(windows, counts, strict=True)]
    totals = [counted.commands for counted in counts]
    ranked = sorted({key for keys in per_window for key in keys}, key=lambda key: -sum(_times(keys, key) for keys in per_window))[:TOP]
    hot = tuple(_hot_key(key, [_times(keys, key) for keys in per_window], totals, _commands(key, per_window), told) for key in ranked)
    took = sum(window.took for window in windows)
    return Watched(HotKeys(method=Method.MONITOR, keys=hot, seen=sum(totals), took=took), tuple(named(key) for key in ranked))


def _keys(window: Window, counted: Counts, positions: Mapping[str, KeyPosition]) -> dict[str, dict[str, int]]:
    """The keys of one window; commands of many keys are read again for all of them."""
    many = {name for name, at in positions.items() if (at.first, at.last, at.step) == (1, -1, 1)}
    seen_many = {command for command, _ in counted.pairs if command in many}
    keys = keys_of(counted, {name: at for name, at in positions.items() if name not in seen_many})
    for (command, key), times in many_keys(window.lines, seen_many).items():
        by_command = keys.setdefault(key, {})
        by_command[command] = by_command.get(command, 0) + times
    return keys


def _times(keys: Mapping[str, Mapping[str, int]], key: str) -> int:
    return sum(keys.get(key, {}).values())


def _commands(key: str, per_window: Sequence[Mapping[str, Mapping[str, int]]]) -> tuple[str, ...]:
    """The commands that use the key, the most frequent first."""
    times: dict[str, int] = {}
    for keys in per_window:
        for command, more in keys.get(key, {}).items():
            times[command] = times.get(command, 0) + more
    return tuple(sorted(times, key=lambda command: (-times[command], command))[:3])


def _hot_key(key: str, hits: Sequence[int], totals: Sequence[int], commands: tuple[str, ...], told: Callable[[bytes], str]) -> HotKey:
    return HotKey(key=told(named(key)), share=sum(hits) / sum(totals), margin=margin(hits, totals), commands=commands)


def margin(hits: Sequence[int], totals: Sequence[int]) -> float:
    """
    Half the width of the 95 % interval (Wilson) of the share hits / totals, from one pair a window.

    Commands come in bursts, so windows differ by more than chance would have it; the sample then counts for as much less (the design
    effect: chi-square of the windows by its degrees of freedom).
    """
    size, share = sum(totals), sum(hits) / sum(totals)
    effect = max(1.0, _chi_square(hits, totals, share) / (len(totals) - 1)) if len(totals) > 1 else 1.0
    effective = size / effect
    return _Z * sqrt(share * (1 - share) / effective + _Z**2 / (4 * effective**2)) / (1 + _Z**2 / effective)


def _chi_square(hits: Sequence[int], totals: Sequence[int], share: float) -> float:
    spread = share * (1 - share)
    if not spread:
        return 0.0
    return sum(total * (hit / total - share) ** 2 / spread for hit, total in zip(hits, totals, strict=True) if total)


def by_counter(frequencies: Mapping[bytes, int], of: int, took: float, told: Callable[[bytes], str]) -> Watched:
    """The keys with the highest use counters."""
    ranked = sorted(frequencies.items(), key=lambda entry: (-entry[1], entry[0]))[:TOP]
    keys = tuple(HotKey(key=told(key), frequency=frequency) for key, frequency in ranked)
    return Watched(HotKeys(method=Method.LFU, keys=keys, seen=len(frequencies), took=took, of=of), tuple(key for key, _ in ranked))


def by_hotkeys(reply: object, commands: int, told: Callable[[bytes], str]) -> Watched:
    """HOTKEYS GET (Redis 8.6): field, value, field, value …; `by-cpu-time-us` holds key, microseconds, key, microseconds …."""
    flat = msgspec.convert(reply, list[object])
    fields = {
        str(name, "ascii") if isinstance(name, bytes) else str(name): value for name, value in zip(flat[::2], flat[1::2], strict=True)
    }
    costs = msgspec.convert(fields.get("by-cpu-time-us", []), list[bytes | int])
    whole = msgspec.convert(fields.get("all-commands-all-slots-us", 0), int)
    pairs = [(key, usec) for key, usec in zip(costs[::2], costs[1::2], strict=True) if isinstance(key, bytes) and isinstance(usec, int)]
    keys = tuple(HotKey(key=told(key), share=min(1.0, usec / whole) if whole else None) for key, usec in pairs)
    took = msgspec.convert(fields.get("collection-duration-ms", 0), int) / 1000
    return Watched(HotKeys(method=Method.HOTKEYS, keys=keys, seen=commands, took=took), tuple(key for key, _ in pairs))
