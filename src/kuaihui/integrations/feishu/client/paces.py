"""
How often we may call, kept on our side: a call waits for its turn rather than be refused.

Rule 1: turns of one lane are taken in the order they were asked for, so the messages of one chat keep their order.
Rule 2: when Feishu says "come back in n seconds", the whole lane waits, not only the call that was refused.
"""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass, field

# A burst that we send inside a second may arrive inside a shorter one.
MARGIN = 1.1
IDLE_LANES = 2000  # chats and messages come and go; more lanes than this and the quiet ones are forgotten


@dataclass(frozen=True)
class Pace:
    """At most `count` calls in any `seconds`."""

    count: int
    seconds: float = 1.0


@dataclass
class _Lane:
    turns: deque[float] = field(default_factory=deque[float])
    closed_until: float = 0.0
    queue: asyncio.Lock = field(default_factory=asyncio.Lock)


class Paces:
    """The lanes of one app in this process. Other processes of the same app keep their own; the server's word decides between them."""

    def __init__(self) -> None:
        self._lanes: dict[tuple[str, Pace], _Lane] = {}

    async def turn(self, lane: str, pace: Pace) -> None:
        """Return when it is this caller's turn in the lane."""
        mine = self._lane(lane, pace)
        async with mine.queue:
            clock = asyncio.get_running_loop().time
            while (wait := _wait(mine, pace, clock())) > 0:  # noqa: ASYNC110 # a lane may be closed longer meanwhile
                await asyncio.sleep(wait)
            mine.turns.append(clock())

    def close(self, lane: str, pace: Pace, seconds: float) -> None:
        """Nobody gets a turn in this lane for so long."""
        mine = self._lane(lane, pace)
        mine.closed_until = max(mine.closed_until, asyncio.get_running_loop().time() + seconds)

    def _lane(self, lane: str, pace: Pace) -> _Lane:
        if len(self._lanes) > IDLE_LANES:
            self._forget_idle(asyncio.get_running_loop().time())
        return self._lanes.setdefault((lane, pace), _Lane())

    def _forget_idle(self, now: float) -> None:
        idle = [key for key, lane in self._lanes.items() if not lane.queue.locked() and _wait(lane, Pace(1, key[1].seconds), now) <= 0]
        for key in idle:
            del self._lanes[key]


def _wait(lane: _Lane, pace: Pace, now: float) -> float:
    span = pace.seconds * MARGIN
    while lane.turns and lane.turns[0] <= now - span:
        lane.turns.popleft()
    full = lane.turns[-pace.count] + span - now if len(lane.turns) >= pace.count else 0.0
    return max(full, lane.closed_until - now, 0.0)
