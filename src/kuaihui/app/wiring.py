"""
The whole house, built in order and taken down in reverse.

This is the one place that touches real chance and real ids, and hands out the real clock.
"""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
import socket
import sqlite3
from collections.abc import AsyncGenerator, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TypeVar

import asyncpg

from kuaihui.app.catalog_place import catalog_folder
from kuaihui.app.clock_watch import ClockWatch
from kuaihui.app.clocks import RealClock
from kuaihui.app.feishu import reader_of, workplace
from kuaihui.app.feishu_hearing import Hearing
from kuaihui.app.feishu_listening import Listening, hearing_of
from kuaihui.app.heartbeat import Heartbeat
from kuaihui.app.indexing import keep_up
from kuaihui.app.memory import rememberer
from kuaihui.app.overrides import Overrides
from kuaihui.app.reception import Reception
from kuaihui.app.settings import Settings
from kuaihui.app.sources import sources_of
from kuaihui.app.suggestions import keeper
from kuaihui.app.table_watch import TableWatch
from kuaihui.app.team_table import TeamTable
from kuaihui.app.trains import Trains
from kuaihui.app.weekly import lister
from kuaihui.carrying import Integration
from kuaihui.catalog.catalog import Catalog
from kuaihui.catalog.faults import Fault
from kuaihui.catalog.shelf import Shelf
from kuaihui.duties import ROSTER
from kuaihui.errors import BadSettings
from kuaihui.integrations.builtin import Builtin
from kuaihui.integrations.feishu import Workplace
from kuaihui.integrations.postgres import Postgres
from kuaihui.integrations.sqlite import Sqlite, beside
from kuaihui.journal.journal import Journal
from kuaihui.journal.memory import Memory
from kuaihui.journal.verify import Readable
from kuaihui.language import say, text
from kuaihui.loop import Clock, Loop

log = logging.getLogger(__name__)

# Seconds that orders have to be answered when the house is told to end: most take less than one, and a container is killed after ten.
END_WITHIN: Final = 5.0


def new_id() -> str:
    """A short id that nobody has had: 80 random bits."""
    return secrets.token_hex(10)


@dataclass
class House:
    """The built house: what pages, commands and doors are handed."""

    settings: Settings
    clock: Clock
    journal: Journal
    shelf: Shelf
    loop: Loop
    reception: Reception
    secret: str
    overrides: Overrides
    table: TeamTable
    feishu: Workplace | None = None
    hearing: Hearing | None = None
    listening: Listening | None = None
    sample: bool = False  # there is no catalog folder yet: the sample stands in
    tasks: list[asyncio.Task[None]] = field(default_factory=list[asyncio.Task[None]])

    @property
    def catalog(self) -> Catalog:
        """The last catalog that was whole, with the overrides of rotas that stand."""
        return self.overrides.catalog()

    @property
    def faults(self) -> tuple[Fault, ...]:
        """What is wrong with newer files of the catalog, and with the team's table: the last good ones are in force."""
        return (*self.shelf.faults, *self.table.faults)

    @property
    def trains(self) -> Trains:
        """Where news of changes is heard."""
        return Trains(self.loop, self.overrides.catalog, self.clock)


@asynccontextmanager
async def house(
    settings: Settings, clock: Clock | None = None, integrations: Sequence[Integration] = (), *, drill: bool = False
) -> AsyncGenerator[House]:
    """The house at rest: everything is open, nothing turns yet. `integrations` stand before our own workplace; a `drill` says so."""
    async with AsyncExitStack() as opened:
        clock = clock or RealClock()
        folder, sample = opened.enter_context(catalog_folder(settings))
        shelf = Shelf.open(folder, clock.now())
        journal = await opened.enter_async_context(open_journal(settings.journal.url))
        table = TeamTable(journal, lambda: shelf.catalog)
        await table.recall(clock.now())
        overrides = Overrides(journal, table.catalog)
        await overrides.look(clock.now())
        builtin = Builtin(
            settings.server.reached_at,
            settings.workplace.meeting,
            journal.keep,
            rememberer(journal),
            keeper(journal),
            lister(journal),
            lambda language: overrides.catalog().names(language),
        )
        worker = f"{socket.gethostname()}:{os.getpid()}"
        feishu: Workplace | None = None
        if settings.feishu:
            address, chance = settings.server.reached_at, secrets.SystemRandom().random
            feishu = await opened.enter_async_context(workplace(settings.feishu, overrides.catalog, address, chance, journal.keep))
        before = [*integrations, feishu] if feishu else [*integrations]
        looking = sources_of(settings, journal, clock)
        for source in looking:
            opened.push_async_callback(source.close)
        loop = Loop(journal, overrides.catalog, ROSTER, [*before, *looking, builtin], clock, worker)
        reception = Reception(loop, overrides.catalog, clock, settings.hooks.resolve_timeout)
        reception.planner.drill, reception.scrub = drill, settings.scrubbing.scrubber
        await reception.begin()
        secret = settings.auth.secret or secrets.token_hex(32)
        built = House(settings, clock, journal, shelf, loop, reception, secret, overrides, table, feishu, sample=sample)
        if settings.feishu and feishu:
            built.hearing, polls = hearing_of(settings.feishu, feishu, reception)
            built.listening = Listening(settings.feishu, built.hearing, polls, journal, loop)
            if settings.feishu.roster:
                table.reader = reader_of(settings.feishu.roster, feishu, lambda: shelf.catalog)
                table.writes = settings.feishu.roster.write_back
        opened.push_async_callback(_stop, built)
        yield built


