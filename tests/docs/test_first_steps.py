"""What a newcomer copies out of the first steps: files that load, an alert that finds its service, the same in both languages."""

from __future__ import annotations

import json
import re
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from kuaihui.app.settings import Settings
from kuaihui.catalog.catalog import Catalog
from kuaihui.catalog.load import load
from tests.app.web.acted import SAMPLE

DOCS = Path(__file__).parents[2] / "docs"
PAGES = ("first_steps.md", "first_steps.zh-CN.md")
NOW = datetime(2026, 3, 11, tzinfo=UTC)
# A file of a page: its name stands beside the language of its block.
_FILE = re.compile(r"```(?:yaml|toml) (\S+)\n(.*?)```", re.DOTALL)


def files_of(page: str) -> dict[str, str]:
    return dict(_FILE.findall((DOCS / page).read_text(encoding="utf-8")))


def written(page: str, folder: Path) -> Path:
    """The sample catalog without what the page takes away, with its files over it."""
    shutil.copytree(SAMPLE, folder)
    said = re.search(r"^rm -r (.*)$", (DOCS / page).read_text(encoding="utf-8"), re.MULTILINE)
    assert said is not None
    for one in said[1].split():
        place = folder / Path(one).relative_to("catalog")
        shutil.rmtree(place) if place.is_dir() else place.unlink()
    for name, words in files_of(page).items():
        if name.endswith(".yaml"):
            (folder / name).write_text(words, encoding="utf-8")
    return folder


@pytest.fixture(params=PAGES)
def catalog(request: pytest.FixtureRequest, tmp_path: Path) -> Catalog:
    return load(written(request.param, tmp_path / "catalog"), NOW)


def test_the_catalog_pages_somebody_at_each_level(catalog: Catalog) -> None:
    assert set(catalog.people) == {"zhangsan", "lisi", "wangwu"}
    assert catalog.on_call("operations", NOW) in (("zhangsan",), ("lisi",))
    assert catalog.cautions == ()


@pytest.mark.parametrize("page", PAGES)
def test_the_alert_of_the_page_finds_its_service(page: str, tmp_path: Path) -> None:
    rung = re.search(r"curl -d '(.*?)'", (DOCS / page).read_text(encoding="utf-8"))
    assert rung is not None
    labels = json.loads(rung[1])[0]["labels"]

    assert load(written(page, tmp_path / "catalog")).service_for(labels).service.id == "payment"


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("name", ["settings.toml", "remote.toml"])
def test_the_settings_load(page: str, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if name == "settings.toml":
        monkeypatch.setenv("KUAIHUI_FEISHU__APP_SECRET", "secret")
    (tmp_path / name).write_text(files_of(page)[name], encoding="utf-8")
    settings = Settings.load(tmp_path / name)

    assert (settings.feishu is not None) == (name == "settings.toml")


def test_both_languages_write_the_same_files() -> None:
    english, chinese = ({name: _bare(words) for name, words in files_of(page).items()} for page in PAGES)

    assert english == chinese


def _bare(words: str) -> str:
    """A file without its remarks."""
    return re.sub(r" *#.*", "", words)
