"""
Where each hotfix and rollback stands: its gates, which one it waits at, whose last word is on each.

Rule 1: the last word on a gate is the newest by when it was so, not by when we heard of it; at the same instant a skip, then a pass, then
        a failure, then a reaching counts. The order in which news came in changes nothing.
Rule 2: it waits at its first gate that is neither passed nor skipped; gates behind that one may be passed already ("overtaken" is the one
        before them).
"""

from __future__ import annotations

from datetime import datetime

import msgspec

from kuaihui.incident.repair import (
    AtGate,
    GateFailed,
    GateMeasured,
    GatePassed,
    GateReached,
    GateSkipped,
    HotfixFinished,
    HotfixStarted,
    HotfixStopped,
    QuotedStage,
)
from kuaihui.incident.timeline import Timeline

WAITING, REACHED, FAILED, PASSED, SKIPPED = "waiting", "reached", "failed", "passed", "skipped"
_RANK: dict[type[AtGate], int] = {GateReached: 0, GateFailed: 1, GatePassed: 2, GateSkipped: 3}
_STATE: dict[type[AtGate], str] = {GateReached: REACHED, GateFailed: FAILED, GatePassed: PASSED, GateSkipped: SKIPPED}


class Gate(msgspec.Struct):
    """
    One gate as it stands: "waiting", "reached", "failed", "passed" or "skipped", by the fact `word` (with its number).

    `since` is when the hotfix came to wait at it (None: it does not yet); `measured` is what was measured there, the oldest first.
    """

    stage: QuotedStage
    state: str = WAITING
    word: AtGate | None = None
    number: int = -1
    since: datetime | None = None
    measured: list[tuple[int, GateMeasured]] = []

    @property
    def done(self) -> bool:
        """Whether the hotfix may go on."""
        return self.state in (PASSED, SKIPPED)


class Train(msgspec.Struct):
    """One hotfix or rollback; `number` is that of the fact that started it."""

    started: HotfixStarted
    number: int
    gates: list[Gate]
    stopped: HotfixStopped | None = None
    finished: HotfixFinished | None = None

    @property
    def hotfix(self) -> str:
        """Its id."""
        return self.started.hotfix

    @property
    def running(self) -> bool:
        """Whether it is still under way."""
        return self.stopped is None and self.finished is None

    @property
    def current(self) -> Gate | None:
        """The gate it waits at; None when every gate is done."""
        return next((gate for gate in self.gates if not gate.done), None)

    @property
    def overtaken(self) -> bool:
        """Whether a later gate is passed while it waits at an earlier one: the one in between was left out without a word."""
        current = self.current
        return current is not None and any(gate.done for gate in self.gates[self.gates.index(current) + 1 :])

    def gate(self, wanted: str) -> Gate | None:
        """The gate with this id."""
        return next((gate for gate in self.gates if gate.stage.id == wanted), None)


def trains(timeline: Timeline) -> dict[str, Train]:
    """Every hotfix and rollback by its id, in the order they began."""
    found: dict[str, Train] = {}
    for number, started in timeline.numbered(HotfixStarted):
        found.setdefault(started.hotfix, Train(started, number, [Gate(stage) for stage in started.stages]))
    if found:
        _take_words(timeline, found)
        _take_ends(timeline, found)
        for train in found.values():
            _came_to_wait(train)
    return found


def running(timeline: Timeline) -> list[Train]:
    """Those that are still under way."""
    return [train for train in trains(timeline).values() if train.running]


def _take_words(timeline: Timeline, found: dict[str, Train]) -> None:
    """The last word on each gate, and what was measured there."""
    for kind in _RANK:
        for number, word in timeline.numbered(kind):
            gate = _at(found, word.hotfix, word.gate)
            if gate and (gate.word is None or _key(word) >= _key(gate.word)):
                gate.word, gate.number, gate.state = word, number, _STATE[type(word)]
    for number, fact in timeline.numbered(GateMeasured):
        if gate := _at(found, fact.hotfix, fact.gate):
            gate.measured.append((number, fact))


def _take_ends(timeline: Timeline, found: dict[str, Train]) -> None:
    for stopped in timeline.all(HotfixStopped):
        if train := found.get(stopped.hotfix):
            train.stopped = train.stopped or stopped
    for finished in timeline.all(HotfixFinished):
        if train := found.get(finished.hotfix):
            train.finished = train.finished or finished


def _at(found: dict[str, Train], hotfix: str, gate: str) -> Gate | None:
    train = found.get(hotfix)
    return train.gate(gate) if train else None


def _key(word: AtGate) -> tuple[datetime, int]:
    return word.so_since, _RANK[type(word)]


def _came_to_wait(train: Train) -> None:
    """A gate is waited at from when we heard that the last one before it was done; those behind it are not waited at yet."""
    since = train.started.at
    for gate in train.gates:
        gate.since = since
        if not gate.done or gate.word is None:
            return
        since = max(since, gate.word.at)
