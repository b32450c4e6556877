"""Serving an assistant, over standard input and output."""

from __future__ import annotations

from typing import Annotated

import typer

from kuaihui.app.commands.incidents import As
from kuaihui.app.commands.speaking import one_line_errors
from kuaihui.app.commands.talking import Talk
from kuaihui.errors import Refused
from kuaihui.language import text

try:
    from kuaihui.app import mcp as tools
except ImportError:  # the extra `mcp` is not installed
    tools = None


def mcp(
    person: As = "",
    may_act: Annotated[bool, typer.Option("--may-act", help="it may also take incidents on, speak, and propose, in your name")] = False,
) -> None:
    """Serve an assistant (Model Context Protocol) with what the running house knows."""
    with one_line_errors():
        if tools is None:
            raise Refused(text("this needs the library mcp: pip install 'kuaihui[mcp]'"))
        tools.server(Talk(person=person), may_act=may_act).run()
