"""
A test that hangs although its time is up ends the run, and says where it hangs.

pytest-timeout raises in the main thread, where an event loop may take the error for one of a task's and go on; and it guards no teardown
of a test that has failed.
"""

from __future__ import annotations

import asyncio
import faulthandler
import gc
import os
import threading
from collections.abc import Generator
from typing import Final

import pytest
import pytest_timeout

GRACE = 30  # seconds in which a test whose time is up may end by itself
EXIT_CODE: Final = 70  # none of pytest's own; xdist goes on without the worker, and names its test

_STDERR: Final = pytest.StashKey[int]()
_GUARD: Final = pytest.StashKey[threading.Timer]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_STDERR] = os.dup(2)  # nothing is captured yet


def pytest_unconfigure(config: pytest.Config) -> None:
    os.close(config.stash[_STDERR])


@pytest.hookimpl(optionalhook=True)
def pytest_timeout_set_timer(item: pytest.Item, settings: pytest_timeout.Settings) -> None:
    guard = threading.Timer(settings.timeout + GRACE, end_the_run, (item,))
    guard.daemon = True
    guard.start()
    item.stash[_GUARD] = guard


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    try:
        return (yield)
    finally:
        if _GUARD in item.stash:
            item.stash[_GUARD].cancel()


def end_the_run(item: pytest.Item) -> None:
    """Tell what every thread and every task waits for, and end this process; nothing is torn down."""
    if item.config.getoption("usepdb"):
        return
    with os.fdopen(item.config.stash[_STDERR], "w", closefd=False) as told:
        print(f"\n{item.nodeid} has hung since its time was up: the run ends here.", file=told, flush=True)
        faulthandler.dump_traceback(told)
        for task in tasks():
            task.print_stack(file=told)
    os._exit(EXIT_CODE)


def tasks() -> list[asyncio.Task[object]]:
    """Those of every loop; asyncio itself tells only those of a loop one has."""
    return [one for one in gc.get_objects() if issubclass(type(one), asyncio.Task) and not one.done()]
