"""The only network a stage uses."""

from __future__ import annotations

import socket

LOOPBACK = "127.0.0.1"


class Ports:
    """Free loopback ports; none is given out twice by one stage."""

    def __init__(self) -> None:
        self._given: set[int] = set()

    def free(self) -> int:
        """A port nobody listens on just now."""
        while True:
            with socket.socket() as bound:
                bound.bind((LOOPBACK, 0))
                port = int(bound.getsockname()[1])
            if port not in self._given:
                self._given.add(port)
                return port
