"""The house is told to end: what was begun is finished, as far as that is soon done."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path

import httpx
import pytest

from kuaihui.app import wiring
from kuaihui.app.clocks import RealClock
from kuaihui.app.settings import Settings
from kuaihui.app.settings_sections import CatalogPlace, JournalPlace
from kuaihui.app.wiring import house, open_journal, start
from kuaihui.carrying import Carry, Integration
from kuaihui.incident.fact import Fact
from kuaihui.incident.pages import Answered, Ordered
from kuaihui.incident.timeline import Timeline
from kuaihui.journal.journal import timeline_of
from kuaihui.orders import AnyOrder, Order, Page
from tests.app.web.acted import SAMPLE

ALERT = {"labels": {"alertname": "GatewayDown", "service": "config-center"}, "annotations": {"summary": "down"}}


class Ringing:
    """Rings for so many seconds; `rings` is set when it begins to."""

    name = "phone"
    channels = frozenset({"inbox"})

    def __init__(self, seconds: float) -> None:
        self.seconds, self.rings = seconds, asyncio.Event()
        self.carries: Mapping[type[Order], Carry] = {Page: self.page}

    async def page(self, order: AnyOrder, timeline: Timeline, now: datetime) -> Sequence[Fact]:
        self.rings.set()
        await asyncio.sleep(self.seconds)
        return []


def settings(folder: Path, **more: object) -> Settings:
    return Settings.model_validate({"journal": JournalPlace(url=f"sqlite:///{folder}/j.db"), "catalog": CatalogPlace(folder=SAMPLE)} | more)


async def kept(settings: Settings) -> Timeline:
    """The one incident, as the next house finds it."""
    async with open_journal(settings.journal.url) as journal:
        (one,) = await journal.summaries(limit=10)
        return timeline_of(one.incident, await journal.read(one.incident))


async def ended_while_ringing(chosen: Settings, phone: Ringing) -> Timeline:
    """A house that is told to end while a page is being carried; what it has kept."""
    carriers: list[Integration] = [phone]
    async with house(chosen, RealClock(), carriers) as built:
        await start(built)
        await built.reception.declare("config-center", "down", 1, "amao")
        async with asyncio.timeout(10):
            await phone.rings.wait()
    return await kept(chosen)


async def test_a_page_that_is_being_carried_is_carried_to_its_end(tmp_path: Path) -> None:
    timeline = await ended_while_ringing(settings(tmp_path), Ringing(0.5))
    page = next(given.order.identity for given in timeline.all(Ordered) if isinstance(given.order, Page))

    assert any(answer.identity == page and answer.outcome == "done" for answer in timeline.all(Answered))


async def test_a_carrier_that_hangs_does_not_keep_the_house_from_ending(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(wiring, "END_WITHIN", 0.3)
    async with asyncio.timeout(5):
        timeline = await ended_while_ringing(settings(tmp_path), Ringing(3600))
    page = next(given.order.identity for given in timeline.all(Ordered) if isinstance(given.order, Page))

    assert page not in timeline.answers, "it is left without an answer, and is given again"
    assert "still being carried" in caplog.text


async def test_a_task_that_has_failed_does_not_keep_the_house_from_finishing(tmp_path: Path) -> None:
    async def fails() -> None:
        raise OSError

    chosen, phone = settings(tmp_path), Ringing(0.3)
    async with house(chosen, RealClock(), [phone]) as built:
        await start(built)
        built.tasks.insert(0, asyncio.create_task(fails()))
        await built.reception.declare("config-center", "down", 1, "amao")
        async with asyncio.timeout(10):
            await phone.rings.wait()
    timeline = await kept(chosen)

    assert any(answer.identity.startswith("Page/") for answer in timeline.all(Answered))


async def test_a_look_at_the_catalog_that_fails_is_counted_and_not_the_last_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[datetime] = []

    def fails(now: datetime) -> bool:
        looks.append(now)
        raise OSError("stale file handle")

    chosen = settings(tmp_path, catalog=CatalogPlace.model_validate({"folder": SAMPLE, "look_every": "1s"}))
    async with house(chosen, RealClock()) as built:
        monkeypatch.setattr(built.shelf, "look", fails)
        await start(built)
        await asyncio.sleep(2.5)

        assert len(looks) >= 2
        assert built.loop.faults["catalog"] == len(looks)


# -- as a process of its own -------------------------------------------------------------------------------------------------------------


@asynccontextmanager
async def up(folder: Path, port: int) -> AsyncIterator[Process]:
    """`kuaihui up` on the sample, without a terminal."""
    (folder / "settings.toml").write_text(f'[server]\nport = {port}\n[journal]\nurl = "sqlite:///{folder}/j.db"\n', encoding="utf-8")
    words = [sys.executable, "-c", "from kuaihui.app.cli import main; main()", "up", "--settings", str(folder / "settings.toml")]
    process = await asyncio.create_subprocess_exec(*words, cwd=folder, stdin=PIPE, stdout=PIPE, stderr=PIPE)
    assert process.stdout is not None
    try:
        assert b"is up" in b"".join([await process.stdout.readline() for _ in range(2)])  # the first says that the sample stands in
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def what_it_said(process: Process) -> str:
    assert process.stderr is not None
    return (await process.stderr.read()).decode()


@pytest.mark.timeout(60)
@pytest.mark.parametrize("told", [signal.SIGTERM, signal.SIGINT])
async def test_who_watches_is_let_go_and_all_is_written(tmp_path: Path, free_port: int, told: signal.Signals) -> None:
    async with up(tmp_path, free_port) as process, httpx.AsyncClient(base_url=f"http://127.0.0.1:{free_port}", timeout=30) as http:
        (await http.post("/api/v2/alerts", json=[ALERT])).raise_for_status()
        async with http.stream("GET", "/api/v1/stream", headers={"X-Kuaihui-Person": "amao"}) as watching:
            lines = watching.aiter_lines()
            await anext(lines)
            process.send_signal(told)
            async with asyncio.timeout(20):
                rest = [line async for line in lines]  # to its end: a stream that is cut off raises
                code = await process.wait()

        assert code == 0
        assert rest
        assert await what_it_said(process) == "", "nobody was waited for, and then cut off"


@pytest.mark.timeout(60)
async def test_a_hangup_does_not_end_a_service(tmp_path: Path, free_port: int) -> None:
    async with up(tmp_path, free_port) as process, httpx.AsyncClient(base_url=f"http://127.0.0.1:{free_port}", timeout=30) as http:
        (await http.get("/-/ready")).raise_for_status()
        process.send_signal(signal.SIGHUP)
        await asyncio.sleep(0.2)
        (await http.get("/-/ready")).raise_for_status()
        process.send_signal(signal.SIGTERM)
        said = await what_it_said(process)

        assert await process.wait() == 0
        assert "SIGHUP: nothing to do" in said
        assert said.startswith("20"), "each line begins with its instant"


@pytest.mark.timeout(60)
async def test_the_house_ends_with_its_terminal(tmp_path: Path, free_port: int) -> None:
    ours, its = os.openpty()
    words = [sys.executable, "-c", "from kuaihui.app.cli import main; main()", "up"]
    there = os.environ | {"KUAIHUI_SERVER__PORT": str(free_port), "KUAIHUI_JOURNAL__URL": "memory:"}
    process = await asyncio.create_subprocess_exec(*words, cwd=tmp_path, env=there, stdin=its, stdout=PIPE, stderr=PIPE)
    assert process.stdout is not None
    try:
        assert b"is up" in b"".join([await process.stdout.readline() for _ in range(2)])
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{free_port}", timeout=30) as http:
            (await http.get("/-/ready")).raise_for_status()
        process.send_signal(signal.SIGHUP)
        async with asyncio.timeout(20):
            assert await process.wait() == 0
    finally:
        os.close(ours)
        os.close(its)
        if process.returncode is None:
            process.kill()
            await process.wait()
