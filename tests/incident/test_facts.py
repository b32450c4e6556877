"""Facts are for ever: each kind is read back as it was written, and says itself in both languages."""

from __future__ import annotations

import json
from pathlib import Path
from typing import get_args

import pytest

from kuaihui.incident.fact import Fact
from kuaihui.incident.facts import AnyFact, decode, encode
from kuaihui.language import say
from tests.incident.every_fact import FACTS

GOLDEN = Path(__file__).parent / "golden"
NAMES = {"axin": "阿新", "dazhuang": "大壮", "amao": "阿茂"}


def test_there_is_one_of_each_kind() -> None:
    assert {type(fact) for fact in FACTS} == set(get_args(AnyFact))


@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: type(fact).__name__)
def test_a_fact_is_read_back_as_it_was_written(fact: Fact) -> None:
    assert decode(encode(fact)) == fact


@pytest.mark.parametrize("file", sorted(GOLDEN.glob("*.jsonl")), ids=lambda file: file.stem)
def test_the_journal_of_each_release_is_still_read(file: Path) -> None:
    """A line that can no longer be read, or reads as another kind, breaks every journal written by that release."""
    for line in file.read_bytes().splitlines():
        fact = decode(line)
        assert f'"fact":"{type(fact).__name__}"'.encode() in line
        assert set(_fields(line)) <= set(_fields(encode(fact))), "a field that was kept is gone"


def test_the_present_release_has_its_golden_journal() -> None:
    """When a kind or field was added: `python -m tests.incident.write_golden`, and never touch an older file."""
    written = (GOLDEN / "0.1.jsonl").read_bytes().splitlines()
    assert written == [encode(fact) for fact in FACTS]


@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: type(fact).__name__)
def test_a_fact_says_itself_in_one_line_in_both_languages(fact: Fact) -> None:
    chinese, english = say(fact.said, "zh", NAMES), say(fact.said, "en", NAMES)
    for said in (chinese, english):
        assert said.strip()
        assert "\n" not in said
        assert "{" not in said
        assert "@" not in said.replace("@阿新", "")
    assert chinese != english


def _fields(line: bytes) -> dict[str, object]:
    return json.loads(line)
