"""What can be typed wrong: one text that names place and remedy, exit code 1 (2 for the shape of a command), never a traceback."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from socket import create_server
from threading import Thread

import pytest
from typer.testing import CliRunner, Result

from kuaihui.app.cli import command_line
from tests.app.web.acted import SAMPLE, Acted, acted, served


def typed(*words: str) -> Result:
    """What the command answers; whatever is raised by it, but for its end, is raised here."""
    return CliRunner().invoke(command_line(words[0]), words, catch_exceptions=False)


@pytest.fixture(autouse=True)
def terminal(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An English terminal in an empty folder, where no house answers."""
    for name in ("KUAIHUI_PERSON", "KUAIHUI_TOKEN", "KUAIHUI_SETTINGS", "LC_ALL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("KUAIHUI_LANGUAGE", "en")
    monkeypatch.setenv("KUAIHUI_SERVER", "http://127.0.0.1:9")
    monkeypatch.chdir(tmp_path)


@pytest.fixture
async def stage(free_port: int, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Acted]:
    async with acted(port=free_port) as made, served(made):
        monkeypatch.setenv("KUAIHUI_SERVER", made.address)
        yield made


@pytest.mark.parametrize("server", ["http://127.0.0.1:9", "http://127.0.0.1:port", "http://[bad", "nonsense", "ftp://x"])
def test_where_no_house_answers_the_address_is_told(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUAIHUI_SERVER", server)
    told = typed("incidents")

    assert told.exit_code == 1
    assert f"no house answers at {server}" in told.stderr
    assert "KUAIHUI_SERVER" in told.stderr


class Stranger(BaseHTTPRequestHandler):
    """Some other server."""

    def do_GET(self) -> None:
        self.send_response(200 if self.path.startswith("/api/v1/incidents?") else 404)
        self.end_headers()
        self.wfile.write(b"<html>")

    def log_message(self, format: str, *args: object) -> None:
        del format, args


def test_another_server_is_told_from_a_house(monkeypatch: pytest.MonkeyPatch) -> None:
    with HTTPServer(("127.0.0.1", 0), Stranger) as server:
        monkeypatch.setenv("KUAIHUI_SERVER", f"http://127.0.0.1:{server.server_port}")
        answering = Thread(target=server.serve_forever)
        answering.start()
        try:
            told = [typed("incidents"), typed("why", "abc")]
        finally:
            server.shutdown()
            answering.join()

    assert [one.exit_code for one in told] == [1, 1]
    assert all("is not Kuaihui" in one.stderr for one in told)


@pytest.mark.parametrize(
    "words, says",
    [
        (("check", "--catalog", "nowhere"), "there is no such folder"),
        (("check", "--settings", "nowhere.toml"), "there is no settings file nowhere.toml"),
        (("check", "--settings", "broken.toml"), "broken.toml is not TOML"),
        (("oncall", "--catalog", str(SAMPLE), "--at", "yesterday"), "write it like 2023-03-11T11:00"),
        (("oncall", "--catalog", str(SAMPLE), "--at", "0001-01-01T00:00"), "lies outside any calendar"),
        (("oncall", "--catalog", str(SAMPLE), "--at", "9999-12-31T23:59"), "lies outside any calendar"),
        (("oncall", "--catalog", str(SAMPLE), "nosuch"), "there are: config-center, gateway, redis, unowned, operations"),
        (("verify",), "there is no journal var/kuaihui.db"),
        (("verify", "--file", "nowhere.json"), "nowhere.json: No such file or directory"),
        (("verify", "--file", "."), ".: Is a directory"),
        (("verify", "--file", "broken.toml"), "this is not an exported incident"),
        (("show", ""), "an empty name names nothing"),
        (("check", "--settings", "latin.toml"), "not written in UTF-8"),
        (("check", "--settings", "broken.toml"), "line 1, column 8"),
        (("doctor",), "docs/integrations/feishu_app.md"),
        (("token", "李 伟"), "people.yaml"),
        (("token", ""), "an empty name names nothing"),
        (("drill", "bad-deploy", "--all"), "not both"),
        (("drill", "bad-deploy", "--virtual", "--drills", "nowhere"), "there is no folder nowhere"),
        (("drill", "bad-deploy", "--virtual", "--reports", "broken.toml"), "broken.toml: File exists"),
        (("sample", "."), ". is not empty"),
    ],
    ids=lambda one: " ".join(Path(word).name for word in one) if isinstance(one, tuple) else "",
)
def test_what_is_typed_wrong_is_told(words: tuple[str, ...], says: str) -> None:
    Path("broken.toml").write_text("[server\nport = 1\n")
    Path("latin.toml").write_bytes("# 设置".encode("gbk"))
    told = typed(*words)

    assert (told.exit_code, told.stdout) == (1, "")
    assert says in told.stderr


def test_a_journal_that_is_none_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("junk.db").write_bytes(b"junk" * 2000)
    monkeypatch.setenv("KUAIHUI_JOURNAL__URL", "sqlite:///junk.db")
    told = typed("verify")

    assert told.exit_code == 1
    assert "junk.db is no journal" in told.stderr


async def test_a_deed_of_no_kind_is_told_with_those_there_are(stage: Acted) -> None:
    incident = await stage.rings()
    none = await asyncio.to_thread(typed, "do", incident, "MakeCoffee", "--as", "amao")
    without = await asyncio.to_thread(typed, "do", incident, "SetSeverity", "--as", "amao")

    assert (none.exit_code, without.exit_code) == (1, 1)
    assert "is none of the possible values: " in none.stderr
    assert "'JoinMeeting'" in none.stderr
    assert without.stderr.strip() == "severity: is missing"


async def test_who_says_not_who_they_are_is_told_how(stage: Acted) -> None:
    incident = await stage.rings()
    nobody = await asyncio.to_thread(typed, "ack", incident)
    stranger = await asyncio.to_thread(typed, "ack", incident, "--as", "nobody")

    assert "--as PERSON or KUAIHUI_PERSON" in nobody.stderr
    assert "nobody is not in the catalog's people" in stranger.stderr


async def test_what_is_named_with_odd_signs_is_looked_for_as_it_is(stage: Acted) -> None:
    await stage.rings()
    told = [await asyncio.to_thread(typed, "show", name) for name in ("../catalog", "a?b", "a b")]

    assert [one.exit_code for one in told] == [1, 1, 1]
    assert told[2].stderr.strip() == "there is no incident a b: the board and `kuaihui incidents` list all"


async def test_a_file_that_cannot_be_written_is_told(stage: Acted) -> None:
    incident = await stage.rings()
    told = await asyncio.to_thread(typed, "export", incident, "--to", "nowhere/export.json")
    unread = await asyncio.to_thread(typed, "say", incident, "看", "--as", "amao", "--picture", "nowhere.png")

    assert told.stderr.strip() == "nowhere/export.json: No such file or directory"
    assert unread.stderr.strip() == "nowhere.png: No such file or directory"


async def test_a_deed_that_changes_nothing_says_so(stage: Acted) -> None:
    incident = await stage.rings()
    first = await asyncio.to_thread(typed, "ack", incident, "--as", "amao")
    again = await asyncio.to_thread(typed, "ack", incident, "--as", "amao")

    assert first.stderr == ""
    assert (again.exit_code, again.stdout, again.stderr.strip()) == (0, "", "nothing has changed: it was so already")


async def test_words_that_are_missing_are_asked_for(stage: Acted) -> None:
    told = await asyncio.to_thread(typed, "declare", "redis", "", "--as", "amao")

    assert (told.exit_code, told.stderr.strip()) == (1, "title: must not be empty")


async def test_a_duty_that_is_none_is_told(stage: Acted) -> None:
    incident = await stage.rings()
    told = [await asyncio.to_thread(typed, "replay", incident, "--with", module) for module in ("no_such_duty", "json")]

    assert [one.exit_code for one in told] == [1, 1]
    assert "there is no module no_such_duty" in told[0].stderr
    assert "it has no function `due`" in told[1].stderr


async def test_a_file_that_is_none_of_a_catalogs_changes_nothing_in_silence(stage: Acted) -> None:
    incident = await stage.rings()
    Path("policies.yml").write_text("business: {repeat: 9}")
    told = await asyncio.to_thread(typed, "replay", incident, "--catalog", "policies.yml")

    assert told.exit_code == 1
    assert "policies.yml is no file of a catalog" in told.stderr


@pytest.mark.parametrize("asks", ["--port", "--feishu-port"])
def test_a_port_that_is_taken_is_told_with_what_sets_it(asks: str) -> None:
    with create_server(("127.0.0.1", 0)) as taken, create_server(("127.0.0.1", 0)) as other:
        free = str(other.getsockname()[1])
        other.close()
        ports = {"--port": free, "--feishu-port": free} | {asks: str(taken.getsockname()[1])}
        told = typed("try-feishu", *(word for pair in ports.items() for word in pair))

    assert told.exit_code == 1
    assert f"(Address already in use): choose another {asks}" in told.stderr


@pytest.mark.parametrize(
    "words, says",
    [
        (("verify", "--file", "nowhere.json"), "nowhere.json：没有这个文件或目录"),
        (("verify", "--file", "."), ".：这是目录，不是文件"),
        (("incidents",), "连接被拒绝"),
        (("check", "--catalog", "nowhere"), "名录有 1 处错误："),
    ],
)
def test_what_the_system_says_is_said_in_the_readers_language(words: tuple[str, ...], says: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUAIHUI_LANGUAGE", "zh")

    assert says in typed(*words).stderr
