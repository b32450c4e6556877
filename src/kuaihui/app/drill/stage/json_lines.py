"""Structured logs as a service in Go writes them: one JSON object a line, time in RFC 3339 with its zone."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import msgspec


class JsonLines:
    """A log file that says the same few fields in each line."""

    def __init__(self, path: Path, always: dict[str, str]) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("ab", buffering=0)
        self._always = always

    def write(self, level: str, message: str, **fields: str | float) -> None:
        """One line, at once on disk."""
        line = {"time": datetime.now(UTC).isoformat(timespec="milliseconds"), "level": level, "msg": message, **self._always, **fields}
        self._file.write(msgspec.json.encode(line) + b"\n")
