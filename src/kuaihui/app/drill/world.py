"""The world of a drill: what breaks, whom it alerts, what can be released; in real parts, or as declared curves."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from kuaihui.app.drill.script import Release
from kuaihui.language import Text


class World(Protocol):
    """What people of a drill can do outside of Kuaihui, and how it is broken just now."""

    @property
    def ratio(self) -> float:
        """The share of failed answers to people."""
        ...

    @property
    def what_is_real(self) -> Sequence[Text]:
        """Which parts are real, a sentence each."""
        ...

    async def heat(self, level: int) -> None:
        """What is wrong turns to this level of the stage."""
        ...

    async def release(self, release: Release, author: str) -> None:
        """Release a version; its news reaches Kuaihui as a pipeline's would."""
        ...

    async def try_out(self, environment: str) -> bool:
        """A tester's own reads: whether they went well."""
        ...

    def next_event(self) -> datetime | None:
        """When something happens by itself next; None in a world that runs by itself."""
        ...

    async def happen(self, now: datetime) -> None:
        """Let happen what happens by itself up to now."""
        ...
