"""A stage's parts are set up as sources of evidence, and a catalog that names them is a whole one."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import pytest

from kuaihui.app.drill.sources import SOURCES, stage_catalog, stage_hooks, stage_settings
from kuaihui.app.drill.stage.expressions import ERROR_RATIO, KNOWN
from kuaihui.app.drill.stage.standing import Addresses
from kuaihui.app.settings_sections import Server
from kuaihui.app.sources import sources_of
from kuaihui.app.wiring import RealClock
from kuaihui.carrying import NOBODY
from kuaihui.catalog.load import load
from kuaihui.duties.questions import Asking
from kuaihui.errors import Refused
from kuaihui.journal.memory import Memory
from kuaihui.loop import Loop

SAMPLE = Path(str(files("kuaihui.samples") / "config_center"))
AT = RealClock().now()


def addresses(folder: Path) -> Addresses:
    http, redis = "http://127.0.0.1:1", "redis://127.0.0.1:2/0"
    return Addresses(
        gateway=http,
        service=http,
        preproduction=http,
        metrics=http,
        redis=redis,
        prometheus=http,
        alertmanager="",
        logs=folder / "logs",
        targets=folder / "targets.json",
    )


def test_only_the_stages_service_is_looked_at_elsewhere(tmp_path: Path) -> None:
    sample, staged = load(SAMPLE), load(stage_catalog(SAMPLE, tmp_path / "catalog"))
    own = staged.services["config-center"]

    assert {name: one for name, one in staged.services.items() if name != own.id} == {
        name: one for name, one in sample.services.items() if name != own.id
    }
    assert {kind: dict(place) for kind, place in SOURCES.items()}.items() <= own.sources.model_dump().items()
    assert own.signal is not None
    assert own.signal.expression == str(ERROR_RATIO) == str(KNOWN["error_ratio"])
    assert own.hotfix.canary.expression == str(KNOWN["error_ratio_by_environment"]), "a canary is held against everybody's pods"
    assert own.hotfix.stages == sample.services["config-center"].hotfix.stages
    assert (own.owner, own.policy, own.signal.steps) == ("xiaomei", "business", sample.services["config-center"].signal.steps)  # type: ignore[union-attr]


def test_every_question_of_the_first_look_has_its_carrier(tmp_path: Path) -> None:
    catalog = stage_catalog(SAMPLE, tmp_path / "catalog")
    settings = stage_settings(addresses(tmp_path), catalog, Server(port=8466))
    journal = Memory()
    loop = Loop(journal, lambda: load(catalog), (), sources_of(settings, journal, RealClock()), RealClock(), "w")
    asked = Asking(load(catalog).services["config-center"], 0, "first_look", AT, AT)

    assert [loop.carrier(look).name for look in asked.everything()] == ["prometheus.stage", "logfiles.stage", "redis", "changes"]
    assert NOBODY not in [loop.carrier(look) for look in asked.everything()]


def test_the_stage_posts_to_the_houses_doors_with_their_tokens() -> None:
    hooks = stage_hooks(Server(host="127.0.0.1", port=9000), {"prometheus": "a", "changes": "c"})

    assert hooks.alerts is not None
    assert hooks.changes is not None
    assert (hooks.alerts.url, hooks.alerts.token) == ("http://127.0.0.1:9000/api/v2/alerts", "a")
    assert (hooks.changes.url, hooks.changes.token) == ("http://127.0.0.1:9000/hooks/changes", "c")


def test_a_catalog_without_the_service_is_refused(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "services.yaml").write_text("payments:\n  name: payments\n  owner: li\n")

    with pytest.raises(Refused, match="no service config-center"):
        stage_catalog(tmp_path / "other", tmp_path / "catalog")
