"""
Answers in a replay: looks are answered with what the record saw, everything else by our own workplace, at once and without the outside.

Rule 1: a look that the record never took has no answer: it is given up with that reason, and nothing is made up.
Rule 2: what failed in the record (a channel, a source that was busy) fails in the replay too, with the same words.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec

from kuaihui.carrying import Carry
from kuaihui.catalog.catalog import Catalog
from kuaihui.errors import GiveUp, TryLater
from kuaihui.incident.evidence import Looked
from kuaihui.incident.fact import Fact
from kuaihui.incident.pages import Answered, Delivered, Ordered, Sent
from kuaihui.incident.timeline import Timeline
from kuaihui.language import text
from kuaihui.orders import InspectRedis, ListChanges, Look, Order, Page, ReadMetrics, SearchLogs

NAME: Final = "record"
_LOOKS: Final[tuple[type[Order], ...]] = (ReadMetrics, SearchLogs, ListChanges, InspectRedis)
_UNSEEN: Final = text("the record did not look at this: nobody knows what would have been seen")
# What a look is for and what it asks; of a page, whom and how. Occasions are not compared: they are the replay's own.
_Key = tuple[str, ...]


def sources_of_record(record: Timeline, catalog: Catalog) -> list[Recorded]:
    """The record in the place of every channel and of every source that the catalog names."""
    channels = frozenset(channel for person in catalog.people.values() for channel in person.channels)
    sources = [service.sources for service in catalog.services.values()]
    named = dict.fromkeys(place.get("from", "") for one in sources for place in (one.metrics, one.logs, one.changes, one.redis))
    return [Recorded(record, channels), *(Recorded(record, frozenset(), name) for name in named if name)]


class Recorded:
    """The world as the record knows it, in the place of the source `name`. `channels` are those of every person who may be paged."""

    def __init__(self, record: Timeline, channels: frozenset[str], name: str = NAME) -> None:
        self.name = name
        self.channels = channels
        self._looked = [fact for fact in record.facts if isinstance(fact, Looked)]
        self._failures = _failures(record)
        looks = (kind for kind in _LOOKS if (kind.__name__, name) not in _not_carried(record))
        self.carries: Mapping[type[Order], Carry] = {Page: self._page, **dict.fromkeys(looks, self._look)}

    async def _look(self, order: Look, timeline: Timeline, now: datetime) -> Sequence[Fact]:
        """What this asker was told about this: the newest answer by now, or else the first."""
        seen = [fact for fact in self._looked if _names(fact, order) and _asked(fact) == _asked(order)]
        by_now = [fact for fact in seen if fact.at <= now]
        if not by_now:
            self._fail(order)
        if not seen:
            raise GiveUp(_UNSEEN)
        return [msgspec.structs.replace(by_now[-1] if by_now else seen[0], at=now, identity=order.identity)]

    async def _page(self, order: Page, timeline: Timeline, now: datetime) -> Sequence[Fact]:
        self._fail(order)
        return [
            Sent(at=now, by=NAME, identity=order.identity, person=order.person, channel=order.channel),
            Delivered(at=now, by=NAME, identity=order.identity, person=order.person),
        ]

    def _fail(self, order: Order) -> None:
        """Fail as it failed then; of several failures each once, and the last one for ever."""
        known = self._failures.get(_key(order))
        if not known:
            return
        failed = known.pop(0) if len(known) > 1 else known[0]
        why = failed.reason or text("given up")
        if failed.outcome == "later":
            raise TryLater(why, failed.again - failed.at if failed.again else timedelta(seconds=10))
        raise GiveUp(why)


def _asked(one: Looked | Look) -> _Key:
    return one.asked_by, one.about, one.service


def _names(fact: Looked, order: Look) -> bool:
    """Whether a fact answers a look of this kind: its identity begins with the kind's name."""
    return fact.identity.startswith(f"{type(order).__name__}/")


def _key(order: Order) -> _Key:
    match order:
        case Look():
            return type(order).__name__, *_asked(order)
        case Page():
            return "Page", order.person, order.channel
        case _:
            return (type(order).__name__,)


def _not_carried(record: Timeline) -> set[tuple[str, str]]:
    """Kinds of looks, by source, that no integration carried then."""
    looks = [fact.order for fact in record.all(Ordered) if isinstance(fact.order, Look)]
    answers = ((look, record.answers.get(look.identity)) for look in looks)
    return {(type(look).__name__, look.source or NAME) for look, answer in answers if answer and answer.outcome == "nobody"}


def _failures(record: Timeline) -> dict[_Key, list[Answered]]:
    """Every look and page that came to nothing, with its answers in order."""
    orders = {fact.order.identity: fact.order for fact in record.all(Ordered) if isinstance(fact.order, Look | Page)}
    found: dict[_Key, list[Answered]] = defaultdict(list)
    for answer in record.all(Answered):
        if answer.outcome != "done" and answer.identity in orders:
            found[_key(orders[answer.identity])].append(answer)
    return found
