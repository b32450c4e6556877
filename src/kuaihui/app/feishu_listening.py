"""
Listening to Feishu for ever: the long connection, and the looks at what no event tells.

Rule 1: one process of a deployment listens and looks, elected through the journal: Feishu sends each event to one connection drawn by lot.
Rule 2: a connection that ended for good is opened anew; nobody is told twice, since what is heard twice counts once.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from functools import partial
from typing import Final

from kuaihui.app.feishu_hearing import Hearing
from kuaihui.app.feishu_settings import FeishuRoster, FeishuSettings
from kuaihui.app.reception import Reception
from kuaihui.errors import BadSettings, CarryError
from kuaihui.incident.timeline import Timeline
from kuaihui.integrations.feishu import Workplace
from kuaihui.integrations.feishu.client.long_connection import LongConnection
from kuaihui.integrations.feishu.hear.chat_alerts import OVER, Pattern
from kuaihui.integrations.feishu.hear.ears import Ears
from kuaihui.integrations.feishu.hear.polls import RECEIPTS_LAST, Polls
from kuaihui.integrations.feishu.index import Index
from kuaihui.journal.journal import Journal
from kuaihui.loop import Loop

log = logging.getLogger(__name__)

OFFICE: Final = "feishu"
# How often a process asks whether it is the one; a dead one is followed this soon.
LOOK_AGAIN: Final = 3.0
OPEN_AGAIN: Final = 10.0
MOST: Final = 1000


class Timelines:
    """The timelines as the loop knows them."""

    def __init__(self, loop: Loop) -> None:
        self._loop = loop

    async def of(self, incident: str) -> Timeline:
        """One incident's."""
        return await self._loop.timeline(incident)

    async def open(self) -> Sequence[Timeline]:
        """Those of all open incidents, the newest first."""
        found = await self._loop.journal.summaries(open_only=True, limit=MOST)
        return [await self._loop.timeline(one.incident) for one in found]

    async def lately(self, since: timedelta) -> Sequence[str]:
        """The ids of incidents that are open, or have changed within this span."""
        now = self._loop.clock.now()
        found = await self._loop.journal.summaries(limit=MOST)
        return [one.incident for one in found if one.closed is None or now - one.changed < since]


def hearing_of(settings: FeishuSettings, workplace: Workplace, reception: Reception) -> tuple[Hearing, Polls]:
    """What hears and what looks, as the settings want it."""
    loop, desk = reception.loop, workplace.desk

    async def newest():
        return await loop.journal.summaries(limit=MOST)

    ears = Ears(
        desk,
        Index(newest, loop.timeline),
        workplace.members,
        loop.journal.keep,
        Timelines(loop),
        patterns_of(settings),
        settings.hearing.watch,
        reception.scrub,
    )
    return Hearing(desk, ears, reception), Polls(desk, ears, settings.app_id, settings.hearing.look_every, workplace.documents)


def patterns_of(settings: FeishuSettings) -> list[Pattern]:
    """How the messages of other bots are read."""
    return [
        Pattern(
            name,
            re.compile(one.match, re.MULTILINE),
            re.compile(one.resolved or OVER, re.MULTILINE),
            one.chat,
            one.sender,
            one.labels,
            one.lasts,
        )
        for name, one in settings.hearing.alerts.items()
    ]


class Listening:
    """One process's part in listening."""

    def __init__(self, settings: FeishuSettings, hearing: Hearing, polls: Polls, journal: Journal, loop: Loop) -> None:
        self._settings = settings
        self._hearing = hearing
        self._polls = polls
        self._journal = journal
        self._timelines = Timelines(loop)
        self._clock = loop.clock
        self._connection: LongConnection | None = None
        self.elected = False
        self._subscribed = False

    @property
    def is_connected(self) -> bool:
        """Whether this process's long connection stands."""
        return self._connection is not None and self._connection.is_up

    async def run(self) -> None:
        """Listen while this process is the one that does; for ever."""
        try:
            while True:
                try:
                    await self._turn()
                except Exception:
                    log.exception("listening to Feishu stumbled and goes on")
                await asyncio.sleep(LOOK_AGAIN)
        finally:
            await self._hang_up()

    async def _turn(self) -> None:
        self.elected = await self._journal.lead(OFFICE)
        if not self.elected:
            self._subscribed = False
            await self._hang_up()
            return
        if not self._subscribed:
            await self.subscribe()
        await self._connect()
        await self.look()

    async def _connect(self) -> None:
        if self._settings.hearing.by != "long-connection":
            return
        if self._connection is not None and self._connection.fault is not None:
            log.warning("the long connection to Feishu ended, and is opened anew: %s", self._connection.fault)
            await self._hang_up()
            await asyncio.sleep(OPEN_AGAIN)
        if self._connection is None:
            self._connection = LongConnection(self._hearing.desk.feishu.access, self._hearing.take)
            try:
                self._connection.open()
            except BadSettings as missing:
                log.warning("%s", missing)

    async def _hang_up(self) -> None:
        if self._connection is not None:
            connection, self._connection = self._connection, None
            await connection.close()

    async def subscribe(self) -> None:
        """Ask for the events that Feishu only sends on request: of our tasks, of comments, and of the team's table."""
        client, roster = self._hearing.desk.feishu, self._settings.roster
        self._subscribed = True
        asks: list[Callable[[], Awaitable[None]]] = [client.tasks.follow, client.documents.follow_comments]
        if roster:
            asks.append(partial(self._follow_table, roster))
        for ask in asks:
            try:
                await ask()
            except CarryError as refused:
                log.warning("Feishu was asked for events of tasks, comments and tables, and refused: %s", refused)

    async def _follow_table(self, roster: FeishuRoster) -> None:
        client = self._hearing.desk.feishu
        base = roster.base or await client.tables.base_of_wiki(roster.wiki)
        await client.documents.follow(base, "bitable")

    async def look(self) -> None:
        """Look once at everything that no event tells, where it is time."""
        now = self._clock.now()
        await self._hearing.take_in(await self._polls.alerts(now))
        for incident in await self._timelines.lately(RECEIPTS_LAST):
            if self._polls.is_due(incident, now):
                await self._hearing.take_in(await self._polls.incident(await self._timelines.of(incident), now))
