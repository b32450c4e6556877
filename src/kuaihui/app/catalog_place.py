"""Where the catalog's folder is, for whoever asks before a house is built, or without one."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from importlib.resources import as_file, files
from pathlib import Path

from kuaihui.app.settings import Settings
from kuaihui.app.settings_sections import CatalogPlace


@contextmanager
def catalog_folder(settings: Settings) -> Generator[tuple[Path, bool]]:
    """The folder of the catalog; the sample's, where the settings name none and there is none yet (then True)."""
    if settings.catalog.folder.exists() or settings.catalog != CatalogPlace():
        yield settings.catalog.folder, False
    else:
        with as_file(files("kuaihui.samples") / "config_center") as folder:
            yield folder, True
