"""
The help of every command, and what is said of words typed wrong, in the language of whoever types.

Rule 1: the English help (a command's docstring, an option's `help=`) is the message's id; its Chinese stands in `zh/command_line_help.po`.
Rule 2: nothing is translated before it is shown: a command that runs does not wait for its help.
"""

from __future__ import annotations

import re
from collections.abc import Generator
from contextlib import contextmanager
from functools import cache
from typing import Any, Final, NoReturn

from typer import Exit, TyperException, core, echo
from typer.core import TyperCommand, TyperGroup

from kuaihui.app.commands.speaking import language
from kuaihui.language import Text, mark, say, text, translate

Context = Any  # typer keeps the types of its contexts and formatters to itself

# What typer says around our own words, by the name it has in typer.rich_utils.
AROUND: Final = {
    "ARGUMENTS_PANEL_TITLE": mark("Arguments"),
    "OPTIONS_PANEL_TITLE": mark("Options"),
    "COMMANDS_PANEL_TITLE": mark("Commands"),
    "ERRORS_PANEL_TITLE": mark("Error"),
    "DEFAULT_STRING": mark("[default: {}]"),
    "ENVVAR_STRING": mark("[env var: {}]"),
    "REQUIRED_LONG_STRING": mark("[required]"),
    "ABORTED_TEXT": mark("Aborted."),
    "RICH_HELP": mark("Try [blue]'{command_path} {help_option}'[/] for help."),
}
# The same where typer goes without rich (TYPER_USE_RICH=0), beside the headings.
PLAIN: Final = (mark("default: {default}"), mark("env var: {var}"), mark("required"), mark("Aborted!"))
# What typer, and pydantic below it, say of words typed wrong: the first that fits.
WRONG: Final = (
    mark("Missing argument {name}. Choose from:{known}"),
    mark("Missing argument {name}."),
    mark("Missing command."),
    mark("No such command {name}. Did you mean {known}?"),
    mark("No such command {name}."),
    mark("No such option: {name} (Possible options: {known})"),
    mark("No such option: {name}"),
    mark("Option {name} requires an argument."),
    mark("Option {name} does not take a value."),
    mark("Got unexpected extra argument(s) ({words})"),
    mark("Invalid value for {name}: {why}"),
    mark("Value error, {value} is not one of {known}."),
    mark("Input should be a valid integer, unable to parse string as an integer"),
    mark("Input should be a valid number, unable to parse string as a number"),
    mark("Input should be greater than or equal to {bound}"),
    mark("Input should be less than or equal to {bound}"),
)
USAGE: Final = mark("Usage: ")


# Typer's command and its group share only a base that it keeps to itself, so each is given the same four: calls of what stands below.


class SpokenCommand(TyperCommand):
    """A word of the command line."""

    def format_usage(self, ctx: Context, formatter: Any) -> None:
        """How it is typed."""
        _write_usage(self, ctx, formatter)

    def format_help(self, ctx: Context, formatter: Any) -> None:
        """What it does, with its arguments and options."""
        speak(self, ctx)
        super().format_help(ctx, formatter)

    def shell_complete(self, ctx: Context, incomplete: str) -> list[Any]:
        """The options that the shell may offer, each with its help."""
        speak(self, ctx)
        return super().shell_complete(ctx, incomplete)

    def parse_args(self, ctx: Context, args: list[str]) -> list[str]:
        """Understand what was typed."""
        with _refusing(ctx):
            return super().parse_args(ctx, args)


class SpokenGroup(TyperGroup):
    """All the words."""

    def format_usage(self, ctx: Context, formatter: Any) -> None:
        """How they are typed."""
        _write_usage(self, ctx, formatter)

    def format_help(self, ctx: Context, formatter: Any) -> None:
        """What each of them does."""
        speak(self, ctx)
        super().format_help(ctx, formatter)

    def shell_complete(self, ctx: Context, incomplete: str) -> list[Any]:
        """The words that the shell may offer, each with its help."""
        speak(self, ctx)
        return super().shell_complete(ctx, incomplete)

    def parse_args(self, ctx: Context, args: list[str]) -> list[str]:
        """Understand what was typed before the word."""
        with _refusing(ctx):
            return super().parse_args(ctx, args)

    def invoke(self, ctx: Context) -> Any:
        """Find the word, and do it."""
        with _refusing(ctx):
            return super().invoke(ctx)


def speak(command: TyperCommand | TyperGroup, ctx: Context) -> None:
    """Put the help of a command, of its parameters and of the words in it into the reader's language, and typer's own headings too."""
    _speak_around()
    reader = language()
    for one in (command, *command.get_params(ctx)):
        # Each of typer's kinds of parameter has a help, the type they share has none.
        one.help = translate(one.help or "", reader) or None  # type: ignore[attr-defined]
    for word in command.commands.values() if isinstance(command, TyperGroup) else ():
        word.short_help = translate(word.help or "", reader)


def _speak_around() -> None:
    from typer import rich_utils  # noqa: PLC0415  # rich is slow to load, and most commands do without

    for name, words in AROUND.items():
        setattr(rich_utils, name, translate(words, language()))
    setattr(core, "_", _in_the_readers_language)  # noqa: B010  # its gettext, which it asks where it goes without rich


def _in_the_readers_language(words: str) -> str:
    return translate(words, language())


def _write_usage(command: TyperCommand | TyperGroup, ctx: Context, formatter: Any) -> None:
    """As click writes it; `[OPTIONS]` and its like are words too."""
    pieces = [translate(piece, language()) for piece in command.collect_usage_pieces(ctx)]
    formatter.write_usage(ctx.command_path, " ".join(pieces), prefix=translate(USAGE, language()))


@contextmanager
def _refusing(ctx: Context) -> Generator[None]:
    """What is wrong with what was typed is said in the reader's language."""
    try:
        yield
    except TyperException as wrong:
        _speak_around()
        if (told := refusal(wrong.format_message(), language())) is None:
            raise
        if core.HAS_RICH:
            ctx.fail(told)
        _refuse_plainly(ctx, told)


def _refuse_plainly(ctx: Context, told: str) -> NoReturn:
    """As typer does without rich, which says this in English alone."""
    hint = say(text("Try '{command} {option}' for help.", command=ctx.command_path, option=ctx.help_option_names[0]), language())
    error = say(text("Error: {what}", what=told), language())
    echo(f"{ctx.get_usage()}\n{hint}\n\n{error}", err=True)
    raise Exit(2)


def refusal(message: str, reader: str) -> str | None:
    """A refusal of typer's in the reader's language; None where it stays as it is: in English, or as a message that is not known."""
    if reader == "en":
        return None
    for template, form in _forms().items():
        if fits := form.fullmatch(message):
            values = fits.groupdict()
            why = {"why": refusal(values["why"], reader) or values["why"]} if "why" in values else {}
            return say(Text(template, values | why), reader)
    return None


@cache
def _forms() -> dict[str, re.Pattern[str]]:
    """Each of WRONG as a pattern that finds its values."""
    return {one: re.compile(re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>.+?)", re.escape(one)), re.DOTALL) for one in WRONG}
