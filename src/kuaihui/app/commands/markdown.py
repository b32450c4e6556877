"""Markdown on a terminal: tables and headings where it is one, the text itself where it is a file or a pipe."""

from __future__ import annotations

import sys

import typer
from rich.console import Console
from rich.markdown import Markdown


def show(markdown: str, *, raw: bool = False) -> None:
    """Print Markdown as the terminal shows it best; `raw`, or into a pipe, as it is written."""
    if raw or not sys.stdout.isatty():
        typer.echo(markdown)
    else:
        Console().print(Markdown(markdown))
