"""How the commands speak: the reader's language, and errors as one clear line."""

from __future__ import annotations

import os
from collections.abc import Generator
from contextlib import contextmanager
from typing import NoReturn

import typer

from kuaihui.errors import KuaihuiError
from kuaihui.language import Text, choose, say, text, translate


def language() -> str:
    """The language of whoever types: KUAIHUI_LANGUAGE, or the terminal's own."""
    wanted = os.environ.get("KUAIHUI_LANGUAGE") or os.environ.get("LC_ALL") or os.environ.get("LANG") or ""
    return choose(wanted.replace("_", "-").replace(".", "-"), "en")


def tell(words: Text | str, names: dict[str, str] | None = None, *, err: bool = False) -> None:
    """Print a sentence in the reader's language."""
    typer.echo(say(words, language(), names), err=err)


def colon() -> str:
    """The colon between a name and what is said of it, in the reader's language."""
    return translate(": ", language())


@contextmanager
def one_line_errors() -> Generator[None]:
    """An error that somebody can put right, or a file that cannot be used, is one text and exit code 1, not a traceback."""
    try:
        yield
    except BrokenPipeError:  # whoever read our words has seen enough
        raise
    except OSError as wrong:
        _end(text("{file}: {what}", file=str(wrong.filename or "?"), what=wrong.strerror or str(wrong)), wrong)
    except KuaihuiError as wrong:
        _end(wrong.text, wrong)


def _end(words: Text, wrong: Exception) -> NoReturn:
    typer.secho(say(words, language()), err=True, fg=typer.colors.RED)
    raise typer.Exit(1) from wrong
