"""A fault of the settings names where the bad value came from, and never shows a secret."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as tried
from hypothesis.strategies import booleans, dictionaries, floats, integers, lists, one_of, sampled_from, text

from kuaihui.app.settings import Settings
from kuaihui.app.settings_faults import SECRET, paths_of, strays
from kuaihui.app.settings_places import Path_, lines_of, variable
from kuaihui.errors import BadSettings

KEYS = [path for path in paths_of(Settings) if len(path) > 1]


@pytest.fixture(autouse=True)
def nothing_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KUAIHUI_SETTINGS", raising=False)


def refusal(file: Path | None = None, language: str = "en") -> str:
    with pytest.raises(BadSettings) as refused:
        Settings.load(file)
    assert re.search("[\u4e00-\u9fff]", refused.value.told("zh"))
    assert not re.search("docs/catalog", refused.value.told("en"))
    return refused.value.told("zh" if language == "zh" else "en")


def written(tmp_path: Path, toml: str) -> Path:
    file = tmp_path / "settings.toml"
    file.write_text(toml, encoding="utf-8")
    return file


def section_of(path: Path_) -> str:
    return ".".join(map(str, path[:-1]))


@pytest.mark.parametrize("path", KEYS, ids=lambda path: ".".join(map(str, path)))
def test_a_bad_value_in_the_file_is_named_by_its_line(path: Path_, tmp_path: Path) -> None:
    file = written(tmp_path, f"# a comment\n\n[{section_of(path)}]\n{path[-1]} = [[1]]\n")

    assert f"{file}:4: {'.'.join(map(str, path))}" in refusal(file)


@pytest.mark.parametrize("path", KEYS, ids=lambda path: ".".join(map(str, path)))
def test_an_unknown_key_beside_each_is_named_by_its_variable_where_that_says_it(path: Path_, monkeypatch: pytest.MonkeyPatch) -> None:
    name = variable((*path[:-1], f"{path[-1]}x"))
    monkeypatch.setenv(name, "1")

    told = refusal()
    assert f"{name}: {'.'.join(map(str, path))}x is not a key here: did you mean {path[-1]}?" in told


@pytest.mark.parametrize("path", KEYS, ids=lambda path: ".".join(map(str, path)))
def test_one_underscore_too_few_is_told(path: Path_, monkeypatch: pytest.MonkeyPatch) -> None:
    single = variable(path).replace("__", "_")
    monkeypatch.setenv(single, "1")

    assert f"{single} sets nothing" in refusal()
    assert variable(path) in refusal()


def test_where_file_and_environment_both_say_it_the_environment_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = written(tmp_path, "[server]\nport = 99999\n")
    monkeypatch.setenv("KUAIHUI_SERVER__PORT", "none")

    assert "KUAIHUI_SERVER__PORT: server.port is none" in refusal(file)
    assert "settings.toml" not in refusal(file)


def test_a_secret_in_the_environment_without_its_section_does_not_blame_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = written(tmp_path, 'language = "en"\n')
    monkeypatch.setenv("KUAIHUI_FEISHU__APP_SECRET", "x")

    told = refusal(file)
    assert "settings.toml" not in told
    assert (
        "KUAIHUI_FEISHU__APP_SECRET: feishu.app_id is missing: write it under [feishu] in the file, or set KUAIHUI_FEISHU__APP_ID" in told
    )
    assert "缺少 feishu.app_id" in refusal(file, "zh")


def test_a_secret_that_is_missing_is_asked_for_by_the_variable_that_is_empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = written(tmp_path, '[feishu]\napp_id = "cli_1"\n')
    monkeypatch.setenv("KUAIHUI_FEISHU__APP_SECRET", "")

    assert f"{file}:1: feishu.app_secret is missing, since KUAIHUI_FEISHU__APP_SECRET is empty" in refusal(file)


def test_an_empty_variable_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUAIHUI_FEISHU__APP_SECRET", "")
    monkeypatch.setenv("KUAIHUI_SERVER__PORT", "")

    settings = Settings.load()
    assert (settings.feishu, settings.server.port) == (None, 8466)


@pytest.mark.parametrize(
    "name, value",
    [("KUAIHUI_HOOKS__TOKENS", "hush-hush"), ("KUAIHUI_HOOKS", "{hush"), ("KUAIHUI_FEISHU__BUZZ", "hush"), ("KUAIHUI_GITLAB", "hush")],
)
def test_what_is_no_json_is_told_by_its_variable_and_not_shown(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, value)

    assert f"{name}: a list or a section is written as JSON" in refusal()
    assert "hush" not in refusal()


@pytest.mark.parametrize(
    "name, near",
    [
        ("KUAIHUI_SERVERR__PORT", "KUAIHUI_SERVER__PORT"),
        ("KUAIHUI_FEISU__APP_SECRET", "KUAIHUI_FEISHU__APP_SECRET"),
        ("KUAIHUI_GITLB__MAIN__TOKEN", "KUAIHUI_GITLAB"),
        ("KUAIHUI_LANGUAG", "KUAIHUI_LANGUAGE"),
        ("KUAIHUI_WEATHER__SUNNY", "no section by that name"),
    ],
)
def test_a_variable_that_would_set_nothing_is_refused(name: str, near: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "1")

    assert name in refusal()
    assert near in refusal()


def test_what_kubernetes_and_the_commands_put_there_is_no_fault() -> None:
    linked = {
        "KUAIHUI_SERVER_PORT": "tcp://10.0.0.1:8466",
        "KUAIHUI_SERVICE_HOST": "10.0.0.1",
        "KUAIHUI_PORT_8466_TCP": "tcp://10.0.0.1:8466",
        "KUAIHUI_PERSON": "axin",
        "KUAIHUI_TOKEN": "x",
        "KUAIHUI_SETTINGS": "settings.toml",
    }

    assert not strays(linked, paths_of(Settings), Settings.model_fields)


@pytest.mark.parametrize("path", [path for path in KEYS if path[-1] in SECRET], ids=lambda path: ".".join(map(str, path)))
def test_a_secret_of_the_wrong_shape_is_not_shown(path: Path_, tmp_path: Path) -> None:
    file = written(tmp_path, f"[{section_of(path)}]\n{path[-1]} = 31415926\n")

    assert "31415926" not in refusal(file)


def test_rules_between_keys_name_the_place_and_all_that_is_broken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = written(tmp_path, '[server]\nhost = "0.0.0.0"\n[auth.people]\naxin = "the-token-itself"\n')
    monkeypatch.setenv("KUAIHUI_HEARTBEAT__URL", "example.org")

    told = refusal(file)
    assert f"{file}:2: server.host is 0.0.0.0" in told
    assert f"{file}:4: auth.people.axin is no hash of a token" in told
    assert "KUAIHUI_HEARTBEAT__URL: heartbeat.url is no address" in told
    assert "the-token-itself" not in told


@pytest.mark.parametrize(
    "toml, line, told",
    [
        ('[redis.a]\nurl = "nonsense"', 2, "redis.a.url: a Redis url is redis://host:port"),
        ('[redis.a]\nurl = "redis://host:port"', 2, "redis.a.url: a Redis url is redis://host:port"),
        ('[logfiles.a]\nzone = "Mars"', 2, "logfiles.a.zone is Mars"),
        ('[hooks.generic.a]\nname = "a[["', 1, "hooks.generic.a.name is no JMESPath expression"),
        ('[hooks.generic.a]\nzone = "Mars"', 1, "hooks.generic.a.zone is Mars"),
        ('[journal]\nurl = "mysql://root:hush@db"', 2, "journal.url is no journal's"),
        ('[server]\naddress = "example.org"', 2, "server.address is no address"),
    ],
)
def test_what_the_house_would_refuse_is_told_before_it_is_built(toml: str, line: int, told: str, tmp_path: Path) -> None:
    file = written(tmp_path, toml)

    assert f"{file}:{line}: {told}" in refusal(file)
    assert "hush" not in refusal(file)


def test_lines_are_found_in_any_way_that_toml_is_written() -> None:
    toml = 'a.b = 1\n\n["x y".z]\nlist = [\n  1,\n  # no = 3\n]\nwords = """\n[not.a.table]\n"""\n[[t]]\nin = {deep = {er = 1}}\n'
    lines = lines_of(toml)

    assert [lines[path] for path in [("a", "b"), ("x y", "z"), ("x y", "z", "list"), ("x y", "z", "words"), ("t",)]] == [1, 3, 4, 8, 11]
    assert lines["t", "in", "deep", "er"] == 12
    assert ("not",) not in lines


values = one_of(
    text(max_size=8),
    integers(),
    booleans(),
    floats(allow_nan=False),
    lists(one_of(text(max_size=3), integers()), max_size=2),
    dictionaries(text("abc", min_size=1, max_size=3), one_of(text(max_size=3), integers()), max_size=2),
)


@tried(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=300)
@given(said=dictionaries(sampled_from(KEYS), values, min_size=1, max_size=3))
def test_whatever_is_written_is_taken_or_refused_with_a_place(said: Mapping[Path_, object], monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as environment:
        for path, value in said.items():
            words = value if isinstance(value, str) else json.dumps(value)
            environment.setenv(
                variable(path), "".join(letter for letter in words if letter.isprintable()).encode("utf-8", "replace").decode()
            )
        try:
            Settings.load()
        except BadSettings as refused:
            told = refused.told("en")
            assert "docs/catalog" not in told
            assert all(line.startswith("  - KUAIHUI_") for line in told.splitlines()[1:]), told
