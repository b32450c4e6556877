"""A list in a sentence is parted as the reader's language parts one, whenever the sentence was written."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from kuaihui.language import Text, listed, plain, say, text
from kuaihui.language.joining import lined, on_one_line, strung

SOURCE = Path(__file__).parents[2] / "src/kuaihui"
# What is written for a machine, or is somebody else's syntax: SQL, label sets, images of pods, expressions, errors of an emulator.
SYNTAX = {
    "app/drill/stage/expressions.py",
    "emulators/feishu/people.py",
    "integrations/kubernetes/list_changes.py",
    "integrations/postgres/statements.py",
    "integrations/sqlite/beside.py",
    "integrations/sqlite/commit.py",
    "integrations/sqlite/journal.py",
    "intake/why.py",
}


@pytest.mark.parametrize("language, said", [("en", "main, Wang, yes"), ("zh", "main、Wang、是")])
def test_a_list_is_parted_by_the_readers_marks_and_each_of_its_words_is_said(language: str, said: str) -> None:
    assert say(text("{known}", known=("main", "@wang", text("yes"))), language, {"wang": "Wang"}) == said


def test_a_chinese_list_closes_up_with_the_chinese_around_it() -> None:
    assert say(text("{services} 值班", services=("支付", "对账")), "zh") == "支付、对账值班"


def test_a_list_is_kept_as_a_list_and_read_back() -> None:
    kept = text("name a role: {known}", known=("lead", text("yes")))

    assert msgspec.json.decode(msgspec.json.encode(kept), type=Text) == kept


def test_a_list_that_an_earlier_release_kept_as_one_word_is_still_read() -> None:
    kept = msgspec.json.decode(b'{"says":"name a role: {known}","values":{"known":"lead, scribe"}}', type=Text)

    assert say(kept, "en") == "name a role: lead, scribe"


@pytest.mark.parametrize("language, said", [("en", "a, b"), ("zh", "a、b")])
def test_words_for_one_reader_are_parted_alike(language: str, said: str) -> None:
    assert listed(["a", "b"], language) == said


@pytest.mark.parametrize("language, said", [("en", "a; b; c"), ("zh", "a；b；c")])
def test_sentences_are_strung_with_semicolons(language: str, said: str) -> None:
    assert say(strung([plain("a"), plain("b"), plain("c")]), language) == said
    assert say(strung([plain("a")]), language) == "a"


def test_lines_stand_one_under_the_other() -> None:
    assert say(lined([text("yes"), text("no")]), "zh") == "是\n否"


def test_words_of_several_lines_are_said_on_one() -> None:
    assert on_one_line(lined([text("yes"), plain("a\n  b")]), "zh") == "是 a b"


@pytest.mark.parametrize("pair", ["{first}; {then}", "{first}; {second}", "{first}; {others}"])
def test_sentences_that_earlier_releases_strung_are_still_said_in_chinese(pair: str) -> None:
    places = {place: place for place in ("first", "then", "second", "others")}

    assert "；" in say(Text(pair, dict(places)), "zh")


def test_no_sentence_is_given_a_list_that_is_joined_already() -> None:
    assert sorted(set(joined_by_a_comma())) == sorted(SYNTAX)


def joined_by_a_comma() -> Iterator[str]:
    """Files in which a literal ", " joins words."""
    for file in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            match node:
                case ast.Call(func=ast.Attribute(value=ast.Constant(value=", "), attr="join")):
                    yield file.relative_to(SOURCE).as_posix()
