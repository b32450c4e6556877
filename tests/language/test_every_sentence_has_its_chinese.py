"""Every sentence that a person can read stands in English in the code and in Chinese in a .po file, with the same values in both."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from string import Formatter

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

SOURCE = Path(__file__).parents[2] / "src/kuaihui"
CHINESE = SOURCE / "language/zh"
METHODS = [("journal/schema/**.py", "ignore"), ("**.py", "python"), ("**.html", "jinja2")]
KEYWORDS = {"text": None, "mark": None, "t": None}
OPTIONS = {"**.html": {"trim_blocks": "true", "lstrip_blocks": "true"}}
HAN = re.compile(r"[\u3400-\u9fff]")
# Right beside a Chinese character; what follows a word of code ("calendar: ") is code.
HALF_WIDTH = re.compile(r"[\u3400-\u9fff][,:;?!()]|[,:;?!()](?=[\u3400-\u9fff])")
FIELD = re.compile(r"\{[^{}]*\}")


@cache
def spoken() -> dict[str, str]:
    """Every message in code and templates, and where it stands first."""
    found: dict[str, str] = {}
    for file, line, message, _, _ in extract_from_dir(SOURCE, method_map=METHODS, options_map=OPTIONS, keywords=KEYWORDS):
        if isinstance(message, str) and re.search(r"[A-Za-z]", FIELD.sub("", message)):
            found.setdefault(message, f"{file}:{line}")
    return found


@cache
def translated() -> dict[str, str]:
    """Every message with its Chinese."""
    found: dict[str, str] = {}
    for file in sorted(CHINESE.glob("*.po")):
        with file.open("rb") as opened:
            found |= {str(entry.id): str(entry.string) for entry in read_po(opened) if entry.id and entry.string}
    return found


def fields(message: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(message) if name is not None}


def missing() -> Iterator[str]:
    return (f"{where}: {message}" for message, where in sorted(spoken().items(), key=lambda one: one[1]) if message not in translated())


def test_every_sentence_has_its_chinese() -> None:
    assert not list(missing())


def test_the_extractor_finds_what_is_in_code_and_in_templates() -> None:
    assert {"closed: {reason}", "Take it on"} <= spoken().keys()


@pytest.mark.parametrize("file", sorted(CHINESE.glob("*.po")), ids=lambda file: file.stem)
def test_the_chinese_fills_in_the_same_values(file: Path) -> None:
    with file.open("rb") as opened:
        entries = [entry for entry in read_po(opened) if entry.id and entry.string]
    differing = [entry.id for entry in entries if not fields(str(entry.string)) <= fields(str(entry.id))]
    lost = [entry.id for entry in entries if fields(str(entry.id)) - fields(str(entry.string))]

    assert differing == []
    assert lost == []


@pytest.mark.parametrize("file", sorted(CHINESE.glob("*.po")), ids=lambda file: file.stem)
def test_the_chinese_is_chinese(file: Path) -> None:
    with file.open("rb") as opened:
        entries = [entry for entry in read_po(opened) if entry.id and entry.string]

    assert [
        entry.id for entry in entries if not HAN.search(str(entry.string)) and re.search("[a-z]{4}", FIELD.sub("", str(entry.string)))
    ] == []


@pytest.mark.parametrize("file", sorted(CHINESE.glob("*.po")), ids=lambda file: file.stem)
def test_marks_in_chinese_sentences_are_full_width(file: Path) -> None:
    with file.open("rb") as opened:
        entries = [str(entry.string) for entry in read_po(opened) if entry.id and entry.string]

    assert [words for words in entries if HALF_WIDTH.search(words)] == []


@pytest.mark.parametrize(
    "words, half", [("停了,再来", True), ("值班({days} 天)", True), ("写上 calendar: 和日历", False), ("见 ?token= 处", False)]
)
def test_a_half_width_mark_beside_a_chinese_character_is_found(words: str, half: bool) -> None:
    assert bool(HALF_WIDTH.search(words)) is half


def test_a_sentence_has_one_chinese() -> None:
    homes: dict[str, list[str]] = {}
    for file in sorted(CHINESE.glob("*.po")):
        with file.open("rb") as opened:
            for entry in read_po(opened):
                homes.setdefault(str(entry.id), []).append(file.name)

    assert {message: files for message, files in homes.items() if message and len(files) > 1} == {}
