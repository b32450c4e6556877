"""
The drills there are: ours, and the team's own folders.

Rule 1: a team's drill of the same name stands before ours.
Rule 2: a surprise only comes within the hours its file allows, by the team's own clock and zone.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Final
from zoneinfo import ZoneInfo

from kuaihui.app.drill.script import OURS, Script, read_script
from kuaihui.errors import Refused
from kuaihui.language import text

DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def folders(own: Path | None = None) -> dict[str, Path]:
    """Every drill's folder by name; the team's stand before ours. Raises Refused where the team's folder is not there."""
    if own and not own.is_dir():
        raise Refused(text("there is no folder {path}", path=str(own)))
    places = [OURS, *([own] if own else [])]
    return {path.parent.name: path.parent for place in places for path in sorted(place.glob("*/drill.yaml"))}


def find(name: str, own: Path | None = None) -> Script:
    """The drill of this name, or in the folder of this path. Raises Refused where there is none."""
    as_path = Path(name)
    if (as_path / "drill.yaml").is_file():
        return read_script(as_path)
    known = folders(own)
    if name not in known:
        raise Refused(text("there is no drill {name}; there are: {known}", name=name, known=tuple(known)))
    return read_script(known[name])


def every(own: Path | None = None) -> list[Script]:
    """Every drill there is."""
    return [read_script(folder) for folder in folders(own).values()]


def allowed(script: Script, now: datetime, zone: ZoneInfo) -> bool:
    """Whether this drill may come as a surprise at this instant."""
    local = now.astimezone(zone)
    return DAYS[local.weekday()] in script.hours.days and script.hours.since <= local.time() < script.hours.until


def surprise(scripts: Sequence[Script], now: datetime, zone: ZoneInfo, seed: int) -> Script:
    """One of those that may come now. Raises Refused outside everybody's hours."""
    possible = [one for one in scripts if allowed(one, now, zone)]
    if not possible:
        now_there = now.astimezone(zone)
        at = f"{DAYS[now_there.weekday()]} {now_there:%H:%M} {zone.key}"
        raise Refused(text("no drill may come as a surprise now, {now}: see `hours` in drill.yaml", now=at))
    return Random(seed).choice(possible)
