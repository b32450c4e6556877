"""An assistant asks a running house, by the protocol's own client."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from mcp import Client, StdioServerParameters

from kuaihui.app.commands.talking import Talk
from kuaihui.app.mcp import MOST_FACTS, server
from kuaihui.incident.repair import ProposalMade
from kuaihui.incident.room import MessagePosted
from kuaihui.language import say
from tests.app.web.acted import Acted, acted, served

LOOKING = {"list_incidents", "show_incident", "read_timeline", "who_is_oncall", "why_alert", "open_tasks", "read_review"}
ACTING = {"acknowledge", "speak", "propose"}


@pytest.fixture
async def stage(free_port: int, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Acted]:
    monkeypatch.setenv("KUAIHUI_LANGUAGE", "en")
    async with acted(port=free_port) as made, served(made):
        monkeypatch.setenv("KUAIHUI_SERVER", made.address)
        yield made


def assistant(*, may_act: bool = False) -> Client:
    """One that asks for Axin."""
    return Client(server(Talk(person="axin"), may_act=may_act))


async def asked(client: Client, tool: str, **given: object) -> Any:
    answer = await client.call_tool(tool, given)
    assert not answer.is_error, answer.content
    assert answer.structured_content is not None
    return answer.structured_content


async def refused(client: Client, tool: str, **given: object) -> str:
    answer = await client.call_tool(tool, given)
    assert answer.is_error
    return " ".join(getattr(one, "text", "") for one in answer.content)


async def test_it_may_only_look_unless_it_was_allowed_more(stage: Acted) -> None:
    async with assistant() as client:
        tools = (await client.list_tools()).tools
    assert {tool.name for tool in tools} == LOOKING
    assert all(tool.annotations is not None and tool.annotations.read_only_hint for tool in tools)
    assert all(tool.description for tool in tools)

    async with assistant(may_act=True) as client:
        tools = (await client.list_tools()).tools
    assert {tool.name for tool in tools if tool.annotations and not tool.annotations.read_only_hint} == ACTING


async def test_it_finds_what_is_broken_and_who_was_paged(stage: Acted) -> None:
    incident = await stage.rings()
    async with assistant() as client:
        (one,) = (await asked(client, "list_incidents"))["incidents"]
        shown = await asked(client, "show_incident", incident=incident)
        closed = await asked(client, "list_incidents", state="closed")
    assert one["incident"] == incident
    assert [page["name"] for page in shown["receipts"] if page["kind"] == "Page"] == ["Axin"]
    assert closed["incidents"] == []


async def test_a_long_timeline_is_read_piece_by_piece(stage: Acted) -> None:
    incident = await stage.rings()
    for number in range(MOST_FACTS):
        (await stage.does("axin", incident, "Speak", words=f"line {number}")).raise_for_status()
    async with assistant() as client:
        first = await asked(client, "read_timeline", incident=incident)
        rest = await asked(client, "read_timeline", incident=incident, after=first["more"])
    assert len(first["facts"]) == MOST_FACTS
    assert rest["more"] is None
    numbers = [fact["number"] for fact in first["facts"] + rest["facts"]]
    assert numbers == list(range(len(await stage.timeline(incident))))


async def test_it_knows_who_is_on_call_and_why_an_alert_did_what_it_did(stage: Acted) -> None:
    (alert,) = (await stage.timeline(await stage.rings())).firing.values()
    async with assistant() as client:
        oncall = await asked(client, "who_is_oncall", service="配置中心", at_instant="2023-03-11T11:00")
        why = await asked(client, "why_alert", alert=alert.key)
        tasks = await asked(client, "open_tasks")
    assert oncall["names"] == ["Axin"]
    assert any("opened an incident" in line for line in why["lines"])
    assert tasks["tasks"] == []


async def test_it_acts_in_its_persons_name(stage: Acted) -> None:
    incident = await stage.rings()
    async with assistant(may_act=True) as client:
        assert "Axin acknowledged" in (await asked(client, "acknowledge", incident=incident))["said"]
        await asked(client, "speak", incident=incident, words="looking at the gateway")
        await asked(client, "propose", incident=incident, what="cache the key", risk="a second of stale reads")
    timeline = await stage.timeline(incident)
    spoken, proposed = timeline.last(MessagePosted), timeline.last(ProposalMade)
    assert spoken is not None
    assert (spoken.by, say(spoken.words, "en")) == ("axin", "looking at the gateway")
    assert proposed is not None
    assert (proposed.by, say(proposed.what, "en"), say(proposed.risk or "", "en")) == ("axin", "cache the key", "a second of stale reads")


@pytest.mark.parametrize(
    "tool, given, says",
    [
        ("show_incident", {"incident": "20230101-0000-aaaa"}, "20230101-0000-aaaa"),
        ("show_incident", {"incident": ""}, "an empty name names nothing"),
        ("who_is_oncall", {"service": "nothing"}, "there is no service nothing"),
        ("why_alert", {"alert": "Never"}, "no alert with the fingerprint or the name Never was heard"),
    ],
)
async def test_what_the_house_refuses_is_told_in_its_words(stage: Acted, tool: str, given: dict[str, object], says: str) -> None:
    async with assistant() as client:
        assert says in await refused(client, tool, **given)


async def test_a_house_that_is_not_there_is_told(free_port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUAIHUI_LANGUAGE", "zh")
    monkeypatch.setenv("KUAIHUI_SERVER", f"http://127.0.0.1:{free_port}")
    async with assistant() as client:
        assert "没有响应" in await refused(client, "list_incidents")


async def test_it_is_started_as_a_command(stage: Acted) -> None:
    incident = await stage.rings()
    command = StdioServerParameters(
        command=str(Path(sys.executable).with_name("kuaihui")),
        args=["mcp", "--as", "axin"],
        env={**os.environ, "KUAIHUI_SERVER": stage.address, "KUAIHUI_LANGUAGE": "en"},
    )
    async with Client(command) as client:
        assert (await asked(client, "list_incidents"))["incidents"][0]["incident"] == incident


def test_without_the_library_one_sentence_says_what_to_install() -> None:
    program = "import sys; sys.modules['mcp'] = None; from kuaihui.app.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", program, "mcp"], capture_output=True, text=True, check=False, env={**os.environ, "KUAIHUI_LANGUAGE": "en"}
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.strip() == "this needs the library mcp: pip install 'kuaihui[mcp]'"
