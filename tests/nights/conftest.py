"""A fresh night for each story, and catalogs that differ from the sample in one file."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from kuaihui.catalog.catalog import Catalog
from kuaihui.catalog.load import load
from tests.nights.night import SAMPLE, Night

Rewritten = Callable[..., Catalog]


@pytest.fixture
def night() -> Night:
    return Night()


@pytest.fixture
def sample_with(tmp_path: Path) -> Rewritten:
    """The sample catalog with some of its files written anew: sample_with(rotas="…")."""

    def make(**files: str) -> Catalog:
        folder = shutil.copytree(SAMPLE, tmp_path / "catalog")
        for name, written in files.items():
            (folder / f"{name}.yaml").write_text(written, encoding="utf-8")
        return load(folder)

    return make
