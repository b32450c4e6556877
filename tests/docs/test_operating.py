"""What an operator copies out of the page: rules that Prometheus takes, on metrics that there are, the same in both languages."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from kuaihui.app.clocks import ActedClock
from kuaihui.app.metrics import Metrics
from kuaihui.app.settings import Settings
from kuaihui.app.settings_sections import JournalPlace
from kuaihui.app.wiring import house
from tests.app.web.acted import BEGINS

DOCS = Path(__file__).parents[2] / "docs"
PAGES = ("operating.md", "operating.zh-CN.md")
_RULES = re.compile(r"```yaml kuaihui_rules.yaml\n(.*?)```", re.DOTALL)
_NAMES = re.compile(r"\b(?:kuaihui|process)_[a-z_]+\b(?=[\[{)])")


def page(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


def rules(name: str) -> str:
    found = _RULES.search(page(name))
    assert found is not None
    return found[1]


@pytest.mark.parametrize("name", PAGES)
async def test_every_metric_that_is_named_is_there(name: str) -> None:
    async with house(Settings(journal=JournalPlace(url="memory:")), ActedClock(BEGINS)) as built:
        metrics = Metrics(built.journal, built.loop)
        told = (await metrics.scrape(BEGINS)).decode() + metrics.taken().decode()
    families = [family.name for family in text_string_to_metric_families(told)]
    named = set(_NAMES.findall(page(name)))

    assert len(named) >= 6
    for one in named:
        assert any(one in (family, f"{family}_total", f"{family}_bucket") for family in families), one


def test_both_languages_have_the_same_rules() -> None:
    def bare(name: str) -> list[dict[str, str]]:
        return [{key: rule[key] for key in rule if key != "annotations"} for rule in yaml.safe_load(rules(name))["groups"][0]["rules"]]

    assert bare(PAGES[0]) == bare(PAGES[1])


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is not installed")
@pytest.mark.parametrize("name", PAGES)
def test_prometheus_takes_the_rules(name: str, tmp_path: Path) -> None:
    (tmp_path / "rules.yaml").write_text(rules(name), encoding="utf-8")
    checked = subprocess.run(["promtool", "check", "rules", tmp_path / "rules.yaml"], capture_output=True, text=True, check=False)

    assert checked.returncode == 0, checked.stderr
    assert "5 rules found" in checked.stdout
