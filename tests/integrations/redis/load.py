"""
Traffic as an application makes it: GETs and SETs on Zipf-distributed keys, and one key hotter than all.

Run as a process of its own, so that the load and the probe do not share an interpreter:
`python load.py PORT SECONDS HOT_SHARE CONNECTIONS PIPELINE`; prints commands a second.
"""

from __future__ import annotations

import contextlib
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import accumulate
from pathlib import Path

HOT = "cfg:gateway:routes"
CLIENT = "config-center"
VALUE = "SECRET-VALUE-9f8e7d6c"
KEYS = 20_000


def request(*words: str) -> bytes:
    return b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(word.encode()), word.encode()) for word in words)


def batches(count: int, pipeline: int, hot_share: float) -> list[bytes]:
    """Requests made beforehand, so that the load costs the machine as little as it can."""
    lots = random.Random(1)
    ranks = lots.choices(range(KEYS), cum_weights=list(accumulate(1 / (n + 1) ** 0.99 for n in range(KEYS))), k=count * pipeline)
    keys = [HOT if lots.random() < hot_share else f"user:{13_800_000_000 + rank}:profile" for rank in ranks]
    requests = [request("SET", key, VALUE) if lots.random() < 0.1 else request("GET", key) for key in keys]
    return [b"".join(requests[n : n + pipeline]) for n in range(0, len(requests), pipeline)]


def answered(connection: socket.socket, pipeline: int) -> None:
    """Read that many replies: +OK, $-1, or $21 and the value's own line."""
    got, rest = 0, b""
    while got < pipeline:
        *lines, rest = (rest + connection.recv(1 << 16)).split(b"\r\n")
        got += sum(line[:1] == b"+" or line == b"$-1" or line == VALUE.encode() for line in lines)


def main(port: int, seconds: float, hot_share: float, connections: int, pipeline: int) -> None:
    work = batches(max(200, 40_000 // pipeline), pipeline, hot_share)
    opened = [socket.create_connection(("127.0.0.1", port)) for _ in range(connections)]
    for connection in opened:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.sendall(request("CLIENT", "SETNAME", CLIENT))
        answered(connection, 1)
    began, sent = time.perf_counter(), 0
    while time.perf_counter() - began < seconds:
        for connection in opened:
            connection.sendall(work[sent % len(work)])
            sent += 1
        for connection in opened:
            answered(connection, pipeline)
        if sent == connections:
            print("ready", flush=True)
    print(round(sent * pipeline / (time.perf_counter() - began)))


@contextlib.contextmanager
def running_load(
    port: int, hot_share: float, *, connections: int = 12, pipeline: int = 1, seconds: float = 60, launch_with: tuple[str, ...] = ()
) -> Iterator[subprocess.Popen[str]]:
    """The load as a process, under way when yielded; ended by its own process id."""
    command = [*launch_with, sys.executable, str(Path(__file__)), *map(str, (port, seconds, hot_share, connections, pipeline))]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            yield process
        finally:
            process.send_signal(signal.SIGTERM)


if __name__ == "__main__":
    port, seconds, hot_share, connections, pipeline = sys.argv[1:]
    main(int(port), float(seconds), float(hot_share), int(connections), int(pipeline))
