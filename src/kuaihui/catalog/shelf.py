"""
The catalog in use, and the files it came from.

Rule 1: files that break while the house is running are refused, and the last good catalog stays; what is wrong is told in `faults`.
Rule 2: nothing here waits or runs by itself: somebody looks, and the catalog is exchanged in one step.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from kuaihui.catalog.catalog import Catalog
from kuaihui.catalog.faults import Fault, FaultyCatalog
from kuaihui.catalog.load import load

Signature = tuple[tuple[str, int, int], ...]


class Shelf:
    """The last catalog that was sound; `faults` are those of the files as they stand now, `looked` when they were last read."""

    def __init__(self, folder: Path, catalog: Catalog, signature: Signature, now: datetime) -> None:
        self.folder, self.catalog, self.looked = folder, catalog, now
        self.faults: tuple[Fault, ...] = ()
        self._signature: Signature = signature

    @classmethod
    def open(cls, folder: Path, now: datetime) -> Shelf:
        """The catalog of this folder. Raises BadCatalog with every fault: a house does not begin with a broken one."""
        signature = _signature(folder)
        return cls(folder, load(folder, now), signature, now)

    def look(self, now: datetime) -> bool:
        """Read the files again if they have changed; whether there is another catalog now."""
        # Taken before reading: a file that is written meanwhile differs at the next look.
        signature = _signature(self.folder)
        if signature == self._signature:
            return False
        self._signature, self.looked = signature, now
        try:
            found = load(self.folder, now)
        except FaultyCatalog as wrong:
            self.faults = wrong.faults
            return False
        self.faults = ()
        changed = found.version != self.catalog.version
        self.catalog = found
        return changed


def _signature(folder: Path) -> Signature:
    """Name, size and time of change of every file that is read."""
    found: list[tuple[str, int, int]] = []
    for path in sorted([*folder.rglob("*.yaml"), *folder.rglob("*.yml"), *folder.rglob("*.md")]):
        try:
            stat = path.stat()
        except OSError:
            found.append((str(path), -1, -1))
        else:
            found.append((str(path), stat.st_mtime_ns, stat.st_size))
    return tuple(found)
