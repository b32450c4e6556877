"""How the commands speak: the reader's language, and errors as one clear line."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Generator
from contextlib import contextmanager
from typing import Final, NoReturn

import typer

from kuaihui.errors import KuaihuiError
from kuaihui.language import Text, choose, plain, say, text, translate

# What a system says of a file or a port, by its number.
_SYSTEM: Final = {
    errno.ENOENT: text("No such file or directory"),
    errno.EISDIR: text("Is a directory"),
    errno.ENOTDIR: text("Not a directory"),
    errno.EEXIST: text("File exists"),
    errno.EACCES: text("Permission denied"),
    errno.EPERM: text("Operation not permitted"),
    errno.EROFS: text("Read-only file system"),
    errno.ENOSPC: text("No space left on device"),
    errno.EADDRINUSE: text("Address already in use"),
    errno.EADDRNOTAVAIL: text("Cannot assign requested address"),
    errno.ECONNREFUSED: text("Connection refused"),
    errno.EHOSTUNREACH: text("No route to host"),
}
# What a terminal obeys instead of showing it, and what turns words around: an alert's name may hold either.
_OBEYED: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_NUMBERED = re.compile(r"\[Errno (-?\d+)\] ?")


def language() -> str:
    """The language of whoever types: KUAIHUI_LANGUAGE, or the terminal's own."""
    wanted = os.environ.get("KUAIHUI_LANGUAGE") or os.environ.get("LC_ALL") or os.environ.get("LANG") or ""
    return choose(wanted.replace("_", "-").replace(".", "-"), "en")


def tell(words: Text | str, names: dict[str, str] | None = None, *, err: bool = False) -> None:
    """Print a sentence in the reader's language."""
    typer.echo(say(words, language(), names), err=err)


def harmless(words: str) -> str:
    """Words of others as a terminal may show them: nothing in them is obeyed."""
    return _OBEYED.sub("\ufffd", words)


def colon() -> str:
    """The colon between a name and what is said of it, in the reader's language."""
    return translate(": ", language())


def system_words(wrong: Exception) -> Text:
    """What the system says is wrong, without its number and without the address that Python adds; what it seldom says is left as it is."""
    numbered = _NUMBERED.search(str(wrong))
    number = wrong.errno if isinstance(wrong, OSError) else int(numbered[1]) if numbered else None
    if number in _SYSTEM:
        return _SYSTEM[number]
    return plain(os.strerror(number) if number and number > 0 else _NUMBERED.sub("", str(wrong)))


@contextmanager
def one_line_errors() -> Generator[None]:
    """An error that somebody can put right, or a file that cannot be used, is one text and exit code 1, not a traceback."""
    try:
        yield
    except BrokenPipeError:  # whoever read our words has seen enough
        raise
    except OSError as wrong:
        _end(text("{file}: {what}", file=str(wrong.filename or "?"), what=system_words(wrong)), wrong)
    except KuaihuiError as wrong:
        _end(wrong.text, wrong)


def _end(words: Text, wrong: Exception) -> NoReturn:
    typer.secho(say(words, language()), err=True, fg=typer.colors.RED)
    raise typer.Exit(1) from wrong
