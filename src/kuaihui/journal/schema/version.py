"""Which form of the tables this program speaks: asked with the driver alone, so that hardly any start loads Alembic."""

from __future__ import annotations

from typing import Final

HEAD: Final = "0002"  # the newest of `versions/`
FOUND: Final = "SELECT version_num FROM alembic_version"
