"""The catalogs for those who come from elsewhere do what the page says."""

from __future__ import annotations

import re
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from kuaihui.catalog.catalog import Catalog
from kuaihui.catalog.load import load
from kuaihui.catalog.targets import resolve

ROOT = Path(__file__).parents[2]
TEMPLATE = ROOT / "src/kuaihui/samples/config_center/templates/incident.zh.md"
EXAMPLE = re.compile(r"^```yaml (\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PAGES = ["coming_from.md", "coming_from.zh-CN.md"]
TOOLS = ["Alertmanager", "Grafana OnCall", "PagerDuty", "Netflix Dispatch"]
NOW = datetime(2026, 1, 6, 3, tzinfo=UTC)


def catalog_of(page: str, tool: str, folder: Path) -> Catalog:
    """The shared files of a page, and those of one tool's part."""
    shared, *parts = re.split(r"^## ", (ROOT / "docs" / page).read_text(encoding="utf-8"), flags=re.MULTILINE)
    part = next(part for part in parts if part.startswith(f"{tool}\n"))
    (folder / "templates").mkdir(parents=True)
    shutil.copy(TEMPLATE, folder / "templates/incident.md")
    for file, words in EXAMPLE.findall(shared + part):
        (folder / file).parent.mkdir(exist_ok=True)
        (folder / file).write_text(words, encoding="utf-8")
    return load(folder, NOW)


@pytest.mark.parametrize("tool", TOOLS)
@pytest.mark.parametrize("page", PAGES)
def test_each_example_is_a_catalog_without_fault_or_caution(page: str, tool: str, tmp_path: Path) -> None:
    assert catalog_of(page, tool, tmp_path / "catalog").cautions == ()


def test_both_languages_have_the_same_catalogs_apart_from_comments() -> None:
    english, chinese = (
        [(file, re.sub(r" #.*", "", words)) for file, words in EXAMPLE.findall((ROOT / "docs" / page).read_text(encoding="utf-8"))]
        for page in PAGES
    )

    assert english == chinese


@pytest.mark.parametrize(
    "labels, service",
    [
        ({"team": "payment", "severity": "critical"}, "payment"),
        ({"team": "payment", "severity": "warning"}, "payment-minor"),
        ({"team": "search", "severity": "critical"}, "unowned"),
    ],
)
def test_alertmanagers_inner_route_wins_and_the_root_takes_the_rest(labels: dict[str, str], service: str, tmp_path: Path) -> None:
    catalog = catalog_of("coming_from.md", "Alertmanager", tmp_path / "catalog")

    assert catalog.service_for(labels).service.id == service
    assert list(catalog.inhibitions) == ["cluster-down"]


@pytest.mark.parametrize(
    "at, people",
    [
        ("2026-01-06 03:00", ("axin",)),
        ("2026-01-12 01:59", ("axin",)),
        ("2026-01-12 02:00", ("dazhuang",)),
        ("2026-01-07 03:00", ("amao",)),
    ],
)
def test_oncalls_weekly_rotation_is_handed_over_at_ten_in_shanghai(at: str, people: tuple[str, ...], tmp_path: Path) -> None:
    catalog = catalog_of("coming_from.md", "Grafana OnCall", tmp_path / "catalog")

    assert catalog.on_call("orders", datetime.fromisoformat(at).replace(tzinfo=UTC)) == people


@pytest.mark.parametrize(
    "at, people", [("2026-01-06 03:00", ("dazhuang",)), ("2026-01-06 12:00", ("axin",)), ("2026-01-17 03:00", ("amao",))]
)
def test_pagerdutys_office_hours_stand_above_the_weekly_layer(at: str, people: tuple[str, ...], tmp_path: Path) -> None:
    catalog = catalog_of("coming_from.md", "PagerDuty", tmp_path / "catalog")

    assert catalog.on_call("checkout", datetime.fromisoformat(at).replace(tzinfo=UTC)) == people


def test_dispatchs_roles_are_people_of_the_service(tmp_path: Path) -> None:
    catalog = catalog_of("coming_from.md", "Netflix Dispatch", tmp_path / "catalog")
    service = catalog.services["accounts"]
    asked = {
        name: [person for target in role.candidates for person in resolve(catalog, target, service, NOW, {})]
        for name, role in catalog.roles.items()
    }

    assert asked["incident-commander"][0] == "amao"
    assert asked["scribe"] == ["dazhuang", "axin"]
