"""
What is said about incidents: kept in the order it is said, and all that is said at once in one commit.

Rule 1: a meaning is asked of the timeline as it is; where somebody else was faster, the timeline is read again and it is asked again.
Rule 2: what cannot be meant or kept is told to who said it, and hinders nothing that others said.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from typing import Protocol

import msgspec

from kuaihui.incident.fact import Fact
from kuaihui.incident.timeline import Timeline

Meaning = Callable[[Timeline], Sequence[Fact]]

NOW = timedelta(0)


class Addition(msgspec.Struct):
    """Facts to be put behind a timeline, and how long they may wait until the incident is settled."""

    before: Timeline
    facts: Sequence[Fact]
    within: timedelta = NOW


class Book(Protocol):
    """Where timelines are read and written, by whoever holds its pen."""

    def writing(self, *, overtaken: bool) -> AbstractAsyncContextManager[None]:
        """Hold the pen; alone among all processes where the last try was `overtaken`."""
        ...

    async def timelines(self, incidents: Iterable[str]) -> list[Timeline]:
        """The timelines of these incidents as they are now."""
        ...

    async def append(self, additions: Sequence[Addition]) -> list[bool]:
        """Add facts to several incidents in one commit. False where somebody else was faster."""
        ...


class _Word(msgspec.Struct, eq=False):
    """Something that is said about an incident, who waits until it is kept, and what it came to."""

    incident: str
    meaning: Meaning
    within: timedelta
    heard: asyncio.Future[list[Fact]]
    facts: list[Fact] = []
    overtaken: bool = False

    def means(self, timeline: Timeline) -> bool:
        """Ask for the meaning; whether it could be told."""
        try:
            self.facts = list(self.meaning(timeline))
        except Exception as refused:
            self.fail(refused)
            return False
        return True

    def fail(self, fault: Exception) -> None:
        """Tell who waits that nothing of it was kept."""
        if not self.heard.done():
            self.heard.set_exception(fault)

    def kept(self) -> None:
        """Tell who waits that all of it was kept."""
        if not self.heard.done():
            self.heard.set_result(self.facts)


class Listener:
    """Takes in what is said."""

    def __init__(self, book: Book) -> None:
        self._book = book
        self._words: list[_Word] = []
        self._taken: list[_Word] = []
        self.task: asyncio.Task[None] | None = None

    async def hear(self, incident: str, meaning: Meaning, within: timedelta = NOW) -> list[Fact]:
        """
        Add the facts that `meaning` makes of the timeline; they may wait `within` this span until the incident is settled.

        Raises what `meaning` raises, or what the journal does; then nothing is kept.
        """
        word = _Word(incident, meaning, within, asyncio.get_running_loop().create_future())
        self._words.append(word)
        if self.task is None or self.task.done():
            self.task = asyncio.create_task(self._listen(), name="listening")
            self.task.add_done_callback(self._ended)
        return await word.heard

    async def _listen(self) -> None:
        """Take in what is said until nobody waits."""
        while self._words:
            self._taken, self._words = self._words, []
            await self._take_in(self._taken)

    def _ended(self, task: asyncio.Task[None]) -> None:
        """Let go who waits where listening was ended in the middle."""
        if task.cancelled():
            for word in (*self._taken, *self._words):
                word.heard.cancel()

    async def _take_in(self, words: Iterable[_Word]) -> None:
        """Keep what these mean; what somebody else was faster than is said again, before all that was said since."""
        about: dict[str, list[_Word]] = {}
        for word in words:
            about.setdefault(word.incident, []).append(word)
        try:
            async with self._book.writing(overtaken=any(word.overtaken for told in about.values() for word in told)):
                overtaken = await self._write(about)
        except Exception as failed:
            await self._each(about, failed)
        else:
            self._words[:0] = overtaken

    async def _each(self, about: Mapping[str, Sequence[_Word]], failed: Exception) -> None:
        """After a commit that failed: try what is said of each incident alone, so that what breaks one hinders no other."""
        waiting = [[word for word in words if not word.heard.done()] for words in about.values()]
        if len(about) > 1:
            await asyncio.gather(*(self._take_in(words) for words in waiting if words))
        else:
            for word in waiting[0]:
                word.fail(failed)

    async def _write(self, about: Mapping[str, Sequence[_Word]]) -> list[_Word]:
        """Keep what is said in one commit; what was overtaken is given back."""
        written: list[tuple[Addition, list[_Word]]] = []
        for timeline in await self._book.timelines(about):
            words = _meant(timeline, about[timeline.incident])
            facts = [fact for word in words for fact in word.facts]
            if facts:
                written.append((Addition(timeline, facts, min(word.within for word in words if word.facts)), words))
            else:
                _tell(words)
        kept = await self._book.append([addition for addition, _ in written]) if written else []
        overtaken: list[_Word] = []
        for whole, (_, words) in zip(kept, written, strict=True):
            if whole:
                _tell(words)
            else:
                overtaken += words
        for word in overtaken:
            word.overtaken = True
        return overtaken


def _meant(timeline: Timeline, words: Sequence[_Word]) -> list[_Word]:
    """Those of the words that mean something to this timeline, each asked after those before it."""
    meant: list[_Word] = []
    for word in words:
        if word.means(timeline):
            meant.append(word)
            if word.facts and word is not words[-1]:
                timeline = timeline.extended(word.facts)
    return meant


def _tell(words: Iterable[_Word]) -> None:
    for word in words:
        word.kept()
