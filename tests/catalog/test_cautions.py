"""What is allowed and will be regretted is told, and stops nothing."""

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from kuaihui.catalog.load import load
from kuaihui.language import say

HERE = Path(__file__).parent
NOW = datetime(2023, 3, 11, 3, tzinfo=UTC)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(HERE / "good", tmp_path / "catalog"))


def change(folder: Path, file: str, old: str, new: str) -> None:
    words = (folder / file).read_text(encoding="utf-8")
    assert old in words
    (folder / file).write_text(words.replace(old, new), encoding="utf-8")


def told(folder: Path) -> list[tuple[str, str]]:
    return [(f"{caution.file}:{caution.line}", caution.rule) for caution in load(folder, NOW).cautions]


def test_a_gap_of_the_next_four_weeks_is_told_with_its_hours(folder: Path) -> None:
    change(folder, "rotas.yaml", "starts: 2023-01-02", "starts: 2023-01-02\n      hours: 09:00-18:00")

    assert told(folder) == [("rotas.yaml:1", "catalog.rota_gap")]
    assert "2023-03-11 18:00 until 2023-03-12 09:00 (28 gaps in 28 days)" in say(load(folder, NOW).cautions[0].told, "en")


def test_a_calendar_without_this_year_is_told(folder: Path) -> None:
    change(folder, "rotas.yaml", "starts: 2023-01-02", "starts: 2023-01-02\n      weekdays: [workday, holiday]")
    change(folder, "calendars.yaml", "2023-01-02", "2022-01-02")

    assert told(folder) == [("rotas.yaml:5", "catalog.calendar_ends")]


def test_working_days_without_a_calendar_are_told(folder: Path) -> None:
    change(folder, "rotas.yaml", "  calendar: china\n", "")
    change(folder, "rotas.yaml", "starts: 2023-01-02", "starts: 2023-01-02\n      weekdays: [workday, holiday]")

    assert told(folder) == [("rotas.yaml:4", "catalog.no_calendar")]


def test_a_level_that_pages_nobody_is_told(folder: Path) -> None:
    change(folder, "policies.yaml", "[oncall]", "[testers]")

    assert told(folder) == [("policies.yaml:4", "catalog.level_is_nobody")]


def test_a_level_without_a_phone_number_is_told(folder: Path) -> None:
    change(folder, "policies.yaml", "[oncall]", '["person:chen"]')
    change(folder, "people.yaml", ", phone: 3", "")

    assert told(folder) == [("policies.yaml:4", "catalog.no_phone")]
    assert "没有一个人留了电话" in say(load(folder, NOW).cautions[0].told, "zh")


def test_whoever_has_left_and_still_takes_turns_is_told(folder: Path) -> None:
    change(folder, "people.yaml", "  leader: wang", "  leader: wang\n  joined: no")

    assert told(folder) == [("rotas.yaml:5", "catalog.has_left")]


def test_without_an_instant_the_look_ahead_begins_with_the_newest_layer(folder: Path) -> None:
    change(folder, "rotas.yaml", "starts: 2023-01-02", "starts: 2023-01-02\n      weekdays: [mon]")

    assert [caution.rule for caution in load(folder).cautions] == ["catalog.rota_gap"]
