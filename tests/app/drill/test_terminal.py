"""What a drill shows on a terminal, in both languages."""

from __future__ import annotations

import io
import re
from datetime import timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest
from rich.console import Console

from kuaihui.app.drill.live import Live
from kuaihui.app.drill.shelf import find
from kuaihui.app.drill.terminal import View
from kuaihui.app.drill.virtual import Acting, acting
from kuaihui.language import Language
from tests.app.web.acted import SAMPLE


async def live(acted: Acting) -> Live:
    """A drill in virtual time, as one on real parts is shown."""
    seen: Any = {
        "wanted": SimpleNamespace(script=acted.script),
        "built": acted.built,
        "parts": SimpleNamespace(ratio=0.12),
        "director": acted.director,
        "address": "http://127.0.0.1:8467",
        "seen": await acted.timeline(),
    }
    return cast("Live", SimpleNamespace(**seen))


async def shown(language: Language, *, later: timedelta = timedelta()) -> str:
    """The terminal, `later` than the middle of a drill."""
    async with acting(find("redis-down"), SAMPLE) as acted:
        for _ in range(25):
            assert await acted.go_on()
        acted.clock.move_to(acted.clock.now() + later)
        screen = io.StringIO()
        view = View(language, Console(file=screen, force_terminal=True, width=140, color_system=None))
        with view.open():
            view.watch(await live(acted))
        return screen.getvalue()


@pytest.mark.parametrize("language, days", [("zh", r"缓解 .* 3 天 \d+ 小时 / 10:00"), ("en", r"mitigate .* 3d \d+h / 10:00")])
async def test_a_clock_that_runs_for_days_is_in_the_readers_language(language: Language, days: str) -> None:
    drawn = await shown(language, later=timedelta(hours=80))

    assert re.search(days, drawn)
    assert language == "en" or not re.search(r"\dd \d+h", drawn)


@pytest.mark.parametrize("language, role", [("zh", "应急负责人："), ("en", "incident lead: ")])
async def test_the_clocks_run_and_the_roles_are_told(language: Language, role: str) -> None:
    drawn = await shown(language)

    assert re.search(r"0:\d\d / 1:00", drawn)
    assert role in drawn
