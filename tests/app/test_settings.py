"""Settings are checked whole, and every fault is named by its key in the reader's language."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import cast

import pytest
from pydantic import BaseModel

from kuaihui.app.settings import Settings
from kuaihui.app.settings_places import Path_, lines_of
from kuaihui.errors import BadSettings

BAD = Path(__file__).parent / "bad_settings"
DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize("bad", sorted(BAD.glob("*.toml")), ids=lambda path: path.stem)
def test_a_bad_file_is_refused_by_name(bad: Path) -> None:
    """Each file is wrong in one way; its first line is the key (or word) that the message names."""
    key = bad.read_text().splitlines()[0].removeprefix("# ")
    with pytest.raises(BadSettings) as refused:
        Settings.load(bad)

    assert key in refused.value.told("en")
    assert re.search("[\u4e00-\u9fff]", refused.value.told("zh"))


def test_every_fault_is_told_at_once(tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    file.write_text('language = "fr"\n[server]\nport = 99999\n[hooks]\nlargest_body = 1\n')
    with pytest.raises(BadSettings) as refused:
        Settings.load(file)

    assert all(key in refused.value.told("en") for key in ("language", "server.port", "hooks.largest_body"))


def test_the_environment_stands_above_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "settings.toml"
    file.write_text('[server]\nport = 9000\n[hooks]\nresolve_timeout = "2m"\n')
    monkeypatch.setenv("KUAIHUI_SERVER__PORT", "9001")
    settings = Settings.load(file)

    assert (settings.server.port, settings.hooks.resolve_timeout) == (9001, timedelta(minutes=2))


def test_with_nothing_said_only_this_machine_can_reach_us() -> None:
    assert Settings.load().server.loopback


@pytest.mark.parametrize("page", ["settings.md", "settings.zh-CN.md"])
def test_every_setting_has_its_place_in_the_docs(page: str) -> None:
    written = (DOCS / page).read_text(encoding="utf-8")
    for name, field in Settings.model_fields.items():
        assert f"`{name}`" in written or f"[{name}]" in written, name
        for key in getattr(field.annotation, "model_fields", {}):
            assert f"`{key}`" in written, f"{name}.{key}"


def test_where_commands_find_a_house_is_no_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUAIHUI_SERVER", "http://127.0.0.1:8466")
    monkeypatch.setenv("KUAIHUI_SERVER__PORT", "9000")

    assert Settings.load(None).server.port == 9000


def example(page: str) -> str:
    """The whole file that a page shows."""
    return next(re.finditer(r"^```toml\n(.*?)^```$", (DOCS / page).read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL))[1]


def tables_in(section: BaseModel, *above: str | int) -> Iterator[tuple[Path_, BaseModel]]:
    """The section, and all below it."""
    yield above, section
    for name in type(section).model_fields:
        value = getattr(section, name)
        below = {(name, key): one for key, one in cast("dict[str, object]", value).items()} if isinstance(value, dict) else {(name,): value}
        for steps, one in below.items():
            if isinstance(one, BaseModel):
                yield from tables_in(one, *above, *steps)


@pytest.mark.parametrize("page", ["settings.md", "settings.zh-CN.md"])
def test_the_whole_file_of_the_docs_has_every_key_with_its_default(page: str, tmp_path: Path) -> None:
    """What has no default, or none that TOML can say, has an example in its place."""
    file = tmp_path / "settings.toml"
    file.write_text(example(page), encoding="utf-8")
    written = lines_of(example(page))
    shown_instead = {("feishu", "roster", "base"), *{path for path in written if path[-1] in ("expires_after", "lasts")}}

    for above, section in tables_in(Settings.load(file)):
        for name, field in type(section).model_fields.items():
            path = (*above, name)
            assert path in written or any(one[: len(path)] == path for one in written), path
            value = getattr(section, name)
            if not field.is_required() and path not in shown_instead and not holds_tables(value):
                assert value == field.get_default(), path


def holds_tables(value: object) -> bool:
    """Whether it is a section, or sections by name."""
    values = cast("dict[str, object]", value).values() if isinstance(value, dict) else [value]
    return any(isinstance(one, BaseModel) for one in values)


def test_both_pages_show_the_same_file() -> None:
    english, chinese = (tomllib.loads(example(page)) for page in ("settings.md", "settings.zh-CN.md"))

    assert english == chinese
