"""What was kept: why an alert did what it did, whether anything was changed since, and taking it elsewhere."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from kuaihui.app.commands.catalog import File
from kuaihui.app.commands.incidents import Incident
from kuaihui.app.commands.speaking import one_line_errors, tell
from kuaihui.app.commands.talking import Talk, at
from kuaihui.app.settings import Settings
from kuaihui.app.wiring import journal_to_read
from kuaihui.errors import Refused
from kuaihui.journal.export import verify_export
from kuaihui.journal.verify import verify as verify_journal
from kuaihui.language import Text, text


def why(fingerprint: Annotated[str, typer.Argument(help="an alert's fingerprint, or its name")]) -> None:
    """What became of an alert, and by which rule."""
    with one_line_errors():
        for line in Talk().get(at("why", fingerprint))["lines"]:
            typer.echo(line)


def verify(
    incident: Annotated[str, typer.Argument(help="an incident; left out: all")] = "",
    file: Annotated[Path | None, typer.Option("--file", help="an export to verify instead of the journal")] = None,
    settings: File = None,
) -> None:
    """Find changed or missing facts by their hash chain."""
    with one_line_errors():
        faults = verify_export(file.read_bytes()) if file else asyncio.run(_verify(Settings.load(settings), incident))
        for fault in faults:
            tell(fault, err=True)
        if faults:
            raise typer.Exit(1)
        tell(text("every fact is as it was written"))


async def _verify(settings: Settings, incident: str) -> list[Text]:
    """What is wrong in the journal of the settings, beside a house that may be running on it."""
    async with journal_to_read(settings.journal.url) as journal:
        if not await journal.summaries(limit=1):
            raise Refused(text("the journal holds no incident"))
        return await verify_journal(journal, incident or None)


def export(
    incident: Incident, to: Annotated[Path | None, typer.Option("--to", help="the file to write; left out: the terminal")] = None
) -> None:
    """Take an incident elsewhere: all its facts with their hash chain, as JSON."""
    with one_line_errors():
        whole = Talk().raw(at("incidents", incident, "export"))
        if to:
            to.write_bytes(whole)
            tell(text("written to {file}", file=str(to)), err=True)
        else:
            typer.echo(whole.decode())
