"""The story's team at work in the emulated tenant: the real loop and duties, our real client over real HTTP; only time is moved by hand."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

from kuaihui.catalog.catalog import Catalog
from kuaihui.catalog.load import load
from kuaihui.emulators.feishu.clock import Clock
from kuaihui.emulators.feishu.office import ALERT_GROUP, APP_ID, APP_SECRET, office
from kuaihui.emulators.feishu.papers import EDIT
from kuaihui.emulators.feishu.records import Message
from kuaihui.emulators.feishu.samples import furnish
from kuaihui.emulators.feishu.server import Emulated, running
from kuaihui.emulators.feishu.world import World
from kuaihui.incident.timeline import Timeline
from kuaihui.integrations.feishu import Workplace
from kuaihui.integrations.feishu.client.access import Access
from kuaihui.integrations.feishu.client.feishu import feishu
from kuaihui.integrations.feishu.desk import Desk, Places
from kuaihui.integrations.feishu.directory import Directory
from kuaihui.integrations.feishu.index import Index
from kuaihui.journal.journal import Journal
from tests.nights.night import SAMPLE, SATURDAY, Night


def in_feishu(catalog: Catalog, by: Callable[[str], dict[str, Any]] = lambda person: {"feishu": f"ou_{person}"}) -> Catalog:
    """The catalog whose people are reached in Feishu."""
    people = {one.id: one.model_copy(update={"reach": ("feishu",), **by(one.id)}) for one in catalog.people.values()}
    return catalog.model_copy(update={"people": people})


TEAM = in_feishu(load(SAMPLE))


class Team(Night):
    """A night whose workplace is the tenant."""

    def __init__(self, tenant: Emulated, workplace: Workplace, journal: Journal | None = None, at: datetime = SATURDAY) -> None:
        super().__init__(workplace.desk.catalog(), at, journal, [workplace])
        self.tenant = tenant
        self.workplace = workplace
        self.index = Index(lambda: self.journal.summaries(limit=100), self.loop.timeline)

    @property
    def world(self) -> World:
        return self.tenant.world

    def sent_to(self, person: str) -> list[Message]:
        """The app's messages to one person alone."""
        private = [chat for chat in self.world.chats.values() if chat.is_private and f"ou_{person}" in chat.members]
        return [self.world.messages[one] for chat in private for one in chat.messages]

    def in_group(self, chat: str = ALERT_GROUP) -> list[Message]:
        """Everything in a group, replies in topics among it."""
        return [message for message in self.world.messages.values() if message.chat_id == chat]


@asynccontextmanager
async def at_work(
    *,
    catalog: Catalog = TEAM,
    places: Places | None = None,
    limits: bool = False,
    at: datetime = SATURDAY,
    journal: Journal | None = None,
    **client: Any,
) -> AsyncGenerator[Team]:
    """The team, its tenant and its house; the tenant's clock is the night's. Without `limits` Feishu takes any number of calls."""
    moment: list[Callable[[], datetime]] = [lambda: at]
    world = office(Clock(moment[0]))
    template, _ = furnish(world)
    world.documents[template].members[ALERT_GROUP] = EDIT
    world.limiter.enforced = limits
    async with (
        running(world) as tenant,
        workplace_of(tenant, catalog, places or Places(chat=ALERT_GROUP, template=template), **client) as desk,
    ):
        team = Team(tenant, desk, journal, at)
        moment[0] = team.clock.now
        yield team


@asynccontextmanager
async def workplace_of(tenant: Emulated, catalog: Catalog, places: Places, **client: Any) -> AsyncGenerator[Workplace]:
    """The workplace in a tenant; without the paces that keep within its limits when those are off."""
    access = Access(app_id=APP_ID, secret=APP_SECRET, base_url=tenant.url)
    async with feishu(access, lambda: 0.5, **client) as opened:
        if not tenant.world.limiter.enforced:
            opened.messages._caller._paces.turn = _at_once
        desk = Desk(opened, Directory(opened, lambda: catalog), lambda: catalog, places, "http://127.0.0.1:8466")
        yield Workplace(desk)


@asynccontextmanager
async def _at_once(lane: str, pace: object) -> AsyncGenerator[None]:
    yield


async def restarted(team: Team, workplace: Workplace | None = None) -> Team:
    """The same night after the process died and came back: a new loop and reception on the same journal."""
    again = Team(team.tenant, workplace or team.workplace, team.journal, team.now)
    again._began, again._messages = team._began, team._messages
    await again.reception.begin()
    return again


def facts(timeline: Timeline, *kinds: type) -> list[str]:
    """The names of the facts of these kinds, in order."""
    return [type(fact).__name__ for fact in timeline if isinstance(fact, kinds)]
