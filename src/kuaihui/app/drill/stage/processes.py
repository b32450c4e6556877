"""
Processes of a stage: started on loopback, ended by their own id.

Rule 1: no process outlives the one that started it: each asks the kernel for a signal at its parent's death (Linux; elsewhere only an
        orderly end stops it).
Rule 2: what a process says on its outputs is kept in the stage's folder, and its end is quoted when it does not come up.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from kuaihui.app.drill.stage.lifeline import tie
from kuaihui.app.drill.stage.loopback import LOOPBACK
from kuaihui.errors import KuaihuiError
from kuaihui.language import text


class StageFailed(KuaihuiError):
    """A part of the stage did not come up or is gone: the text names it and quotes its last words."""


@dataclass(frozen=True)
class Started:
    """A process that was started here."""

    name: str
    process: asyncio.subprocess.Process
    output: Path

    @property
    def pid(self) -> int:
        return self.process.pid

    def last_words(self) -> str:
        """The end of what it said."""
        return self.output.read_text(errors="replace")[-600:].strip()

    async def tell(self, message: object) -> None:
        """One line of JSON on its input."""
        if self.process.stdin is None:
            raise StageFailed(text("{part} does not listen", part=self.name))
        self.process.stdin.write(msgspec.json.encode(message) + b"\n")
        await self.process.stdin.drain()


class Crew:
    """All processes of one stage, so that none is forgotten when it ends, wherever it was started from."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._started: list[Started] = []

    @property
    def pids(self) -> tuple[int, ...]:
        """Who was started and not yet stopped."""
        return tuple(part.pid for part in self._started)

    def lost(self) -> list[Started]:
        """Who ended though nobody stopped it."""
        return [part for part in self._started if part.process.returncode is not None]

    async def start(self, name: str, argv: Sequence[str], *, dies_by: signal.Signals = signal.SIGKILL, listens: bool = False) -> Started:
        """Start a program whose end is tied to ours. `dies_by` is the signal it gets when we die; `listens` gives it an input."""
        outputs = self.folder / "parts"
        outputs.mkdir(parents=True, exist_ok=True)
        output = outputs / f"{name}.out"
        with output.open("ab") as opened:
            process = await asyncio.create_subprocess_exec(
                *argv,
                stdin=asyncio.subprocess.PIPE if listens else asyncio.subprocess.DEVNULL,
                stdout=opened,
                stderr=asyncio.subprocess.STDOUT,
                cwd=self.folder,
                start_new_session=True,  # an interrupt at the terminal reaches us alone, and we end the parts in order
                preexec_fn=tie(os.getpid(), dies_by),
            )
        part = Started(name, process, output)
        self._started.append(part)
        return part

    async def start_part(self, module: str, role: object, *, name: str = "", listens: bool = False) -> Started:
        """Start one of the stage's own programs, `parts/MODULE.py`, in the role described by a struct."""
        argv = [sys.executable, "-m", f"kuaihui.app.drill.stage.parts.{module}", msgspec.json.encode(role).decode()]
        return await self.start(name or module, argv, listens=listens)

    async def stop(self, part: Started) -> None:
        """End one process and wait until it is gone."""
        if part in self._started:
            self._started.remove(part)
        await _stop(part)

    async def stop_all(self) -> None:
        """End everybody, the newest first."""
        while self._started:
            await _stop(self._started.pop())


async def _stop(part: Started, patience: float = 3.0) -> None:
    """Ask a process to end; after `patience` seconds it is killed."""
    for sign, wait in ((signal.SIGTERM, patience), (signal.SIGKILL, 5.0)):
        if part.process.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            part.process.send_signal(sign)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(part.process.wait(), wait)


async def until(part: Started, ready: Callable[[], Awaitable[bool]], patience: float = 20.0) -> None:
    """Wait until `ready`. Raises StageFailed when the process ends first or `patience` seconds have passed."""
    try:
        async with asyncio.timeout(patience):
            while not await ready():
                if part.process.returncode is not None:
                    break
                await asyncio.sleep(0.03)
            else:
                return
    except TimeoutError:
        pass
    raise StageFailed(text("{part} did not come up: {words}", part=part.name, words=part.last_words()))


async def until_open(part: Started, port: int) -> None:
    """Wait until something accepts on the port."""

    async def accepts() -> bool:
        try:
            _, writer = await asyncio.open_connection(LOOPBACK, port)
        except OSError:
            return False
        writer.close()
        return True

    await until(part, accepts)
