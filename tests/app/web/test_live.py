"""Streams: what is new comes at once, and who comes back misses nothing."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import httpx
import pytest

from tests.app.web.acted import Acted, acted, served

Events = list[dict[str, str]]


@pytest.fixture
async def live(free_port: int) -> AsyncIterator[Acted]:
    """A house whose pages are served."""
    async with acted(port=free_port) as made, served(made):
        yield made


@asynccontextmanager
async def listening(stage: Acted, path: str, person: str = "dazhuang", **headers: str) -> AsyncIterator[Events]:
    """The events of a stream, as they come."""
    events: Events = []
    named = {"X-Kuaihui-Person": person} | headers
    async with httpx.AsyncClient(base_url=stage.address, headers=named, timeout=30) as http, http.stream("GET", path) as answer:
        assert "text/event-stream" in answer.headers["content-type"]
        task = asyncio.create_task(_gather(answer, events))
        try:
            yield events
        finally:
            task.cancel()
            await asyncio.wait([task])


async def _gather(answer: httpx.Response, events: Events) -> None:
    event: dict[str, str] = {}
    async for line in answer.aiter_lines():
        name, _, value = line.partition(": ")
        if not line and event:
            if "event" in event:
                events.append(event)
            event = {}
        elif name:
            event[name] = event.get(name, "") + value


async def until(met: Callable[[], object], seconds: float = 5) -> None:
    async with asyncio.timeout(seconds):
        while not met():  # noqa: ASYNC110  # what is met changes in the stream, which tells nobody
            await asyncio.sleep(0.01)


async def test_facts_come_as_they_happen_and_who_comes_back_misses_nothing(live: Acted) -> None:
    incident = await live.rings()
    path = f"/api/v1/incidents/{incident}/stream"
    async with listening(live, path) as first:
        await live.does("dazhuang", incident, "Speak", words="一")
        await until(lambda: any("：一" in event["data"] for event in first))
    last = first[-1]["id"]
    await live.does("dazhuang", incident, "Speak", words="二")
    async with listening(live, path, **{"Last-Event-ID": last}) as second:
        await live.does("dazhuang", incident, "Speak", words="三")
        await until(lambda: any("：三" in event["data"] for event in second))
    length = len(await live.timeline(incident))

    assert list(range(length)) == [json.loads(event["data"])["number"] for event in [*first, *second]]


async def test_the_boards_stream_begins_with_what_is_open_and_tells_what_opens(live: Acted) -> None:
    incident = await live.rings()
    async with listening(live, "/api/v1/stream") as events:
        await until(lambda: events)
        assert incident == json.loads(events[0]["data"])["incident"]
        await live.does("amao", incident, "DeclareFalseAlarm")
        await until(lambda: json.loads(events[-1]["data"])["phase"] == "closed")


async def test_a_page_is_sent_only_what_changed_since_it_was_made(live: Acted) -> None:
    incident = await live.rings()
    length = len(await live.timeline(incident))
    async with listening(live, f"/incidents/{incident}/live?after={length}") as events:
        await until(lambda: events)
        assert [event["event"] for event in events] == ["tick"]
        await live.does("axin", incident, "Acknowledge")
        await until(lambda: any("axin" in event["data"] and event["event"] == "people" for event in events))
        events.clear()
        await live.does("axin", incident, "Speak", words="看到了")
        await until(lambda: any(event["event"] == "facts" for event in events))

    named = [event["event"] for event in events]
    assert "topic" in named
    assert "room" not in named


async def test_a_page_made_before_something_happened_is_brought_in_step_at_once(live: Acted) -> None:
    incident = await live.rings()
    length = len(await live.timeline(incident))
    await live.does("dazhuang", incident, "Speak", words="漏掉的那句")
    async with listening(live, f"/incidents/{incident}/live?after={length}") as events:
        await until(lambda: any(event["event"] == "topic" and "漏掉的那句" in event["data"] for event in events))


async def test_what_wants_me_is_sent_to_me_alone(live: Acted) -> None:
    incident = await live.rings()
    path = f"/incidents/{incident}/live?after=0"
    async with listening(live, path, "axin") as axin, listening(live, path, "amao") as amao:
        await until(lambda: any(event["event"] == "facts" for event in [*axin]) and any(event["event"] == "facts" for event in [*amao]))

    assert "正在呼叫你" in next(event["data"] for event in axin if event["event"] == "mine")
    assert not any("正在呼叫你" in event["data"] for event in amao)
