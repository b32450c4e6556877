"""Settings are checked whole, and every fault is named by its key in the reader's language."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest

from kuaihui.app.settings import Settings
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
