"""How the commands speak: the reader's language, and errors as one clear line."""

from __future__ import annotations

import os
from collections.abc import Generator
from contextlib import contextmanager

import typer

from kuaihui.errors import KuaihuiError
from kuaihui.language import Text, choose, say


def language() -> str:
    """The language of whoever types: KUAIHUI_LANGUAGE, or the terminal's own."""
    wanted = os.environ.get("KUAIHUI_LANGUAGE") or os.environ.get("LC_ALL") or os.environ.get("LANG") or ""
    return choose(wanted.replace("_", "-").replace(".", "-"), "en")


def tell(words: Text | str, names: dict[str, str] | None = None, *, err: bool = False) -> None:
    """Print a sentence in the reader's language."""
    typer.echo(say(words, language(), names), err=err)


@contextmanager
def one_line_errors() -> Generator[None]:
    """An error that somebody can put right is one text and exit code 1, not a traceback."""
    try:
        yield
    except KuaihuiError as wrong:
        typer.secho(wrong.told(language()), err=True, fg=typer.colors.RED)
        raise typer.Exit(1) from wrong
