"""
How often we may call, kept on our side: a call waits for its turn rather than be refused.

Rule 1: turns of one lane are taken in the order they were asked for; what is then under way at once may still arrive in another.
Rule 2: a turn counts until its call has ended, and for the whole span after that: whenever a call arrives, the server never counts
        more of them in a span than we do, however slow the way.
Rule 3: when Feishu says "come back in n seconds", the whole lane waits, not only the call that was refused.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

IDLE_LANES = 2000  # chats and messages come and go; more lanes than this and the quiet ones are forgotten
A_WHILE = 60.0  # seconds; whoever waits for a call to end looks again at least this often


@dataclass(frozen=True)
class Pace:
    """At most `count` calls in any `seconds`."""

    count: int
    seconds: float = 1.0


@dataclass
class _Lane:
    under_way: int = 0
    ended: deque[float] = field(default_factory=deque[float])
    closed_until: float = 0.0
    queue: asyncio.Lock = field(default_factory=asyncio.Lock)
    freed: asyncio.Event = field(default_factory=asyncio.Event)


class Paces:
    """The lanes of one app in this process. Other processes of the same app keep their own; the server's word decides between them."""

    def __init__(self) -> None:
        self._lanes: dict[tuple[str, Pace], _Lane] = {}

    @asynccontextmanager
    async def turn(self, lane: str, pace: Pace) -> AsyncGenerator[None]:
        """Begins when it is this caller's turn in the lane; to be held while the call is under way."""
        mine, clock = self._lane(lane, pace), asyncio.get_running_loop().time
        async with mine.queue:
            while (wait := _wait(mine, pace, clock())) > 0:
                mine.freed.clear()
                with suppress(TimeoutError):
                    await asyncio.wait_for(mine.freed.wait(), wait)
            mine.under_way += 1
        try:
            yield
        finally:
            mine.under_way -= 1
            mine.ended.append(clock())
            mine.freed.set()

    def close(self, lane: str, pace: Pace, seconds: float) -> None:
        """Nobody gets a turn in this lane for so long."""
        mine = self._lane(lane, pace)
        mine.closed_until = max(mine.closed_until, asyncio.get_running_loop().time() + seconds)

    def _lane(self, lane: str, pace: Pace) -> _Lane:
        if len(self._lanes) > IDLE_LANES:
            self._forget_idle(asyncio.get_running_loop().time())
        return self._lanes.setdefault((lane, pace), _Lane())

    def _forget_idle(self, now: float) -> None:
        for key, lane in list(self._lanes.items()):
            _prune(lane, key[1], now)
            if not (lane.ended or lane.under_way or lane.queue.locked() or lane.closed_until > now):
                del self._lanes[key]


def _wait(lane: _Lane, pace: Pace, now: float) -> float:
    _prune(lane, pace, now)
    free = pace.count - lane.under_way
    if free <= 0:
        return A_WHILE
    full = lane.ended[-free] + pace.seconds - now if len(lane.ended) >= free else 0.0
    return max(full, lane.closed_until - now, 0.0)


def _prune(lane: _Lane, pace: Pace, now: float) -> None:
    while lane.ended and lane.ended[0] <= now - pace.seconds:
        lane.ended.popleft()
