"""Many things are said about many incidents at one moment: one commit keeps them, and what breaks one hinders no other."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest

from kuaihui.incident.alerts import Worsened
from kuaihui.incident.fact import Fact
from kuaihui.incident.timeline import Timeline
from kuaihui.listening import Addition, Listener, Meaning

NOON = datetime(2023, 3, 11, 4, 0, tzinfo=UTC)


def worse(value: float) -> Worsened:
    return Worsened(at=NOON, was=0.0, value=value)


def says(value: float) -> Meaning:
    return lambda timeline: [worse(value)]


class Book:
    """Timelines in memory; what is written of the incidents in `poisoned` cannot be kept, and others are faster `races` times."""

    def __init__(self, *poisoned: str, races: int = 0) -> None:
        self.kept: dict[str, Timeline] = {}
        self.commits: list[list[str]] = []
        self.poisoned, self.races = set(poisoned), races
        self.alone: list[bool] = []  # for each time that somebody wrote, whether nobody else might meanwhile
        self._pen = asyncio.Lock()

    @asynccontextmanager
    async def writing(self, *, overtaken: bool) -> AsyncGenerator[None]:
        async with self._pen:
            self.alone.append(overtaken)
            yield

    async def timelines(self, incidents: Iterable[str]) -> list[Timeline]:
        await asyncio.sleep(0)
        return [self.kept.get(incident, Timeline(incident)) for incident in incidents]

    async def append(self, additions: Sequence[Addition]) -> list[bool]:
        names = [one.before.incident for one in additions]
        await asyncio.sleep(0)
        if self.poisoned & set(names):
            raise ValueError("cannot be kept")
        self.commits.append(names)
        if self.races and "A" in names:
            self.races -= 1
            self._keep(Addition(self.kept.get("A", Timeline("A")), [worse(-1.0)]))
        return [self._keep(one) for one in additions]

    def _keep(self, one: Addition) -> bool:
        if len(self.kept.get(one.before.incident, ())) != len(one.before):
            return False
        self.kept[one.before.incident] = one.before.extended(one.facts)
        return True

    def values(self, incident: str) -> list[float]:
        return [fact.value for fact in self.kept[incident].all(Worsened)]


async def test_one_commit_keeps_what_is_said_of_many_incidents() -> None:
    book = Book()
    listener = Listener(book)
    heard = await asyncio.gather(*(listener.hear(incident, says(value)) for value, incident in enumerate("ABCA")))

    assert [len(facts) for facts in heard] == [1, 1, 1, 1]
    assert book.commits == [["A", "B", "C"]]
    assert book.values("A") == [0.0, 3.0]


async def test_each_word_is_asked_of_the_timeline_with_the_words_before_it() -> None:
    book, seen = Book(), list[int]()

    def looks(timeline: Timeline) -> list[Fact]:
        seen.append(len(timeline))
        return [worse(len(timeline))]

    listener = Listener(book)
    await asyncio.gather(*(listener.hear("A", looks) for _ in range(3)))

    assert seen == [0, 1, 2]


async def test_what_cannot_be_kept_of_one_incident_hinders_no_other() -> None:
    book = Book("B")
    listener = Listener(book)
    heard = await asyncio.gather(*(listener.hear(incident, says(1.0)) for incident in "ABC"), return_exceptions=True)

    assert [type(one) for one in heard] == [list, ValueError, list]
    assert (book.values("A"), book.values("C")) == ([1.0], [1.0])


async def test_what_was_already_told_is_not_asked_again_after_a_commit_that_failed() -> None:
    book, asked = Book("B"), list[int]()

    def nothing(timeline: Timeline) -> list[Fact]:
        asked.append(len(timeline))
        return []

    listener = Listener(book)
    heard = await asyncio.gather(listener.hear("A", nothing), listener.hear("B", says(1.0)), return_exceptions=True)

    assert heard[0] == []
    assert isinstance(heard[1], ValueError)
    assert asked == [0]


async def test_what_somebody_else_was_faster_than_is_said_again_before_what_came_later() -> None:
    book = Book(races=1)
    listener = Listener(book)
    first = asyncio.create_task(listener.hear("A", says(1.0)))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    later = asyncio.create_task(listener.hear("A", says(2.0)))
    await asyncio.gather(first, later)

    assert book.values("A") == [-1.0, 1.0, 2.0]
    assert book.alone == [False, True], "who was overtaken is alone the next time"


async def test_a_meaning_that_refuses_is_told_to_who_said_it_alone() -> None:
    def refuses(timeline: Timeline) -> list[Fact]:
        raise LookupError("no")

    book = Book()
    listener = Listener(book)
    heard = await asyncio.gather(
        listener.hear("A", says(1.0)), listener.hear("A", refuses), listener.hear("A", says(2.0)), return_exceptions=True
    )

    assert isinstance(heard[1], LookupError)
    assert book.values("A") == [1.0, 2.0]


async def test_who_waits_when_the_listener_is_ended_is_told() -> None:
    listener = Listener(Book())
    waiting = asyncio.create_task(listener.hear("A", says(1.0)))
    await asyncio.sleep(0)
    assert listener.task is not None
    listener.task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await waiting
