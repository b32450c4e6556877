"""The demo: the story acted on this machine alone, on real parts where it can be."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Annotated

import typer

from kuaihui.app.commands.drill import on_parts, sample
from kuaihui.app.commands.running import run
from kuaihui.app.commands.speaking import language, one_line_errors, tell
from kuaihui.app.demo.play import play_fast, play_live
from kuaihui.app.drill.act import Wanted
from kuaihui.app.drill.shelf import find
from kuaihui.app.drill.stage.installed import why_not
from kuaihui.language import text

STORY = "config-center-500"
# People's waiting in the story's twenty minutes and more, so that it is over in about two; releases and traffic take their own time.
SPEED = 20.0


def demo(
    fast: Annotated[bool, typer.Option("--fast", help="in acted time: no pages, no waiting")] = False,
    scripted: Annotated[bool, typer.Option("--scripted", help="on a fast clock, without real parts")] = False,
    port: Annotated[int, typer.Option(min=1, max=65535, help="where the pages are")] = 8466,
) -> None:
    """Act the founding story: an outage from the first alert to the end."""
    with one_line_errors():
        if fast:
            run(play_fast())
            return
        with tempfile.TemporaryDirectory(prefix="kuaihui-demo-") as folder:
            reason = None if scripted else why_not()
            if reason or scripted:
                if reason:
                    tell(text("The story is played without real parts: {why}", why=reason))
                run(play_live(port, Path(folder) / "journal.db"))
            else:
                spoken = "en" if language() == "en" else "zh"
                on_parts(Wanted(find(STORY), sample(), Path(folder), 1, SPEED, (), port, spoken), stay=True)
