"""
What Feishu's ids belong to: from a message, chat, thread, card, document, meeting or task to its incident and order.

Rule 1: nothing is kept here: the index is made of the timelines' facts, and can be thrown away at any time.
Rule 2: an id that is not known is looked for in what has changed since; so a restart, or another worker's incident, loses nothing.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final, Literal

import msgspec

from kuaihui.incident.alerts import AlertFired
from kuaihui.incident.fact import Fact
from kuaihui.incident.learning import ReviewDrafted
from kuaihui.incident.pages import Sent
from kuaihui.incident.room import DocumentCreated, MeetingOpened, MessagePosted, TopicOpened
from kuaihui.incident.tasks import TaskLinked
from kuaihui.incident.timeline import Timeline
from kuaihui.journal.journal import Summary

NAME: Final = "feishu"
# Two facts of one instant look the same in a summary: what changed just now is read again.
JUST_NOW: Final = timedelta(seconds=5)
Kind = Literal["word", "topic", "thread", "card", "message", "alert", "document", "review", "meeting", "task"]


class Belongs(msgspec.Struct, frozen=True):
    """
    What an id belongs to.

    "word" is a message to one `person`, carried for the order `identity` (a page, an invitation …); "message" one in the topic; "alert" the
    message that told an alert (its key as `identity`); "task" has the task's id as `identity`.
    """

    incident: str
    kind: Kind
    identity: str = ""
    person: str = ""


def belongings(incident: str, fact: Fact) -> Iterator[tuple[str, Belongs]]:
    """The ids that a fact names, with what each belongs to."""
    match fact:
        case MessagePosted():
            yield fact.message, Belongs(incident, "message", person=fact.by)
        case AlertFired():
            for alert in fact.alerts:
                yield alert.message, Belongs(incident, "alert", alert.key)
        case Fact(by=by) if by == NAME:
            yield from _of_ours(incident, fact)
        case _:
            return


def _of_ours(incident: str, fact: Fact) -> Iterator[tuple[str, Belongs]]:
    match fact:
        case Sent():
            yield fact.reference, Belongs(incident, "word", fact.identity, fact.person)
        case TopicOpened():
            yield fact.reference, Belongs(incident, "topic")
            yield fact.thread, Belongs(incident, "thread")
            if fact.card != fact.reference:
                yield fact.card, Belongs(incident, "card")
        case DocumentCreated():
            yield fact.reference, Belongs(incident, "document")
        case ReviewDrafted():
            yield fact.reference, Belongs(incident, "review")
        case MeetingOpened():
            yield fact.reference, Belongs(incident, "meeting")
            yield fact.number, Belongs(incident, "meeting")
        case TaskLinked():
            yield fact.reference, Belongs(incident, "task", fact.task)
        case _:
            return


class Index:
    """
    Feishu's ids of the newest incidents.

    `summaries` gives the newest incidents' rows, `timeline` an incident's facts: the journal's and the loop's own.
    """

    def __init__(self, summaries: Callable[[], Awaitable[Sequence[Summary]]], timeline: Callable[[str], Awaitable[Timeline]]) -> None:
        self._summaries = summaries
        self._timeline = timeline
        self._found: dict[str, Belongs] = {}
        self._read: dict[str, tuple[int, datetime]] = {}  # how many facts of an incident are in here, and when it had changed last

    async def find(self, id: str, now: datetime) -> Belongs | None:
        """What an id belongs to; None for one that is nothing of ours."""
        if id and id not in self._found:
            await self._catch_up(now)
        return self._found.get(id)

    async def _catch_up(self, now: datetime) -> None:
        for summary in await self._summaries():
            length, changed = self._read.get(summary.incident, (0, None))
            if changed == summary.changed and now - summary.changed > JUST_NOW:
                continue
            timeline = await self._timeline(summary.incident)
            for fact in timeline.facts[length:]:
                self._found |= {name: belongs for name, belongs in belongings(summary.incident, fact) if name}
            self._read[summary.incident] = len(timeline), summary.changed
