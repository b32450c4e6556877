"""
The command `kuaihui`: one word a wish.

Rule 1: a word loads what it needs and nothing else: who types `kuaihui ack` at three in the morning does not wait for the drill's parts.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Annotated, Final

import typer

from kuaihui.app.commands.help import SpokenCommand, SpokenGroup

# Each module of `commands`, and its words, in the order that the help shows.
WORDS: Final[dict[str, tuple[str, ...]]] = {
    "house": ("up", "token"),
    "demo": ("demo",),
    "try_feishu": ("try_feishu",),
    "drill": ("drill",),
    "catalog": ("check", "oncall", "sample"),
    "doctor": ("doctor",),
    "incidents": ("incidents", "show", "declare", "ack", "say", "role", "do", "inbox"),
    "repairing": ("propose", "choose", "hotfix", "hotfixes", "gate", "report"),
    "learning": ("review", "tasks"),
    "keeping": ("why", "verify", "export"),
    "replay": ("replay",),
    "mcp": ("mcp",),
}


def _version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version  # noqa: PLC0415  # it is slow to load

        typer.echo(f"kuaihui {version('kuaihui')}")
        raise typer.Exit


def command_line(wanted: str = "") -> typer.Typer:
    """The command line; with the word that is wanted only its module is loaded, with none (or one that is unknown) all of them."""
    cli = typer.Typer(
        name="kuaihui",
        cls=SpokenGroup,
        help="Kuaihui (快恢): incident response for teams who live in Feishu/Lark.",
        no_args_is_help=True,
        pretty_exceptions_show_locals=False,
    )
    cli.callback()(_kuaihui)  # so that one word alone is still a word, not the whole command
    known = {word.replace("_", "-"): (module, word) for module, words in WORDS.items() for word in words}
    for module, word in [known[wanted]] if wanted in known else known.values():
        cli.command(cls=SpokenCommand)(getattr(import_module(f"kuaihui.app.commands.{module}"), word))
    return cli


def _kuaihui(
    version: Annotated[bool, typer.Option("--version", is_eager=True, callback=_version, help="which version this is")] = False,
) -> None:
    pass


def main() -> None:
    """Run the command line."""
    command_line(next((word for word in sys.argv[1:] if not word.startswith("-")), ""))()
