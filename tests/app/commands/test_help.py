"""The help of every command, and what is said of words typed wrong, in both languages."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from typing import Any, Final, cast

import pytest
from typer.core import TyperGroup
from typer.main import get_command
from typer.testing import CliRunner

from kuaihui.app.cli import WORDS, command_line
from kuaihui.app.commands.help import AROUND, PLAIN, USAGE, WRONG, refusal
from kuaihui.language import translate

HAN: Final = re.compile(r"[\u3400-\u9fff]")
COMMANDS: Final = sorted(word.replace("_", "-") for words in WORDS.values() for word in words)


def helped(language: str, *words: str) -> str:
    answer = CliRunner().invoke(
        command_line(words[0] if words else ""), [*words, "--help"], env={"KUAIHUI_LANGUAGE": language, "COLUMNS": "200"}
    )
    assert answer.exit_code == 0
    return answer.stdout


def told(language: str, *words: str) -> tuple[int, str]:
    answer = CliRunner().invoke(command_line(words[0]), words, env={"KUAIHUI_LANGUAGE": language, "COLUMNS": "200"})
    return answer.exit_code, answer.stderr


def everything() -> dict[str, str | None]:
    """The help of the whole, of each command and of each of their parameters, by where it stands."""
    whole = cast("TyperGroup", get_command(command_line()))
    parts: list[Any] = [whole, *whole.commands.values()]
    context = whole.make_context("kuaihui", ["oncall"])
    said = {one.name: one.help for one in parts}
    return said | {f"{one.name} {parameter.name}": parameter.help for one in parts for parameter in one.get_params(context)}


def test_every_command_and_every_parameter_has_its_help() -> None:
    assert [where for where, words in everything().items() if not words] == []
    assert set(COMMANDS) <= everything().keys()


def test_every_help_has_its_chinese() -> None:
    assert [f"{where}: {words}" for where, words in everything().items() if not HAN.search(translate(words or "", "zh"))] == []


def test_no_help_in_english_holds_a_sentence_of_chinese() -> None:
    assert [words for words in everything().values() if re.search(r"[\u3400-\u9fff。，：]{4}", words or "")] == []


@pytest.mark.parametrize("rich", [True, False], ids=["rich", "plain"])
@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_a_help_is_in_one_language(command: str, rich: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("typer.core.HAS_RICH", rich)
    words = [command] if command else []
    zh, en = helped("zh", *words), helped("en", *words)

    assert ("用法：kuaihui" in zh, "Usage: kuaihui" in en) == (True, True)
    assert ("显示本帮助并退出。" in zh, "Show this message and exit." in en) == (True, True)
    for english in ("Usage", "Options", "Arguments", "Commands", "required", "default:", "env var"):
        assert english not in zh
    for chinese in ("用法", "选项", "参数", "必填", "默认"):
        assert chinese not in en


@pytest.mark.parametrize("rich", [True, False], ids=["rich", "plain"])
@pytest.mark.parametrize(
    "words, zh, en",
    [
        (("gate",), "缺少参数 'incident'。", "Missing argument 'incident'."),
        (("gate", "I-1"), "缺少参数 'verdict'。可选：", "Missing argument 'verdict'. Choose from:"),
        (("gate", "I-1", "lost"), "'verdict' 的值不对：'lost' 不在可选值之内，可选：'passed'", "'lost' is not one of 'passed'"),
        (("oncal",), "没有命令 'oncal'。是不是想输入 'oncall'？", "No such command 'oncal'. Did you mean 'oncall'?"),
        (("qqq",), "没有命令 'qqq'。", "No such command 'qqq'."),
        (("demo", "--fost"), "没有选项 --fost（相近的有：--fast", "No such option: --fost (Possible options: --fast"),
        (("demo", "--fast=1"), "选项 '--fast' 后面不能写值。", "Option '--fast' does not take a value."),
        (("demo", "--port"), "选项 '--port' 后面要写一个值。", "Option '--port' requires an argument."),
        (("demo", "--port", "x"), "'--port' 的值不对：应为整数", "Input should be a valid integer"),
        (("demo", "--port", "99999"), "'--port' 的值不对：不能大于 65535", "Input should be less than or equal to 65535"),
        (("drill", "--speed", "x"), "'--speed' 的值不对：应为数字", "Input should be a valid number"),
        (("drill", "--speed", "0"), "'--speed' 的值不对：不能小于 1", "Input should be greater than or equal to 1"),
        (("demo", "now"), "多了参数：now", "Got unexpected extra argument(s) (now)"),
        (("--", "--"), "没有命令 '--'。", "No such command '--'."),
    ],
)
def test_words_typed_wrong_are_refused_in_the_readers_language(
    words: tuple[str, ...], zh: str, en: str, rich: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("typer.core.HAS_RICH", rich)
    chinese, english = told("zh", *words), told("en", *words)

    assert (chinese[0], english[0]) == (2, 2)
    assert zh in chinese[1]
    assert not re.search("Usage|Error|Try", chinese[1])
    assert en in english[1]
    assert not HAN.search(english[1])


@pytest.mark.parametrize("message", [*WRONG, *AROUND.values(), *PLAIN, USAGE])
def test_all_that_typer_says_has_its_chinese(message: str) -> None:
    assert HAN.search(translate(message, "zh"))


def test_a_refusal_that_is_not_known_stays_as_it_is() -> None:
    assert refusal("The moon is full.", "zh") is None
    assert refusal("Invalid value for '--at': The moon is full.", "zh") == "'--at' 的值不对：The moon is full."


def test_a_command_that_runs_does_not_wait_for_its_help() -> None:
    runs = "import sys, kuaihui.app.cli as cli; cli.command_line('oncall')(['oncall'], standalone_mode=False)"
    asked = f"{runs}; from kuaihui import language; print('typer.rich_utils' in sys.modules, language._catalog.cache_info().currsize)"

    answer = subprocess.run(
        [sys.executable, "-c", asked], capture_output=True, text=True, check=True, env=os.environ | {"KUAIHUI_LANGUAGE": "en"}
    )

    assert answer.stdout.splitlines()[-1] == "False 0"
