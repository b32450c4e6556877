"""
Holds a program to a share of one core, as a container's CPU limit does, where there is no right to make a control group.

Rule 1: what is metered is the program's own CPU clock, so its capacity does not depend on who else uses the machine.
Rule 2: the limit holds from SIGUSR1 on: before that the program is being filled, which is no part of any story.
Rule 3: a program that dies takes the governor with it, and the other way round; it is never left stopped.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from threading import Event
from types import FrameType

import msgspec

from kuaihui.app.drill.stage.lifeline import tie
from kuaihui.app.drill.stage.roles import Governed

LOOK = 0.003  # seconds between two looks at a program that works; a container's limit is enforced at this grain too
# CPU seconds that may be saved up: on a busy machine the program, or this one, is often late, and what was its due then is still its due.
BURST = 0.03


def cpu_seconds(pid: int) -> float:
    """The CPU time a process has used, from its clock (clock_getcpuclockid(3))."""
    return time.clock_gettime((~pid << 3) | 2)


def govern(process: subprocess.Popen[bytes], cores: float) -> int:
    """Stop and continue the process so that it uses `cores` on average; returns its exit code."""
    at, used, budget = time.monotonic(), cpu_seconds(process.pid), BURST
    stopped = False
    while process.poll() is None:
        time.sleep(LOOK if budget < BURST else 2 * LOOK)
        now, spent = time.monotonic(), cpu_seconds(process.pid)
        budget = min(BURST, budget + (now - at) * cores - (spent - used))
        at, used = now, spent
        if stopped != (budget < 0):
            stopped = budget < 0
            process.send_signal(signal.SIGSTOP if stopped else signal.SIGCONT)
    return process.returncode


def main(role: Governed) -> int:
    """Run the program under its limit until either is told to end."""
    held = Event()
    process = subprocess.Popen(role.argv, preexec_fn=tie(os.getpid(), signal.SIGKILL))  # noqa: PLW1509  there is one thread

    def end(number: int, frame: FrameType | None) -> None:
        process.send_signal(signal.SIGTERM)
        process.send_signal(signal.SIGCONT)
        try:
            process.wait(2)
        except subprocess.TimeoutExpired:
            process.kill()
        sys.exit(0)

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGUSR1, lambda number, frame: held.set())
    try:
        while not held.is_set() and process.poll() is None:
            time.sleep(LOOK)
        return govern(process, role.cores)
    except OSError:  # the process ended between two looks, and its clock with it
        return process.wait()


if __name__ == "__main__":
    sys.exit(main(msgspec.json.decode(sys.argv[1], type=Governed)))
