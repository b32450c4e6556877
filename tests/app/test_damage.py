"""What is broken under a house: it refuses to start in one sentence, or goes on with all that is not broken, and says so."""

from __future__ import annotations

import asyncio
import logging
import shutil
import sqlite3
from datetime import datetime, timedelta
from pathlib import Path

import httpx
import pytest

from kuaihui.app.acted import settle
from kuaihui.app.clocks import ActedClock, RealClock
from kuaihui.app.metrics import Metrics
from kuaihui.app.settings import Settings
from kuaihui.app.settings_sections import CatalogPlace, JournalPlace
from kuaihui.app.web.app import create_app
from kuaihui.app.wiring import House, house, start
from kuaihui.errors import BadSettings
from kuaihui.incident.pages import Ordered
from kuaihui.journal.journal import Claim
from kuaihui.journal.memory import Memory
from kuaihui.orders import Page
from tests.app.web.acted import BEGINS, SAMPLE


def settings(journal: str) -> Settings:
    return Settings(journal=JournalPlace(url=journal), catalog=CatalogPlace(folder=SAMPLE))


def alert(service: str) -> dict[str, object]:
    return {"labels": {"alertname": "Down", "service": service}, "annotations": {"summary": "down"}}


def client(built: House) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(create_app(built), raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url=built.settings.server.reached_at)


# -- the journal's file ------------------------------------------------------------------------------------------------------------------


async def begun(file: Path) -> None:
    async with house(settings(f"sqlite:///{file}"), ActedClock(BEGINS)) as built, client(built) as http:
        (await http.post("/api/v2/alerts", json=[alert("config-center")])).raise_for_status()


@pytest.mark.parametrize("what", ["not a database", "half a database"])
async def test_a_file_that_is_no_journal_is_refused_in_one_sentence(tmp_path: Path, what: str) -> None:
    file = tmp_path / "j.db"
    if what == "not a database":
        file.write_bytes(b"a shopping list, and no journal at all" * 1000)
    else:
        await begun(file)
        whole = file.read_bytes()
        file.write_bytes(whole[:4096] + b"\xaa" * 8192 + whole[12288:])
    with pytest.raises(BadSettings, match=r"j\.db cannot be used"):
        async with house(settings(f"sqlite:///{file}")):
            pass


async def test_a_journal_that_cannot_be_written_is_found_at_the_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "j.db"
    await begun(file)
    connect = sqlite3.connect

    def read_only(database: Path, **_: object) -> sqlite3.Connection:
        return connect(f"file:{database}?mode=ro", uri=True, isolation_level=None, check_same_thread=False)

    monkeypatch.setattr(sqlite3, "connect", read_only)
    with pytest.raises(BadSettings, match=r"j\.db cannot be used: attempt to write a readonly database"):
        async with house(settings(f"sqlite:///{file}")):
            pass


async def test_a_database_that_is_not_there_is_told_without_its_password(postgres_url: str) -> None:
    there = postgres_url.rpartition("/")[0] + "/nobodys"
    with pytest.raises(BadSettings, match=r'/nobodys cannot be used: database "nobodys" does not exist') as told:
        async with house(settings(there)):
            pass

    assert "@" not in str(told.value)


@pytest.mark.parametrize("kind", ["AlertFired", "Opened"])
async def test_an_unreadable_fact_keeps_nobody_else_from_being_paged(tmp_path: Path, kind: str) -> None:
    file = tmp_path / "j.db"
    await begun(file)
    whole, change = f'"fact":"{kind}"'.encode(), "UPDATE records SET body = CAST(replace(body, ?, ?) AS BLOB) WHERE instr(body, ?)"
    with sqlite3.connect(file) as damaged:
        assert damaged.execute(change, (whole, b'"fact":"?"', whole)).rowcount
    clock = ActedClock(BEGINS + timedelta(minutes=2))
    async with house(settings(f"sqlite:///{file}"), clock) as built, client(built) as http:
        assert (await http.post("/api/v2/alerts", json=[alert("redis")])).is_success
        await settle(built.loop, built.reception, clock)
        newest = (await built.journal.summaries(limit=1))[0]
        timeline = await built.loop.timeline(newest.incident)

        assert newest.service == "redis"
        assert any(isinstance(given.order, Page) for given in timeline.all(Ordered))
        assert (await http.get("/metrics")).is_success
        assert kind == "Opened" or (await http.get("/", headers={"X-Kuaihui-Person": "amao"})).is_success