async def start(built: House) -> None:
    """Let the house turn: the loop, the expiry of silent alerts, the look at the catalog's files, the index of words."""
    await built.trains.look()  # what was kept and not yet looked at when the house last stopped
    built.tasks += [
        asyncio.create_task(built.loop.run(), name="loop"),
        asyncio.create_task(built.reception.run(), name="reception"),
        asyncio.create_task(_watch_the_catalog(built), name="catalog"),
        asyncio.create_task(keep_up(built.journal, built.overrides.catalog), name="words"),
    ]
    if isinstance(built.clock, RealClock):  # any other goes as it is made to
        watch = ClockWatch(built.clock, asyncio.get_running_loop().time, built.loop.faults)
        built.tasks.append(asyncio.create_task(watch.run(), name="clock"))
    if outside := built.settings.heartbeat.url:
        beats = Heartbeat(built.loop, outside, built.settings.heartbeat.every)
        built.tasks.append(asyncio.create_task(beats.run(), name="heartbeat"))
    if built.listening:
        built.tasks.append(asyncio.create_task(built.listening.run(), name="feishu"))
    if built.hearing and built.settings.feishu and (roster := built.settings.feishu.roster):
        watch = TableWatch(built.table, built.journal, built.overrides.catalog, built.clock, roster.every, built.hearing.table_changed)
        built.tasks.append(asyncio.create_task(watch.run(), name="table"))


async def _watch_the_catalog(built: House) -> None:
    while True:
        await asyncio.sleep(built.settings.catalog.look_every.total_seconds())
        try:
            await _look_at_the_catalog(built)
        except Exception:  # one look that failed must not be the last
            built.loop.faults["catalog"] += 1
            log.exception("the catalog could not be looked at; trying again")


async def _look_at_the_catalog(built: House) -> None:
    before = built.shelf.faults
    await asyncio.to_thread(built.shelf.look, built.clock.now())
    if (faults := built.shelf.faults) != before:
        told = [say(fault.told, "en") for fault in faults]
        log.warning("the catalog has faults, the last good one stays: %s" if told else "the catalog is whole again%s", "; ".join(told))
    if not built.journal.exclusive:
        await built.overrides.look(built.clock.now())


async def _stop(built: House) -> None:
    """Finish what was begun, as far as that is soon done; what is not kept by then is done again after the next start."""
    time = asyncio.get_running_loop().time
    until = time() + END_WITHIN
    with suppress(TimeoutError):
        async with asyncio.timeout_at(until):
            async with built.loop.pen:  # nobody is cut off between what is written and what is done about it
                _cancel(built.tasks)
            if built.hearing:
                await built.hearing.still()
    _cancel(built.tasks)
    await asyncio.gather(*built.tasks, return_exceptions=True)
    await built.loop.let_go(max(0.0, until - time()))
    try:
        async with asyncio.timeout(END_WITHIN):
            await built.reception.end()
    except Exception:  # the house ends all the same
        log.exception("the last traces could not be written")


def _cancel(tasks: Sequence[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()


@asynccontextmanager
async def journal_to_read(url: str) -> AsyncGenerator[Readable]:
    """The same, only to be read, beside the house that may have it open. Raises BadSettings for a file that is not there."""
    if url.startswith("sqlite:"):
        with beside(_file_of(url)) as sqlite:
            yield sqlite
    else:
        async with open_journal(url) as journal:
            yield journal


def _file_of(url: str) -> Path:
    return Path(url.partition(":")[2].removeprefix("///"))


J = TypeVar("J", bound=Journal)


async def _begun(journal: AbstractAsyncContextManager[J], where: str, opened: AsyncExitStack) -> J:
    try:
        return await opened.enter_async_context(journal)
    except (sqlite3.Error, asyncpg.PostgresError, asyncpg.InterfaceError, ConnectionError, TimeoutError) as broken:
        raise BadSettings(
            text("the journal {file} cannot be used: {what}", file=where, what=str(broken) or type(broken).__name__)
        ) from broken


@asynccontextmanager
async def open_journal(url: str) -> AsyncGenerator[Journal]:
    """The journal that a URL names. Raises BadSettings for one we do not know, or that cannot be read or written."""
    match url.partition(":")[0]:
        case "memory":
            yield Memory()
        case "sqlite":
            file = _file_of(url)
            file.parent.mkdir(parents=True, exist_ok=True)
            async with AsyncExitStack() as opened:
                yield await _begun(Sqlite.open(file), str(file), opened)
        case "postgresql" | "postgres":
            async with AsyncExitStack() as opened:
                yield await _begun(Postgres.open(url), url.rpartition("@")[2], opened)  # never with the password
        case _:
            raise BadSettings(text("journal.url is {url}: it begins with sqlite:///, postgresql:// or memory:", url=url))
