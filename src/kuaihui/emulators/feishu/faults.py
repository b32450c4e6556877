"""
What goes wrong on demand: calls that fail, answers that are lost, events that come twice or in another order.

Rule: a fault is used up by the calls it hits, so a test says exactly how often the world is bad.
"""

from __future__ import annotations

from fnmatch import fnmatch
from typing import Literal

import msgspec

from kuaihui.emulators.feishu.errors import BAD_TOKEN, QUOTA_USED_UP, RATE_LIMITED, Refusal, Rejected
from kuaihui.emulators.feishu.limits import reset_headers

CallKind = Literal["rate_limited", "error", "expired_token", "quota", "html_502", "slow", "lost_answer", "refused_connection"]
EventKind = Literal["duplicate", "reorder", "delay", "drop"]


class CallFault(msgspec.Struct, kw_only=True):
    """What happens to the next `times` calls whose operation fits the pattern (`im.v1.message.*`)."""

    kind: CallKind
    operation: str = "*"
    times: int = 1
    code: int = 0
    msg: str = "injected"
    http: int = 0
    seconds: float = 1.0  # rate_limited: the reset header; slow: how long the answer takes

    def rejection(self) -> Rejected | None:
        """The error this fault answers with, for the kinds that do."""
        match self.kind:
            case "rate_limited":
                refusal = Refusal(self.code or RATE_LIMITED.code, RATE_LIMITED.msg, self.http or RATE_LIMITED.http)
                return Rejected(refusal, headers=reset_headers(1, round(self.seconds)))
            case "expired_token":
                return Rejected(BAD_TOKEN)
            case "quota":
                return Rejected(QUOTA_USED_UP)
            case "error":
                return Rejected(Refusal(self.code, self.msg, self.http or 400))
            case _:
                return None


class EventFault(msgspec.Struct, kw_only=True):
    """What happens to the next `times` events whose type fits the pattern; a delay is in seconds of the tenant's clock."""

    kind: EventKind
    event_type: str = "*"
    times: int = 1
    seconds: float = 1.0


class Faults:
    """The faults that still wait for their call or event."""

    def __init__(self) -> None:
        self.calls: list[CallFault] = []
        self.events: list[EventFault] = []

    def for_call(self, operation: str) -> CallFault | None:
        """The first fault that fits this operation, used once."""
        fits = next((fault for fault in self.calls if fnmatch(operation, fault.operation)), None)
        if fits is not None:
            fits.times -= 1
            self.calls = [fault for fault in self.calls if fault.times > 0]
        return fits

    def for_event(self, event_type: str) -> EventFault | None:
        """The first fault that fits this event, used once."""
        fits = next((fault for fault in self.events if fnmatch(event_type, fault.event_type)), None)
        if fits is not None:
            fits.times -= 1
            self.events = [fault for fault in self.events if fault.times > 0]
        return fits

    def clear(self) -> None:
        """The world is well again."""
        self.calls.clear()
        self.events.clear()
