"""
Carrying: how an order becomes an answer, whichever integration carries it, and what is said where none does.

Rule 1: whatever a carrier does, the order has an answer: done, later, given up, or that nobody carries it.
Rule 2: an order that names its channel or source is carried by nobody else.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, Protocol

from kuaihui.errors import GiveUp, TryLater
from kuaihui.incident.fact import Fact
from kuaihui.incident.pages import Answered, Ordered
from kuaihui.incident.timeline import Timeline
from kuaihui.language import Text, text
from kuaihui.orders import AnyOrder, CloseIssue, Look, MakeIssue, Order, Page, ReopenIssue

log = logging.getLogger(__name__)

# An order of any kind in; the facts it led to out. `Any`: each carrier takes its own kind of order.
Carry = Callable[[Any, Timeline, datetime], Awaitable[Sequence[Fact]]]


class Written:
    """
    A carry that is nothing but the facts it leads to: written down with the order itself, it is carried out.

    `facts` is pure: nothing has left the house before it is kept.
    """

    def __init__(self, facts: Callable[[Any, Timeline, datetime], Sequence[Fact]]) -> None:  # Any: as Carry
        self.facts = facts

    async def __call__(self, order: AnyOrder, timeline: Timeline, now: datetime) -> Sequence[Fact]:
        """As any other carry."""
        return self.facts(order, timeline, now)


class Integration(Protocol):
    """One outside product: which orders it carries, and by which channels it reaches people."""

    @property
    def name(self) -> str: ...

    @property
    def channels(self) -> frozenset[str]: ...

    @property
    def carries(self) -> Mapping[type[Order], Carry]: ...


def is_for(order: Order, integration: Integration) -> bool:
    """Whether the order leaves the choice open, or names this integration: "lts" is any of "lts.shanghai" and "lts.beijing"."""
    match order:
        case Page():
            return order.channel in integration.channels
        case Look() | MakeIssue() | CloseIssue() | ReopenIssue():
            return not order.source or f"{integration.name}.".startswith(f"{order.source}.")
        case _:
            return True


def written(timeline: Timeline, order: AnyOrder, carrier: Integration, now: datetime) -> list[Fact] | None:
    """The answer to an order that is carried out by writing it down, and what it led to; None where it must be carried."""
    carry = carrier.carries[type(order)]
    if not isinstance(carry, Written):
        return None
    try:
        led_to = carry.facts(order, timeline, now)
    except Exception:  # what is wrong with it is told where it is carried
        return None
    return [Answered(at=now, by=carrier.name, identity=order.identity, outcome="done"), *led_to]


async def answer(timeline: Timeline, order: AnyOrder, carrier: Integration, now: datetime, clock: Callable[[], datetime]) -> list[Fact]:
    """Carry one order that was given at the instant `now`: its answer first, at the instant that `clock` tells then; what it led to."""
    try:
        async with asyncio.timeout(order.timeout.total_seconds()):
            led_to = await carrier.carries[type(order)](order, timeline, now)
    except TryLater as busy:
        return [_later(timeline, order, carrier, clock(), busy.text, busy.after)]
    except TimeoutError:
        reason = text("{carrier} did not answer within {seconds} s", carrier=carrier.name, seconds=order.timeout.total_seconds())
        return [_later(timeline, order, carrier, clock(), reason, timedelta(seconds=5))]
    except GiveUp as refused:
        outcome = "nobody" if carrier is NOBODY else "gave up"
        return [Answered(at=clock(), by=carrier.name, identity=order.identity, outcome=outcome, reason=refused.text)]
    except Exception as broken:  # rule 1: a carrier that breaks is an answer too, and told in the timeline
        log.exception("%s broke carrying %s", carrier.name, order.identity)
        reason = text("{carrier} failed: {what}", carrier=carrier.name, what=f"{type(broken).__name__}: {broken}"[:200])
        return [Answered(at=clock(), by=carrier.name, identity=order.identity, outcome="gave up", reason=reason)]
    return [Answered(at=clock(), by=carrier.name, identity=order.identity, outcome="done"), *led_to]


def _later(timeline: Timeline, order: AnyOrder, carrier: Integration, now: datetime, reason: Text, after: timedelta) -> Answered:
    """Try later, or give up when the order has been tried often enough."""
    tried = sum(given.order.identity == order.identity for given in timeline.all(Ordered))
    if tried >= order.tries:
        return Answered(at=now, by=carrier.name, identity=order.identity, outcome="gave up", reason=reason)
    return Answered(at=now, by=carrier.name, identity=order.identity, outcome="later", reason=reason, again=now + after)


class _Everything(dict[type[Order], Carry]):
    """Any kind of order at all."""

    def __missing__(self, kind: type[Order]) -> Carry:
        return _nobody


async def _nobody(order: AnyOrder, timeline: Timeline, now: datetime) -> Sequence[Fact]:
    if isinstance(order, Look) and order.source:
        raise GiveUp(text("{source} is not set up", source=order.source))
    channel = order.channel if isinstance(order, Page) else ""
    raise GiveUp(text("no integration carries {order} {channel}", order=type(order).__name__, channel=channel))


class _Nobody:
    """Answers for the integrations that are not set up, in plain sight."""

    name = "nobody"
    channels: frozenset[str] = frozenset()
    carries: Mapping[type[Order], Carry] = _Everything()


NOBODY: Final = _Nobody()
