"""What ties a process to the life of the one that started it (Linux; elsewhere only an orderly end stops it)."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from collections.abc import Callable

_PR_SET_PDEATHSIG = 1  # linux/prctl.h


def tie(parent: int, sign: signal.Signals) -> Callable[[], None]:
    """To be called in the child before it becomes its program: it gets `sign` when the thread that started it dies."""

    libc = ctypes.CDLL(None)  # looked up before the fork: the child shall do as little as can be

    def ask() -> None:
        if sys.platform == "linux":
            libc.prctl(_PR_SET_PDEATHSIG, int(sign))
            if os.getppid() != parent:  # the parent died before the request was heard
                os._exit(1)

    return ask
