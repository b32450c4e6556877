"""Sources are set up by name, with their secrets from the environment."""

from __future__ import annotations

from pathlib import Path

import pytest

from kuaihui.app.settings import Settings
from kuaihui.app.sources import sources_of
from kuaihui.app.wiring import RealClock
from kuaihui.carrying import NOBODY
from kuaihui.errors import BadSettings
from kuaihui.journal.memory import Memory
from kuaihui.loop import Loop
from tests.integrations.asking import NOW, changes, logs, metrics, redis

FILE = """
[prometheus.main]
url = "http://127.0.0.1:9090"
[prometheus.shanghai]
url = "http://127.0.0.1:9091"
[logfiles.nginx]
paths = ["/var/log/nginx/*.log"]
form = "plain"
[gitlab.main]
url = "http://127.0.0.1:8000"
[github.main]
token = "t"
[argocd.main]
url = "https://argocd.example.org"
[kubernetes.main]
url = "https://127.0.0.1:6443"
[redis.center]
url = "redis://probe@127.0.0.1:6379"
"""


def loop_of(file: Path, text: str = FILE) -> Loop:
    file.write_text(text)
    journal = Memory()
    built = sources_of(Settings.load(file), journal, RealClock())
    return Loop(journal, lambda: pytest.fail("no catalog is asked"), (), built, RealClock(), "w")


def test_a_look_goes_to_the_source_it_names(tmp_path: Path) -> None:
    carrier = loop_of(tmp_path / "s.toml").carrier
    up = metrics("up", NOW, NOW)

    assert carrier(up).name == "prometheus.main"
    assert carrier(metrics("up", NOW, NOW, source="prometheus")).name == "prometheus.main"
    assert carrier(metrics("up", NOW, NOW, source="prometheus.shanghai")).name == "prometheus.shanghai"
    assert carrier(metrics("up", NOW, NOW, source="prometheus.shang")) is NOBODY
    assert carrier(metrics("up", NOW, NOW, source="gitlab")) is NOBODY
    assert carrier(logs()).name == "logfiles.nginx"
    assert carrier(changes(source="gitlab")).name == "gitlab.main"
    assert [carrier(changes(source=name)).name for name in ("github", "argocd", "kubernetes")] == [
        "github.main",
        "argocd.main",
        "kubernetes.main",
    ]
    assert carrier(changes()).name == "changes"
    assert carrier(redis(name="center")).name == "redis"


def test_secrets_come_from_the_environment_and_are_never_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUAIHUI_GITLAB__MAIN__TOKEN", "glpat-hidden")
    monkeypatch.setenv("KUAIHUI_REDIS__CENTER__PASSWORD", "hidden-too")
    (tmp_path / "s.toml").write_text(FILE)
    settings = Settings.load(tmp_path / "s.toml")

    assert settings.gitlab["main"].token == "glpat-hidden"
    assert settings.gitlab["main"].url == "http://127.0.0.1:8000"
    assert settings.redis["center"].password == "hidden-too"
    assert "hidden" not in repr(settings)


def test_without_settings_only_what_pipelines_tell_is_there(tmp_path: Path) -> None:
    assert [one.name for one in loop_of(tmp_path / "s.toml", "").integrations] == ["changes"]


def test_a_wrong_redis_url_is_refused_without_being_quoted(tmp_path: Path) -> None:
    with pytest.raises(BadSettings, match="redis://host:port") as refused:
        loop_of(tmp_path / "s.toml", '[redis.center]\nurl = "http://:hidden@h"\n')
    assert "hidden" not in str(refused.value)
