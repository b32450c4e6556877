"""
How often each operation may be called, as the vendor documents it.

Rule: a window slides, so a burst at the seam of two seconds is counted as what it is.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from typing import Protocol

from kuaihui.emulators.feishu.errors import (
    DOCX_APP_LIMITED,
    DOCX_DOCUMENT_LIMITED,
    RATE_LIMITED,
    TABLE_TOO_FAST,
    TOO_FREQUENT,
    Refusal,
    Rejected,
)
from kuaihui.emulators.feishu.records import App


class Counted(Protocol):
    """What a limit sees of a call."""

    @property
    def operation(self) -> str: ...
    @property
    def app(self) -> App: ...
    @property
    def path(self) -> Mapping[str, str]: ...


@dataclass(frozen=True)
class Limit:
    """At most `count` calls in any `seconds`, counted apart for each value of `of`."""

    count: int
    seconds: float
    of: Callable[[Counted], str]
    refusal: Refusal = RATE_LIMITED


def per_app(call: Counted) -> str:
    """One count for each operation and app."""
    return f"{call.operation}:{call.app.app_id}"


def path_value(*names: str) -> Callable[[Counted], str]:
    """One count for each value of these parts of the path, whichever operation it is."""
    return lambda call: ":".join(call.path[name] for name in names)


# "Tier 4" of the vendor's frequency page: 1000 a minute and 50 a second, by app and tenant.
TIER_4 = (Limit(1000, 60, per_app), Limit(50, 1, per_app))
TIER_3 = (Limit(100, 60, per_app),)
FIVE_A_SECOND = (Limit(5, 1, per_app),)
TEN_A_SECOND = (Limit(10, 1, per_app),)
TWENTY_A_SECOND = (Limit(20, 1, per_app),)
DOCX_WRITE = (
    Limit(3, 1, lambda call: f"docx write:{call.app.app_id}", DOCX_APP_LIMITED),
    Limit(3, 1, lambda call: f"docx edit:{call.path.get('document_id', '')}", DOCX_DOCUMENT_LIMITED),
)
TABLE_WRITE = (Limit(50, 1, lambda call: f"table write:{call.app.app_id}", TABLE_TOO_FAST),)
# One card may be changed five times a second, one message pinned five times a second.
ONE_MESSAGE = (*TIER_4, Limit(5, 1, lambda call: f"{call.operation}:{call.path.get('message_id', '')}", TOO_FREQUENT))
TO_ONE_CHAT = (5, 1.0)  # shared by all bots of a group; also to one person


class Limiter:
    """Counts calls; refuses the one that is too many, and says when to come back."""

    def __init__(self) -> None:
        self._seen: dict[tuple[str, int, float], deque[datetime]] = {}
        self.enforced = True

    def check(self, limits: tuple[Limit, ...], call: Counted, now: datetime) -> None:
        """Count one call against each limit. Raises Rejected when one is used up; such a call is not counted."""
        for limit in limits:
            self.take(limit.of(call), limit.count, limit.seconds, limit.refusal, now)

    def take(self, key: str, count: int, seconds: float, refusal: Refusal, now: datetime) -> None:
        """Count one use of `key`."""
        if not self.enforced:
            return
        span = timedelta(seconds=seconds)
        seen = self._seen.setdefault((key, count, seconds), deque())
        while seen and seen[0] <= now - span:
            seen.popleft()
        if len(seen) >= count:
            wait = ceil((seen[0] + span - now).total_seconds())
            raise Rejected(refusal, headers=reset_headers(count, max(wait, 1)))
        seen.append(now)


def reset_headers(limit: int, seconds: int) -> dict[str, str]:
    """The headers by which the gateway says when to come back."""
    return {"x-ogw-ratelimit-limit": str(limit), "x-ogw-ratelimit-reset": str(seconds)}
