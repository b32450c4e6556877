"""The examples in docs/catalog are one whole catalog, and every key has its place there."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic import BaseModel

from kuaihui.catalog.front import Front
from kuaihui.catalog.hotfixes import Canary, Evidence, Hotfix, Stage, Superior
from kuaihui.catalog.load import load
from kuaihui.catalog.people import Person
from kuaihui.catalog.policies import Level, Policy
from kuaihui.catalog.roles import Role
from kuaihui.catalog.rotas import Calendar, Layer, Leave, Override, Rota
from kuaihui.catalog.services import Budgets, Service, Signal, Sources
from kuaihui.catalog.target_words import KINDS, WORDS
from kuaihui.catalog.watchdogs import Watchdog

DOCS = Path(__file__).parents[2] / "docs/catalog"
EXAMPLE = re.compile(r"^```(?:yaml|markdown) (\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PAGES: dict[str, list[type[BaseModel]]] = {
    "README": [Front],
    "people": [Person, Leave],
    "services": [Service, Signal, Budgets, Sources, Hotfix, Stage, Evidence, Canary, Superior],
    "rotas": [Rota, Layer, Override, Calendar],
    "policies": [Policy, Level, Role],
    "templates": [],
    "watchdogs": [Watchdog],
}


def page(name: str, language: str) -> str:
    return (DOCS / f"{name}{language}.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("language", ["", ".zh-CN"], ids=["en", "zh"])
def test_the_examples_together_are_a_catalog_without_fault_or_caution(language: str, tmp_path: Path) -> None:
    for name in PAGES:
        for file, words in EXAMPLE.findall(page(name, language)):
            (tmp_path / file).parent.mkdir(exist_ok=True)
            (tmp_path / file).write_text(words, encoding="utf-8")

    found = load(tmp_path, datetime(2023, 3, 11, 3, tzinfo=UTC))

    assert found.cautions == ()
    assert found.document_title("config-center", datetime(2023, 3, 11, 3, tzinfo=UTC), "Gateway5xxRatioHigh") == "IR-20230311-配置中心500"


@pytest.mark.parametrize("language", ["", ".zh-CN"], ids=["en", "zh"])
@pytest.mark.parametrize("name", PAGES)
def test_every_key_is_in_an_example_of_its_page(name: str, language: str) -> None:
    examples = "".join(words for _, words in EXAMPLE.findall(page(name, language)))
    keys = {key for model in PAGES[name] for key in model.model_fields if key != "id"}

    assert {key for key in keys if not re.search(rf"\b{key}:", examples)} == set()


@pytest.mark.parametrize("language", ["", ".zh-CN"], ids=["en", "zh"])
def test_every_target_is_explained(language: str) -> None:
    words = page("policies", language)

    assert [target for target in (*WORDS, *(f"{kind}:ID" for kind in KINDS)) if f"`{target}`" not in words] == []
