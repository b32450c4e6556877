"""The catalog in use follows its files, and survives their breaking."""

import os
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from kuaihui.catalog.shelf import Shelf
from kuaihui.errors import BadCatalog

HERE = Path(__file__).parent
NOW = datetime(2023, 3, 11, 3, tzinfo=UTC)
LATER = NOW + timedelta(seconds=5)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(HERE / "good", tmp_path / "catalog"))


def test_a_change_is_seen_at_the_next_look(folder: Path) -> None:
    shelf = Shelf.open(folder, NOW)
    before = shelf.catalog

    assert not shelf.look(LATER)
    assert shelf.catalog is before
    (folder / "leave.yaml").write_text("- {person: li, first: 2023-03-11, last: 2023-03-12}\n", encoding="utf-8")

    assert shelf.look(LATER)
    assert shelf.catalog.version != before.version
    assert shelf.catalog.leave[0].person == "li"
    assert not shelf.look(LATER)


def test_files_that_break_are_refused_and_the_last_good_catalog_stays(folder: Path) -> None:
    shelf = Shelf.open(folder, NOW)
    before = shelf.catalog
    good = (folder / "people.yaml").read_text(encoding="utf-8")
    (folder / "people.yaml").write_text("li: {name: [\n", encoding="utf-8")

    assert not shelf.look(LATER)
    assert shelf.catalog is before
    assert [fault.rule for fault in shelf.faults] == ["catalog.bracket"]
    (folder / "people.yaml").write_text(good + "zhao: {name: 赵, phone: 5}\n", encoding="utf-8")

    assert shelf.look(LATER)
    assert shelf.faults == ()
    assert "zhao" in shelf.catalog.people


def test_a_folder_that_vanishes_is_refused_and_comes_back(folder: Path) -> None:
    shelf = Shelf.open(folder, NOW)
    folder.rename(folder.with_name("elsewhere"))

    assert not shelf.look(LATER)
    assert [fault.rule for fault in shelf.faults] == ["catalog.no_folder"]
    folder.with_name("elsewhere").rename(folder)
    shelf.look(LATER)
    assert shelf.faults == ()


def test_a_touched_file_is_read_again_and_is_no_other_catalog(folder: Path) -> None:
    shelf = Shelf.open(folder, NOW)
    os.utime(folder / "people.yaml", (1, 1))

    assert not shelf.look(LATER)
    assert shelf.looked == LATER


def test_a_house_does_not_begin_with_a_broken_catalog(folder: Path) -> None:
    (folder / "catalog.yaml").unlink()

    with pytest.raises(BadCatalog, match=r"catalog\.no_catch_all"):
        Shelf.open(folder, NOW)
