"""
Findings about keys and commands: the hot key, the slow command, the big key, the changed mix.

Rule 1: a share is told with its error; a method that only ranks never tells a share.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from statistics import median

from kuaihui.diagnosis.redis_health.finding import (
    Finding,
    Kind,
    View,
    held_lately,
    mebibytes,
    milliseconds,
    number,
    percent,
    recent_slow,
)
from kuaihui.diagnosis.redis_health.snapshot import HotKey, HotKeys, Method, SlowEntry
from kuaihui.language import Text, text


def _stressed(view: View) -> bool:
    """Work enough that a crowded key can hurt."""
    return view.change is not None and (view.change.held >= view.limits.busy_cpu / 2 or view.change.rate >= 5000)


def hot_keys(view: View) -> Iterator[Finding]:
    """Keys that take a great part of the work."""
    for found in view.hot:
        if found.method is Method.LFU:
            yield from _hot_by_rank(found, view)
        else:
            yield from _hot_by_shares(found, view)


def _hot_by_shares(found: HotKeys, view: View) -> Iterator[Finding]:
    for key in _shared(found, view):
        yield _hot_by_share(found, key, key.share or 0.0, view)


def _hot_by_share(found: HotKeys, key: HotKey, share: float, view: View) -> Finding:
    rate = view.change.rate if view.change else found.seen / found.took if found.took else 0.0
    values = {"key": key.key, "share": percent(share), "rate": number(rate), "margin": percent(max(key.margin, 0.001))}
    says = text("key {key} takes {share} % of {rate} ops/s (±{margin} %)", **values)
    if found.method is Method.HOTKEYS:
        says = text("key {key} takes {share} % of the command time at {rate} ops/s", **values)
    seen = text(
        "{method}: {seen} commands in {ms} ms, on this key {commands}",
        method=found.method,
        seen=number(found.seen),
        ms=milliseconds(found.took * 1e6),
        commands=" ".join(key.commands) or "-",
    )
    weight = min(0.95, 0.5 + share / 2)
    return Finding(kind=Kind.HOT_KEY, says=says, weight=weight if _stressed(view) else weight / 2, key=key.key, evidence=(seen,))


def _hot_by_rank(found: HotKeys, view: View) -> Iterator[Finding]:
    """The counter is logarithmic and saturates: it names a key, never a share, and a tie names nobody."""
    ranked = [(key.frequency or 0, key.key) for key in found.keys[:2]]
    first, key = ranked[0] if ranked else (0, "")
    second = ranked[-1][0] if len(ranked) > 1 else 0
    if first < view.limits.hot_frequency or first - second < 10:
        return
    says = text("key {key} has the highest use counter: {first} of 255, the next {second}", key=key, first=first, second=second)
    seen = text("OBJECT FREQ: {seen} of {of} keys read", seen=number(found.seen), of=number(found.of))
    yield Finding(kind=Kind.HOT_KEY, says=says, weight=0.6 if _stressed(view) else 0.3, key=key, evidence=(seen,))


def hot_by_time(view: View) -> Iterator[Finding]:
    """A key that many connections ask for and that holds the one thread, by the slow log: even where a full server may not be watched."""
    entries, seconds = held_lately(view)
    for key in {entry.key for entry in entries} - {"", *(key.key for found in view.hot for key in _shared(found, view))}:
        own = [entry for entry in entries if entry.key == key]
        share = min(1.0, sum(entry.usec for entry in own) / 1e6 / seconds)
        askers = len({entry.connection or entry.client for entry in own})
        if share >= view.limits.hot_share and askers >= view.limits.hot_askers:
            values = {"key": key, "share": percent(share), "count": len(own), "seconds": number(round(seconds)), "askers": askers}
            says = text("key {key} holds Redis's one thread {share} % of the time, asked for by {askers} connections", **values)
            seen = text("slow log: {count} commands on it in {seconds} s", **values)
            yield Finding(kind=Kind.HOT_KEY, says=says, weight=min(0.95, 0.5 + share / 2), key=key, evidence=(seen,))


def _shared(found: HotKeys, view: View) -> list[HotKey]:
    """The keys whose share says that they are hot, its error allowed for."""
    least = view.limits.hot_share
    return [key for key in found.keys[:3] if key.share is not None and key.share >= least and key.share - key.margin >= least / 2]


def slow(view: View) -> Iterator[Finding]:
    """Slow commands: on one key, or without a key that stands out; or the usual commands, all of them slow because the server is full."""
    entries = recent_slow(view)
    if not entries:
        return
    groups = Counter((entry.command, entry.key) for entry in entries)
    (command, key), count = groups.most_common(1)[0]
    times = [entry.usec for entry in entries if (entry.command, entry.key) == (command, key)]
    values: dict[str, str | int] = {
        "count": count,
        "command": command,
        "least": milliseconds(min(times)),
        "worst": milliseconds(max(times)),
    }
    if key and count * 2 >= len(entries):
        says = text("slow log: {count} {command} on {key} over {least} ms, the slowest {worst} ms", key=key, **values)
        yield Finding(kind=Kind.SLOW_ON_KEY, says=says, weight=_weight_of_slow(view), key=key)
        return
    command, count = Counter(entry.command for entry in entries).most_common(1)[0]
    values |= {"command": command, "count": count}
    values |= {"all": len(entries), "keys": len({entry.key for entry in entries}), "worst": milliseconds(max(e.usec for e in entries))}
    if _usual_work(view, entries):
        says = text("slow log: the usual commands are all slow, {all} of them on {keys} keys: most often {command}", **values)
        yield Finding(kind=Kind.ALL_SLOW, says=says, weight=min(0.5, _weight_of_slow(view)))
        return
    says = text(
        "slow log: {all} commands on {keys} keys, no single one; most often {command} ({count}), the slowest {worst} ms",
        **values,
    )
    yield Finding(kind=Kind.SLOW, says=says, weight=_weight_of_slow(view), evidence=tuple(_sender(entries)))


def _sender(entries: Sequence[SlowEntry]) -> Iterator[Text]:
    """The client that sent more than half of them; its connections are often numbered at the end of their name."""
    clients = Counter(entry.client.rstrip("0123456789").rstrip("-_:") for entry in entries if entry.client)
    if not clients:
        return
    client, count = clients.most_common(1)[0]
    if client and count * 2 > len(entries):
        yield text("slow log: {count} of {all} by the client {client}", count=count, all=len(entries), client=client)


def _weight_of_slow(view: View) -> float:
    """By how much of the last minute slow commands hold the thread: one alone is worth telling and explains nothing."""
    entries, seconds = held_lately(view)
    return min(0.85, 0.3 + 0.6 * sum(entry.usec for entry in entries) / 1e6 / seconds)


def _usual_work(view: View, entries: Sequence[SlowEntry]) -> bool:
    """Whether what is slow is what everybody does all the time, at no more than the others' cost: then it is the server that is full."""
    change = view.change
    command = Counter(entry.command for entry in entries).most_common(1)[0][0]
    if change is None or command not in change.by_command or median(entry.usec for entry in entries) >= view.limits.slow_by_itself:
        return False
    own = change.by_command[command]
    others = [count for name, count in change.by_command.items() if name != command]
    calls, usec = sum(count.calls for count in others), sum(count.usec for count in others)
    if calls < own.calls / 10:  # next to nothing else is done here
        return own.calls > 0
    return own.usec / max(1, own.calls) < view.limits.dear * usec / calls


