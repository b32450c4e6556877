"""
A catalog with other files laid over it: entries that are named again are changed, everything else stays.

Rule 1: what is laid over may be one file (policies.yaml) or a folder; a folder that is a whole catalog by itself stands alone.
Rule 2: lists are exchanged, mappings are merged entry by entry; any other file is exchanged whole.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, cast

import yaml

from kuaihui.catalog.catalog import Catalog
from kuaihui.catalog.load import load
from kuaihui.errors import BadCatalog
from kuaihui.language import text

# The catalog's own way to read: where libyaml is, it takes a comma inside a plain value for a part of it.
_LOADER: Final = cast("type[yaml.BaseLoader]", getattr(yaml, "CBaseLoader", yaml.BaseLoader))
# A folder with these is a whole catalog.
_WHOLE: Final = ("catalog.yaml", "people.yaml", "services.yaml", "policies.yaml")


@contextmanager
def laid_over(base: Path, *over: Path) -> Generator[Path]:
    """A folder with the catalog of `base` and the others laid over it, in order, as long as the block lasts. Raises BadCatalog."""
    with tempfile.TemporaryDirectory(prefix="kuaihui-catalog-") as made:
        folder = Path(made) / "catalog"
        shutil.copytree(base, folder)
        for one in over:
            if not one.exists():
                raise BadCatalog(text("there is no file or folder {path}", path=str(one)))
            if one.is_file() and one.suffix != ".yaml":
                raise BadCatalog(text("{path} is no file of a catalog: name one like policies.yaml, or a folder", path=str(one)))
            lay(folder, one)
        yield folder


def catalog_of(base: Path, *over: Path) -> Catalog:
    """The catalog of `base` with the others laid over it. Raises BadCatalog with every fault."""
    if len(over) == 1 and over[0].is_dir() and all((over[0] / name).exists() for name in _WHOLE):
        return load(over[0])
    with laid_over(base, *over) as folder:
        return load(folder)


def lay(folder: Path, over: Path) -> None:
    """Lay a file or a folder over the catalog that stands in `folder`."""
    for path in [over] if over.is_file() else sorted(path for path in over.rglob("*") if path.is_file()):
        to = folder / (path.name if over.is_file() else path.relative_to(over))
        to.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix == ".yaml" and to.exists():
            merged = _merged(read_plain(to), read_plain(path))
            to.write_text(written(merged), encoding="utf-8")
        else:
            shutil.copy(path, to)


def read_plain(path: Path) -> Any:  # Any: a file's values, which the catalog's own reading checks
    """A file's values, every plain one a string, as the catalog reads them: 10:00 stays 10:00. Raises BadCatalog."""
    try:
        return yaml.load(path.read_text(encoding="utf-8"), Loader=_LOADER)  # noqa: S506  # it makes only str, list and dict
    except yaml.YAMLError as broken:
        raise BadCatalog(text("{path} is not YAML: {what}", path=str(path), what=str(broken))) from broken


def written(values: Any) -> str:
    """Values that were read plain, as YAML: a key without a value stays one."""
    return yaml.safe_dump(_empty(values), allow_unicode=True, sort_keys=False)


def _empty(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _empty(one) for key, one in cast("dict[str, Any]", value).items()}
    if isinstance(value, list):
        return [_empty(one) for one in cast("list[Any]", value)]
    return None if value == "" else value


def _merged(base: Any, over: Any) -> Any:
    if isinstance(base, dict) and isinstance(over, dict):
        base, over = cast("dict[str, Any]", base), cast("dict[str, Any]", over)
        return base | {key: _merged(base.get(key), value) for key, value in over.items()}
    return over
