"""
The waiting of a drill compressed: every span that a house waits for by its catalog, divided.

Rule 1: only waiting is compressed (unread, unacknowledged, absent, observing); what the stage does takes its own time.
Rule 2: so a budget is compressed and the stage's own time is left in it.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any, Final, cast

from kuaihui.app.overlay import read_plain, written
from kuaihui.catalog.load import load
from kuaihui.language.durations import parse_duration

SHORTEST: Final = 1.0  # seconds
_SPANS: Final = frozenset({"unread_after", "unacknowledged_after", "silent_after", "absent_after", "observe_for", "without_runbook"})
# What the stage itself needs of each clock, in seconds, however quick people are: a rule holds for three seconds and is told, a look takes
# its time, three releases roll their pods and the signal has to come down.
_OWN: Final = {"detect": 15, "engage": 15, "locate": 20, "recover": 120}

_MEASURED: Final = timedelta(seconds=4)  # sooner than the stage's Prometheus has scraped and evaluated anew, there is nothing new to see


def compress(folder: Path, speed: float) -> None:
    """Divide the waiting of the catalog in this folder by `speed`, in its files. Raises BadCatalog for one that is not whole."""
    if speed == 1:
        return
    catalog = load(folder)
    for path in [*folder.glob("*.yaml"), *folder.glob("*/*.yaml")]:
        kind = path.stem if path.parent == folder else path.parent.name
        if kind not in ("policies", "roles", "services"):
            continue
        entries = cast("dict[str, Any]", read_plain(path) or {})
        divided = _divided(entries, speed)
        if kind == "services":
            for name, entry in divided.items():
                service = catalog.services[name]
                budgets = {clock: _written(getattr(service.budgets, clock).total_seconds() / speed + own) for clock, own in _OWN.items()}
                superior = {"without_runbook": _written(service.superior.without_runbook.total_seconds() / speed)}
                entry["budgets"] = budgets
                entry["observe_for"] = _written(service.observe_for.total_seconds() / speed)
                entry["superior"] = entry.get("superior", {}) | superior
                entry["hotfix"] = entry.get("hotfix", {}) | {
                    "measure_every": _written(max(service.hotfix.measure_every / speed, _MEASURED).total_seconds())
                }
        path.write_text(written(divided), encoding="utf-8")


def _divided(written: Any, speed: float) -> Any:  # Any: whatever the team wrote, which was checked when it was loaded
    if isinstance(written, dict):
        known = cast("dict[str, Any]", written)
        return {key: _span(value, speed) if key in _SPANS else _divided(value, speed) for key, value in known.items()}
    return [_divided(one, speed) for one in cast("list[Any]", written)] if isinstance(written, list) else written


def _span(written: Any, speed: float) -> Any:
    return _written(parse_duration(written).total_seconds() / speed) if isinstance(written, str) else written


def _written(seconds: float) -> str:
    return f"{max(SHORTEST, round(seconds, 1)):g}s"
