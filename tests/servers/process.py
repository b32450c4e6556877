"""
One server process: started, waited for until it answers, stopped by its own process id.

Rule 1: a server never outlives the process that started it, however that one ended: the kernel tells it so (parent-death signal).
Rule 2: a server listens on loopback alone.
Rule 3: a server that does not come up says why: the end of its log is in the error.
"""

import contextlib
import signal
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

HOST = "127.0.0.1"
# A cold disk on a busy two-core machine takes Chromium about six seconds; five times that is no longer slow but broken.
PATIENCE = 30.0

# Where a proxy is set for the outside world, loopback still goes straight.
_straight = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class DidNotStart(RuntimeError):
    """The server ended, or did not answer in time; the message holds the end of its log."""


@dataclass(frozen=True)
class Server:
    """A running server: where it answers, its process id, its own folder, its log."""

    url: str
    port: int
    pid: int
    folder: Path
    log: Path


def free_port() -> int:
    """A TCP port on loopback that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def new_folder(name: str) -> Iterator[Path]:
    """A folder for one server's files, gone afterwards; short, because a socket's path may not be long."""
    with tempfile.TemporaryDirectory(prefix=f"kuaihui-{name}-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


def accepts(port: int) -> Callable[[], bool]:
    """Ready when the port takes a connection."""

    def ready() -> bool:
        try:
            with socket.create_connection((HOST, port), timeout=1):
                return True
        except OSError:
            return False

    return ready


def answers(url: str) -> Callable[[], bool]:
    """Ready when the address answers with success."""

    def ready() -> bool:
        try:
            with _straight.open(url, timeout=1) as answer:
                return 200 <= answer.status < 300
        except (urllib.error.URLError, OSError):
            return False

    return ready


@contextlib.contextmanager
def running(
    command: Sequence[str | Path],
    *,
    log: Path,
    ready: Callable[[], bool],
    stop: signal.Signals = signal.SIGTERM,
    bereaved: signal.Signals = signal.SIGKILL,
    launch_with: Sequence[str] = (),
    patience: float = PATIENCE,
) -> Iterator[int]:
    """
    The command as a process, yielded as its id once `ready` says so, stopped afterwards.

    `stop` asks it to end; `bereaved` is what the kernel sends it when we die first. `launch_with` are more words for setpriv,
    such as another user. `patience` is how many seconds it may take to be ready.
    """
    launcher = ["setpriv", "--pdeathsig", bereaved.name.removeprefix("SIG"), *launch_with, "--"]
    with log.open("ab") as out:
        process = subprocess.Popen(
            [*launcher, *map(str, command)], stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT, cwd=log.parent
        )
    try:
        _wait_until(ready, process, log, patience)
        yield process.pid
    finally:
        _end(process, stop)


def _wait_until(ready: Callable[[], bool], process: subprocess.Popen[bytes], log: Path, patience: float) -> None:
    deadline = time.monotonic() + patience
    while not ready():
        ended = process.poll() is not None
        if ended or time.monotonic() > deadline:
            fault = f"ended with {process.returncode}" if ended else f"did not answer within {patience:.0f} s"
            raise DidNotStart(f"{process.args}: {fault}\n{log.read_text(errors='replace')[-4000:]}")
        time.sleep(0.01)


def _end(process: subprocess.Popen[bytes], stop: signal.Signals) -> None:
    if process.poll() is None:
        process.send_signal(stop)
    try:
        process.wait(timeout=10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
