"""Every promise has its page, and no link leads nowhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from kuaihui.app.cli import WORDS
from kuaihui.duties import ROSTER
from kuaihui.duties.due import Duty

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])


@pytest.mark.parametrize("duty", ROSTER, ids=lambda duty: duty.__module__.rpartition(".")[2])
def test_every_duty_has_a_page(duty: Duty) -> None:
    assert (ROOT / "docs" / "duties" / f"{duty.__module__.rpartition('.')[2]}.md").exists()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_no_link_leads_nowhere(page: Path) -> None:
    for link in re.findall(r"\]\(([^)#\s]+)", page.read_text(encoding="utf-8")):
        if "://" not in link:
            assert (page.parent / link).exists(), link


@pytest.mark.parametrize("page", sorted((ROOT / "docs" / "duties").glob("*.md")), ids=lambda page: page.stem)
def test_a_dutys_page_names_files_that_exist(page: Path) -> None:
    for file in re.findall(r"`((?:src|tests)/[\w/.]+)`", page.read_text(encoding="utf-8")):
        assert (ROOT / file).exists(), file


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_command_that_a_page_names_is_there(page: Path) -> None:
    known = {word.replace("_", "-") for words in WORDS.values() for word in words}
    for word in re.findall(r"(?:^|`|&& )kuaihui ([a-z][a-z-]*)", page.read_text(encoding="utf-8"), re.MULTILINE):
        assert word in known, word


@pytest.mark.parametrize("page", ["command_line.md", "command_line.zh-CN.md"])
def test_every_command_is_told_of(page: str) -> None:
    told = set(re.findall(r"`([a-z-]+)`", (ROOT / "docs" / page).read_text(encoding="utf-8")))

    assert {word.replace("_", "-") for words in WORDS.values() for word in words} <= told
