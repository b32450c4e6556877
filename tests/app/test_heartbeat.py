"""Somebody outside is told that we live, as long as pages would be on time."""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta

import httpx
import pytest

from kuaihui.app.clocks import ActedClock
from kuaihui.app.heartbeat import Heartbeat
from kuaihui.app.settings import Settings
from kuaihui.app.wiring import house, start
from kuaihui.errors import BadSettings
from kuaihui.incident.timeline import Timeline
from kuaihui.intake.opening import declaration
from kuaihui.integrations.builtin import Builtin
from kuaihui.journal.memory import Memory
from kuaihui.listening import Addition
from kuaihui.loop import Loop
from tests.intake.alerts.hand_made import NOON, catalog

URL = "https://outside.example.org/ping/s3cret"


class Outside:
    """Who is told that we live."""

    def __init__(self, status: int = 200) -> None:
        self.status, self.told = status, list[str]()

    def answer(self, request: httpx.Request) -> httpx.Response:
        self.told.append(str(request.url))
        if self.status == 0:
            raise httpx.ConnectError("refused", request=request)
        return httpx.Response(self.status)


def beating(outside: Outside) -> tuple[Heartbeat, ActedClock]:
    clock, known = ActedClock(NOON), catalog()
    loop = Loop(Memory(), lambda: known, [], [Builtin()], clock, "house")
    return Heartbeat(loop, URL, timedelta(seconds=10), httpx.MockTransport(outside.answer)), clock


async def test_a_sign_is_sent() -> None:
    outside = Outside()
    heartbeat, _ = beating(outside)
    assert await heartbeat.beat() == ""
    assert outside.told == [URL]


@pytest.mark.parametrize("status, said", [(0, "no answer (ConnectError)"), (404, "answered 404"), (500, "answered 500")])
async def test_a_sign_that_nobody_heard_is_told_without_the_address(status: int, said: str) -> None:
    heartbeat, _ = beating(Outside(status))
    assert await heartbeat.beat() == said


async def test_no_sign_is_sent_while_an_incident_is_settled_too_late() -> None:
    outside = Outside()
    heartbeat, clock = beating(outside)
    opened = declaration("config-center", "broken", 1, "axin", heartbeat.loop.catalog(), NOON)
    await heartbeat.loop.append([Addition(Timeline("20230311-1103-aaaa"), [opened])])
    clock.pass_by(timedelta(seconds=29))
    assert await heartbeat.beat() == ""
    clock.pass_by(timedelta(seconds=2))
    assert await heartbeat.beat() == "the loop is late"
    assert len(outside.told) == 1

    await heartbeat.loop.turn()
    assert await heartbeat.beat() == ""


async def test_no_sign_is_sent_while_the_journal_cannot_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    outside = Outside()
    heartbeat, _ = beating(outside)

    async def broken() -> None:
        raise OSError("disk gone")

    monkeypatch.setattr(heartbeat.loop.journal, "next_due", broken)
    assert await heartbeat.beat() == "the journal cannot be read (OSError)"
    assert outside.told == []


async def test_trouble_is_said_once_and_counted_each_time(caplog: pytest.LogCaptureFixture) -> None:
    outside = Outside(500)
    heartbeat, _ = beating(outside)
    with caplog.at_level(logging.WARNING):
        for status in (500, 500, 200, 200):
            outside.status = status
            heartbeat._note(await heartbeat.beat())
    assert [record.getMessage() for record in caplog.records] == [
        "no sign of life was sent: answered 500",
        "a sign of life is sent again",
    ]
    assert heartbeat.loop.faults["heartbeat"] == 2
    assert "s3cret" not in caplog.text


async def test_a_house_sends_signs_where_the_settings_name_who_is_told() -> None:
    told = asyncio.Event()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"GET /ping HTTP/1.1")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        writer.close()
        await writer.wait_closed()
        told.set()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/ping"
        settings = Settings.model_validate({"journal": {"url": "memory:"}, "heartbeat": {"url": url, "every": "10s"}})
        async with house(settings) as built:
            await start(built)
            async with asyncio.timeout(20):
                await told.wait()


@pytest.mark.parametrize("url", ["outside.example.org", "ftp://outside", "https://a b"])
def test_what_is_no_address_is_found_at_the_start(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUAIHUI_HEARTBEAT__URL", url)
    with pytest.raises(BadSettings):
        Settings.load(None)
