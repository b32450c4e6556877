"""
OpenMeeting: reserved through the API, since Feishu tells who joins only of meetings that were.

Rule: Feishu has no key by which a reservation is made once; one whose answer was lost stays unused and runs out by itself.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from kuaihui.errors import GiveUp
from kuaihui.incident.fact import Fact
from kuaihui.incident.pages import Acknowledged
from kuaihui.incident.room import MeetingOpened
from kuaihui.incident.timeline import Timeline
from kuaihui.integrations.feishu.desk import NAME, Desk
from kuaihui.language import text
from kuaihui.orders import OpenMeeting

# Longer than any incident's meeting; a reservation may last thirty days.
LASTS: Final = timedelta(days=2)


class MeetingOpener:
    """Opens meetings."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def open(self, order: OpenMeeting, timeline: Timeline, now: datetime) -> list[Fact]:
        """The service's own meeting where it has one; else a new one that whoever acknowledged owns."""
        if order.link:
            return [MeetingOpened(at=now, by=NAME, title=order.title, link=order.link.replace("{incident}", timeline.incident))]
        owner = await self._owner(timeline, now)
        made = await self._desk.feishu.meetings.reserve(order.title, owner, now + LASTS, record=self._desk.places.record)
        return [MeetingOpened(at=now, by=NAME, title=order.title, link=made.url, reference=made.id, number=made.meeting_no)]

    async def _owner(self, timeline: Timeline, now: datetime) -> str:
        """Feishu wants a person: whoever acknowledged last and is known there, else the one of the settings."""
        people = [*(fact.by for fact in reversed(timeline.all(Acknowledged))), self._desk.places.meeting_owner]
        ids = await self._desk.directory.open_ids(tuple(person for person in people if person), now)
        if not ids:
            raise GiveUp(text("Feishu knows nobody who could own the meeting: set feishu.meetings.owner"))
        return next(iter(ids.values()))
