"""
What is asked of a service's sources of evidence, made from the catalog.

Rule 1: a source that the catalog does not name is not asked: there is no order, and whoever wanted to know is told.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from kuaihui.catalog.guides import Question
from kuaihui.catalog.services import Service
from kuaihui.orders import InspectRedis, ListChanges, ReadMetrics, SearchLogs

HOUR: Final = timedelta(hours=1)
WEEK: Final = timedelta(days=7)
DAY: Final = timedelta(days=1)
# The first look asks of each source what it is asked where nothing else is said.
FIRST: Final = tuple(Question(source=source) for source in ("metrics", "logs", "redis", "changes"))
AnyLook = ReadMetrics | SearchLogs | ListChanges | InspectRedis


class Asking:
    """Asks on one occasion, for one asker; `broke` is when it broke, `now` when it is asked (UTC). Names are in the team's `language`."""

    def __init__(self, service: Service, occasion: int, asker: str, broke: datetime, now: datetime, language: str = "zh") -> None:
        self.service, self.occasion, self.asker, self.broke, self.now, self.language = service, occasion, asker, broke, now, language

    def everything(self) -> Iterator[AnyLook]:
        """The first look: metrics and logs of the last hour, changes of the last week, Redis."""
        for question in FIRST:
            if look := self.of(question):
                yield look

    def of(self, question: Question) -> AnyLook | None:
        """The order that asks this; None where the catalog names no such source."""
        match question.source:
            case "metrics":
                return self._metrics(question)
            case "logs":
                return self._logs(question)
            case "changes":
                return self._changes(question)
            case "redis":
                return self._redis()

    def _metrics(self, question: Question) -> ReadMetrics | None:
        signal, place = self.service.signal, dict(self.service.sources.metrics)
        expression = question.query or (signal.expression if signal else "")
        if not place or not expression:
            return None
        own = signal if signal and expression == signal.expression else None
        last = question.last or HOUR
        return ReadMetrics(
            occasion=self.occasion,
            asked_by=self.asker,
            about=own.name.told(self.language) if own else "",
            service=self.service.id,
            source=place.pop("from", ""),
            place=place,
            expression=expression,
            since=self.now - last,
            until=self.now,
            step=max(timedelta(seconds=15), last / 240),
            unit=own.unit if own else "",
            usual=(own.usual_low, own.usual_high) if own else None,
        )

    def _logs(self, question: Question) -> SearchLogs | None:
        place = dict(self.service.sources.logs)
        if not place:
            return None
        last = question.last or HOUR
        return SearchLogs(
            occasion=self.occasion,
            asked_by=self.asker,
            service=self.service.id,
            source=place.pop("from", ""),
            place=place,
            since=self.now - last,
            until=self.now,
            query=question.query,
            level=question.level,
            broke_at=self.broke,
            usual_since=self.now - last - DAY,
        )

    def _changes(self, question: Question) -> ListChanges | None:
        place = dict(self.service.sources.changes)
        if not place:
            return None
        return ListChanges(
            occasion=self.occasion,
            asked_by=self.asker,
            service=self.service.id,
            source=place.pop("from", ""),
            place=place,
            since=self.now - (question.last or WEEK),
            until=self.now,
        )

    def _redis(self) -> InspectRedis | None:
        place = dict(self.service.sources.redis)
        if not place:
            return None
        return InspectRedis(occasion=self.occasion, asked_by=self.asker, service=self.service.id, source=place.pop("from", ""), place=place)


def same_question(one: AnyLook, other: AnyLook) -> bool:
    """Whether both ask the same of the same source, whoever asks, over a span of the same length."""
    return type(one) is type(other) and _asked(one) == _asked(other)


def _asked(look: AnyLook) -> tuple[object, ...]:
    place = (look.service, look.source, look.place)
    match look:
        case ReadMetrics():
            return *place, look.expression, look.until - look.since
        case SearchLogs():
            return *place, look.query, look.level, look.until - look.since
        case ListChanges():
            return *place, look.until - look.since
        case InspectRedis():
            return place