# -- a journal that stops answering ------------------------------------------------------------------------------------------------------


class Full(Memory):
    """A journal that is full until there is room."""

    def __init__(self) -> None:
        super().__init__()
        self.full, self.refused = True, 0
        self.refused_twice, self.asked = asyncio.Event(), asyncio.Event()

    async def claim(self, worker: str, now: datetime, limit: int = 1000) -> list[Claim]:
        if not self.full:
            return await super().claim(worker, now, limit)
        self.refused += 1
        if self.refused == 3:
            self.refused_twice.set()  # the third one: the loop has told of the second
        raise sqlite3.OperationalError("database or disk is full")

    async def next_due(self) -> datetime | None:
        if not self.full:
            self.asked.set()  # the turn before has come to its end
        return await super().next_due()


async def test_who_asks_is_told_that_nothing_is_settled(caplog: pytest.LogCaptureFixture) -> None:
    journal = Full()
    async with house(settings("memory:")) as built, client(built) as http:
        built.loop.journal = journal
        running = asyncio.create_task(built.loop.run())
        await asyncio.wait_for(journal.refused_twice.wait(), 20)
        now = RealClock().now()

        assert (await http.get("/-/ready")).is_success, "for a moment it may stumble"
        assert await built.loop.lag(now + timedelta(seconds=10)) > 10
        assert b"kuaihui_loop_lag_seconds 0.0\n" not in await Metrics(journal, built.loop).scrape(now + timedelta(seconds=10))

        built.loop._behind_since = now - timedelta(seconds=11)  # instead of waiting for so long
        answer = await http.get("/-/ready")
        assert answer.status_code == 503
        assert "settled" in answer.text
        assert (await http.get("/-/healthy")).is_success

        whole = [record for record in caplog.records if record.exc_info and record.name == "kuaihui.loop"]
        assert len(whole) == 1, "of what is the same again and again the log holds the whole once"
        journal.full = False
        await asyncio.wait_for(journal.asked.wait(), 20)
        assert (await http.get("/-/ready")).is_success
        running.cancel()


async def test_alerts_that_could_not_be_kept_are_counted(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    async def full(*_: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    async with house(settings("memory:"), ActedClock(BEGINS)) as built, client(built) as http:
        monkeypatch.setattr(built.reception, "hear", full)
        with caplog.at_level(logging.CRITICAL):
            answer = await http.post("/api/v2/alerts", json=[alert("redis")])

        assert answer.status_code == 503
        assert 'kuaihui_errors_total{where="doors"} 1.0' in (await http.get("/metrics")).text


# -- the catalog's files -----------------------------------------------------------------------------------------------------------------


async def test_files_that_break_and_are_mended_are_told_of_in_the_log(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    folder = tmp_path / "catalog"
    shutil.copytree(SAMPLE, folder)
    people = folder / "people.yaml"
    sound = people.read_bytes()
    chosen = Settings.model_validate({"journal": {"url": "memory:"}, "catalog": {"folder": folder, "look_every": "1s"}})
    async with house(chosen) as built:
        await start(built)
        people.write_bytes(sound[: len(sound) // 2] + b"\n{")  # half written
        await until_told(caplog, "the catalog has faults")
        assert "people.yaml:" in caplog.text
        assert set(built.catalog.people) > {"axin"}, "the last good one stays"

        (folder / "people.new").write_bytes(sound)
        (folder / "people.new").rename(people)  # as editors write
        await until_told(caplog, "the catalog is whole again")

        folder.rename(tmp_path / "gone")
        await until_told(caplog, "there is no such folder")
        assert "axin" in built.catalog.people
    assert caplog.text.count("the catalog has faults") == 2, "each once, however often it is looked at"


async def until_told(caplog: pytest.LogCaptureFixture, words: str) -> None:
    for _ in range(200):
        if words in caplog.text:
            return
        await asyncio.sleep(0.05)
    raise AssertionError(f"{words!r} was not told: {caplog.text}")
