"""
How a command that stays runs: its event loop, the signals that end it, and its log.

Rule 1: Ctrl-C and SIGTERM end it in order: orders being carried are answered, what waits is written. Told a second time, it hurries.
Rule 2: SIGHUP ends it with the terminal it was started in; a service goes on, since there is nothing that it would have to read again.
"""

from __future__ import annotations

import asyncio
import logging
import signal
import sys
import threading
from collections.abc import Callable, Coroutine, Generator
from contextlib import contextmanager, suppress
from typing import Final

try:
    import uvloop
except ImportError:  # Windows
    uvloop = None

log = logging.getLogger(__name__)

# As journald and every collector of logs can sort and find them: instant with its zone, how bad, who says so.
FORM: Final = "%(asctime)s %(levelname)s %(name)s: %(message)s"
INSTANT: Final = "%Y-%m-%dT%H:%M:%S%z"


def run(main: Coroutine[None, None, None]) -> None:
    """Run on the fast event loop where the platform has it; Ctrl-C and SIGTERM are a quiet end."""
    factory = uvloop.new_event_loop if uvloop else None
    with suppress(KeyboardInterrupt, asyncio.CancelledError), asyncio.Runner(loop_factory=factory) as runner:
        runner.run(_until_told(main))


async def _until_told(main: Coroutine[None, None, None]) -> None:
    """Run until somebody ends it."""
    task, loop = asyncio.current_task(), asyncio.get_running_loop()
    assert task is not None
    with _heard(lambda: loop.call_soon_threadsafe(task.cancel)):
        await main


@contextmanager
def _heard(end: Callable[[], object]) -> Generator[None]:
    """Hear the signals meanwhile. Only a process's first thread can."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {one: signal.getsignal(one) for one in (signal.SIGTERM, signal.SIGHUP)}
    here = sys.stdin is not None and sys.stdin.isatty()  # asked now: a terminal that is gone is none

    def told(number: int, _: object) -> None:
        if number == signal.SIGTERM or here:
            end()
        else:
            log.warning("SIGHUP: nothing to do; the catalog's files are looked at by themselves, settings are read at the start")

    signal.signal(signal.SIGTERM, told)
    if before[signal.SIGHUP] is not signal.SIG_IGN:  # else `nohup` has said that it is to stay
        signal.signal(signal.SIGHUP, told)
    try:
        yield
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)


def log_to_stderr() -> None:
    """Say everything from warnings on to the standard error, each line with its instant."""
    logging.basicConfig(level=logging.WARNING, format=FORM, datefmt=INSTANT)
