"""The gateway's access log, read as it grows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec


class Line(msgspec.Struct, frozen=True):
    """One request the gateway answered; `status` and `seconds` are text, as nginx writes them."""

    service: str
    environment: str
    version: str
    status: str
    seconds: str

    @property
    def failed(self) -> bool:
        """Whether the answer was a 5xx."""
        return self.status.startswith("5")


class AccessLog:
    """Reads each line once."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
        self._file = path.open("rb")
        self._rest = b""

    def fresh(self) -> Iterator[Line]:
        """The lines since last time; a line that is half written waits for its other half."""
        *lines, self._rest = (self._rest + self._file.read()).split(b"\n")
        for line in lines:
            yield msgspec.json.decode(line, type=Line)

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()
