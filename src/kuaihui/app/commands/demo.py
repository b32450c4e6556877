"""The demo: the story acted on this machine alone."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Annotated

import typer

from kuaihui.app.commands.house import run
from kuaihui.app.commands.speaking import one_line_errors
from kuaihui.app.demo.play import play_fast, play_live


def demo(
    fast: Annotated[bool, typer.Option("--fast", help="in acted time: no pages, no waiting")] = False,
    port: Annotated[int, typer.Option(min=1, max=65535, help="where the pages are")] = 8466,
) -> None:
    """Act the founding story: an outage from the first alert to the end. 演一遍故障。"""
    with one_line_errors():
        if fast:
            run(play_fast())
        else:
            with tempfile.TemporaryDirectory(prefix="kuaihui-demo-") as folder:
                run(play_live(port, Path(folder) / "journal.db"))
