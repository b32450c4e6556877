"""
Where each setting was said: a line of the file, or a variable of the environment by its exact name.

Rule 1: a variable stands above the file, so where both say something the variable is named.
Rule 2: an empty variable says nothing: `${SECRET:-}` in a compose file is a setting left out.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, cast

Path_ = tuple[str | int, ...]  # ("feishu", "buzz", 0)

PREFIX: Final = "KUAIHUI_"
BETWEEN: Final = "__"
# Where commands find a running house; the section [server] is set key by key.
NOT_A_SECTION: Final = "KUAIHUI_SERVER"


def variable(path: Path_) -> str:
    """The name of the variable that sets the key at this path."""
    return PREFIX + BETWEEN.join(str(step).upper() for step in path)


class Places:
    """What the file and the environment say, and where."""

    def __init__(self, file: Path | None, environment: Mapping[str, str]) -> None:
        self._file = file
        self._lines = lines_of(file.read_text(encoding="utf-8")) if file else {}
        self._variables = {
            name.upper(): (name, value)
            for name, value in environment.items()
            if name.upper().startswith(PREFIX) and name.upper() != NOT_A_SECTION
        }

    @property
    def variables(self) -> dict[str, str]:
        """Every variable that may be a setting, with its value; empty ones too."""
        return dict(self._variables.values())

    def of(self, path: Path_) -> str:
        """Where the value at this path was said, or the nearest one around or below it; empty: nowhere."""
        if name := self._said_by(path):
            return name
        for length in range(len(path), 0, -1):
            above = path[:length]
            if above in self._lines:
                return f"{self._file}:{self._lines[above]}"
            if name := self._below(above):
                return name
        return ""

    def is_empty(self, path: Path_) -> bool:
        """Whether the variable for this key is there, but empty."""
        return self._variables.get(variable(path), ("", "-"))[1] == ""

    def _said_by(self, path: Path_) -> str:
        """The variable that says this very value, alone or within JSON."""
        for length in range(len(path), 0, -1):
            name, value = self._variables.get(variable(path[:length]), ("", ""))
            if value and (length == len(path) or _holds(value, path[length:])):
                return name
        return ""

    def _below(self, path: Path_) -> str:
        """The first variable that says something below this path."""
        return next((name for upper, (name, value) in self._variables.items() if value and upper.startswith(variable(path) + BETWEEN)), "")


def _holds(written: str, path: Path_) -> bool:
    """Whether JSON has a value at this path."""
    try:
        found = json.loads(written)
        for step in path:
            found = found[step]
    except (ValueError, LookupError, TypeError):
        return False
    return True


def lines_of(toml: str) -> dict[Path_, int]:
    """The line (from 1) at which each table and key of a sound TOML file begins."""
    lines: dict[Path_, int] = {}
    table: Path_ = ()
    piece, began = "", 1
    for number, line in enumerate(toml.split("\n"), start=1):
        began = began if piece else number
        piece += line + "\n"
        try:
            said = tomllib.loads(piece)
        except tomllib.TOMLDecodeError:  # it goes on in the next line
            continue
        if piece.lstrip().startswith("["):
            table = max(_paths(said), key=len)
            lines.setdefault(table, began)
        else:
            lines = {table + path: began for path in _paths(said)} | lines
        piece = ""
    return lines


def _paths(said: Mapping[str, Any], *above: str | int) -> Iterator[Path_]:  # Any: a TOML value
    """Every path in what one statement says."""
    for key, value in said.items():
        yield (*above, key)
        if isinstance(value, dict):
            yield from _paths(cast("dict[str, Any]", value), *above, key)
