"""What stays of incidents: the review taken along, the tasks that are open."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from kuaihui.app.commands.incidents import Incident
from kuaihui.app.commands.speaking import harmless, one_line_errors, tell
from kuaihui.app.commands.talking import Talk, at
from kuaihui.language import text


def review(
    incident: Incident,
    format: Annotated[Literal["md", "pdf", "json"], typer.Option("--format", help="md, pdf, or json with the hash chain")] = "md",
    to: Annotated[Path | None, typer.Option("--to", help="the file to write; left out: the terminal, or INCIDENT.pdf")] = None,
) -> None:
    """Take an incident's review along: Markdown, PDF, or JSON with the hash chain."""
    with one_line_errors():
        whole = Talk().raw(f"{at('incidents', incident, 'review')}?format={format}")
        if to is None and format == "pdf":
            to = Path(f"{incident}.pdf")
        if to is None:
            typer.echo(harmless(whole.decode()))
        else:
            to.write_bytes(whole)
            tell(text("written to {file}", file=str(to)))


def tasks(person: Annotated[str, typer.Argument(help="whose; left out: everybody's")] = "") -> None:
    """List the tasks that are not done."""
    with one_line_errors():
        found = Talk().get("/api/v1/tasks", person=person)["tasks"]
        if not found:
            tell(text("no task is open"), err=True)
        for one in found:
            late = "!" if one["overdue"] else " "
            typer.echo(f"{late} {one['due_local'][:10]:<10}  {one['owner_name']:<8}  {one['title']}  ({one['incident']})")
