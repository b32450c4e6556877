"""The commands as people use them, beside a running house."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from importlib.metadata import version
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from kuaihui.app.cli import command_line
from kuaihui.app.settings import Settings
from kuaihui.app.settings_sections import CatalogPlace, JournalPlace
from kuaihui.app.wiring import house
from kuaihui.incident.roles import RoleGiven
from tests.app.web.acted import SAMPLE, Acted, acted, served


def typed(*words: str) -> Result:
    """What the command answers."""
    return CliRunner().invoke(command_line(words[0]), words, catch_exceptions=False)


@pytest.fixture
async def stage(free_port: int, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Acted]:
    monkeypatch.setenv("KUAIHUI_LANGUAGE", "en")
    monkeypatch.delenv("KUAIHUI_PERSON", raising=False)
    async with acted(port=free_port) as made, served(made):
        monkeypatch.setenv("KUAIHUI_SERVER", made.address)
        yield made


async def test_people_are_known_by_their_names_in_any_letters(stage: Acted) -> None:
    incident = await stage.rings()
    told = await asyncio.to_thread(typed, "ack", incident, "--as", "大壮")

    assert (told.exit_code, told.stderr) == (0, "")
    assert "Dazhuang acknowledged" in told.stdout

    role = await asyncio.to_thread(typed, "role", incident, "应急负责人", "小美", "--as", "amao")
    given = (await stage.timeline(incident)).last(RoleGiven)

    assert role.exit_code == 0
    assert given is not None
    assert (given.role, given.person) == ("incident-lead", "xiaomei")


async def test_an_inbox_is_told_in_the_readers_language(stage: Acted, monkeypatch: pytest.MonkeyPatch) -> None:
    incident = await stage.rings()
    monkeypatch.setenv("KUAIHUI_LANGUAGE", "zh")
    told = await asyncio.to_thread(typed, "inbox", "--as", "axin")

    assert told.stdout.startswith(incident)
    assert "[已送达]  呼叫你处理：" in told.stdout


async def test_a_service_is_known_by_its_name(stage: Acted) -> None:
    told = await asyncio.to_thread(typed, "declare", "配置中心", "手动开的", "--as", "amao")
    oncall = await asyncio.to_thread(typed, "oncall", "配置中心", "--catalog", str(SAMPLE), "--at", "2023-03-11T11:00")

    assert (await stage.house.journal.summaries())[0].incident == told.stdout.strip()
    assert oncall.stdout == "config-center on-call: Axin\n"


async def test_show_leaves_out_how_the_house_went_about_it_unless_asked(stage: Acted) -> None:
    incident = await stage.rings()
    short = (await asyncio.to_thread(typed, "show", incident)).stdout
    whole = (await asyncio.to_thread(typed, "show", incident, "--all")).stdout

    assert "alert firing: " in short
    assert "ordered: " not in short
    assert "ordered: page Axin" in whole
    assert [line for line in whole.splitlines() if line != line.rstrip()] == []


async def test_show_tells_whom_it_paged_and_how_far_that_got(stage: Acted) -> None:
    incident = await stage.rings()
    assert "  paged Axin: delivered" in (await asyncio.to_thread(typed, "show", incident)).stdout.splitlines()

    await asyncio.to_thread(typed, "inbox", "--as", "axin")
    assert "  paged Axin: read" in (await asyncio.to_thread(typed, "show", incident)).stdout.splitlines()
    await asyncio.to_thread(typed, "ack", incident, "--as", "axin")
    assert "  paged Axin: acknowledged" in (await asyncio.to_thread(typed, "show", incident)).stdout.splitlines()


@pytest.mark.parametrize("word, says", [("incidents", "no incident is open"), ("tasks", "no task is open")])
async def test_nothing_is_said_to_be_nothing(stage: Acted, word: str, says: str) -> None:
    told = await asyncio.to_thread(typed, word)

    assert (told.exit_code, told.stdout, told.stderr.strip()) == (0, "", says)


async def test_tasks_of_somebody_unknown_are_refused(stage: Acted) -> None:
    assert (await asyncio.to_thread(typed, "tasks", "nobody")).exit_code == 1
    assert (await asyncio.to_thread(typed, "tasks", "阿茂")).exit_code == 0


async def test_a_journal_is_verified_beside_the_house_that_has_it_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUAIHUI_LANGUAGE", "en")
    url = f"sqlite:///{tmp_path / 'journal.db'}"
    monkeypatch.setenv("KUAIHUI_JOURNAL__URL", url)
    async with house(Settings(catalog=CatalogPlace(folder=SAMPLE), journal=JournalPlace(url=url))) as built:
        empty = await asyncio.to_thread(typed, "verify")
        incident = await built.reception.declare("config-center", "手动", None, "amao")
        told = await asyncio.to_thread(typed, "verify", incident)
        whole = await asyncio.to_thread(typed, "verify")
        unknown = await asyncio.to_thread(typed, "verify", "nosuch")

    assert (empty.exit_code, empty.stderr.strip()) == (1, "the journal holds no incident")
    assert [(one.exit_code, one.stdout.strip()) for one in (told, whole)] == [(0, "every fact is as it was written")] * 2
    assert (unknown.exit_code, unknown.stderr.strip()) == (1, "nosuch: there is no such incident")


def test_a_catalog_begins_as_the_sample(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUAIHUI_LANGUAGE", "en")
    monkeypatch.setenv("KUAIHUI_SERVER", "http://127.0.0.1:9")
    monkeypatch.chdir(tmp_path)
    before = typed("oncall", "--at", "2023-03-11T11:00")
    written = typed("sample", "catalog")
    checked = typed("check")

    assert (before.exit_code, before.stdout) == (0, "config-center on-call: Axin\noperations on-call: Ayi\n")
    assert "this is the sample catalog" in before.stderr
    assert written.exit_code == 0
    assert (checked.exit_code, checked.stderr) == (0, "")
    assert "the catalog is whole" in checked.stdout


@pytest.mark.parametrize(
    "language, says", [("en", "token, customer; switched off: email, phone"), ("zh", "token、customer；已关闭：email、phone")]
)
def test_check_says_what_is_scrubbed_and_what_is_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, language: str, says: str) -> None:
    file = tmp_path / "settings.toml"
    file.write_text("[scrubbing]\noff = ['phone', 'email']\n[scrubbing.more]\ncustomer = 'KH\\d{8}'\n")
    monkeypatch.setenv("KUAIHUI_LANGUAGE", language)

    assert says in typed("check", "--settings", str(file)).output


def test_a_token_is_printed_with_what_the_settings_keep() -> None:
    told = typed("token", "wei.li")
    token, section, line = told.stdout.splitlines()

    assert section == "[auth.people]"
    assert line.startswith('"wei.li" = "sha256:')
    assert len(token) > 20


async def test_what_became_of_an_alert_is_told_by_its_name(stage: Acted) -> None:
    await stage.rings()
    by_name = await asyncio.to_thread(typed, "why", "Gateway5xxRatioHigh")
    nothing = await asyncio.to_thread(typed, "why", "NoSuchAlert")
    async with stage.client() as http:
        await http.post("/api/v2/alerts", json=[{"labels": {"alertname": "Gateway5xxRatioHigh", "service": "redis"}}])
    several = await asyncio.to_thread(typed, "why", "Gateway5xxRatioHigh")

    assert 'alertname="Gateway5xxRatioHigh"' in by_name.stdout
    assert (nothing.exit_code, several.exit_code) == (1, 1)
    assert 'service="redis"' in several.stderr


@pytest.mark.parametrize(
    "language, told", [("zh", ["配置中心值班：阿新", "运维值班：阿义"]), ("en", ["config-center on-call: Axin", "operations on-call: Ayi"])]
)
def test_who_is_on_call_is_told_with_the_readers_marks(language: str, told: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUAIHUI_LANGUAGE", language)

    assert typed("oncall", "--catalog", str(SAMPLE), "--at", "2023-03-11T11:00").stdout.splitlines() == told


def test_it_tells_its_version() -> None:
    told = typed("--version")

    assert (told.exit_code, told.stdout) == (0, f"kuaihui {version('kuaihui')}\n")