def big_keys(view: View) -> Iterator[Finding]:
    """Keys that cost much whenever they are read as a whole."""
    slow = {entry.key for entry in recent_slow(view)}
    for size in view.now.sizes:
        if size.size >= view.limits.big_key:
            says = text("key {key} is big: about {size} MiB", key=size.key, size=mebibytes(size.size))
            yield Finding(kind=Kind.BIG_KEY, says=says, weight=0.55 if size.key in slow else 0.35, key=size.key)


def commands(view: View) -> Iterator[Finding]:
    """The command whose part of the work is far above what it was since the start."""
    change, whole = view.change, view.now.info.by_command
    if change is None or change.rate < view.limits.steady_ops:
        return
    earlier = {name: whole[name].calls - count.calls for name, count in change.by_command.items()}
    time, calls, past = (
        sum(c.usec for c in change.by_command.values()),
        sum(c.calls for c in change.by_command.values()),
        sum(earlier.values()),
    )
    if past < calls or not calls:  # a server younger than the look itself has no "usual"
        return
    for name, count in change.by_command.items():
        share, usual = count.calls / calls, earlier[name] / past
        if share - usual >= view.limits.mix_shift:
            values = {"command": name, "share": percent(share), "usual": percent(usual), "time": percent(count.usec / time if time else 0)}
            says = text(
                "{command} is {share} % of all commands now, {usual} % since the start; it takes {time} % of the command time", **values
            )
            yield Finding(kind=Kind.COMMANDS, says=says, weight=0.4)
