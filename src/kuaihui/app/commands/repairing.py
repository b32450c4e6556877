"""The repair from the terminal: proposals, hotfixes and their gates, the report to the superior."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from kuaihui.app.commands.incidents import As, Incident, Reason, told
from kuaihui.app.commands.speaking import one_line_errors, tell
from kuaihui.app.commands.talking import Talk, at
from kuaihui.language import text


class Verdict(StrEnum):
    """What is said of a gate."""

    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"


_DEEDS = {Verdict.PASSED: "PassGate", Verdict.FAILED: "FailGate", Verdict.SKIPPED: "SkipGate"}
_MARKS = {"passed": "✓", "skipped": "»", "failed": "✗", "reached": "…", "waiting": "·"}
Which = Annotated[str, typer.Option("--hotfix", help="which one, where several are under way")]


def report(
    incident: Incident,
    words: Annotated[str, typer.Argument(help="left out: the draft made from the timeline")] = "",
    draft: Annotated[bool, typer.Option("--draft", help="show the draft, send nothing")] = False,
    person: As = "",
) -> None:
    """Tell the superior how it stands."""
    with one_line_errors():
        talk = Talk(person=person)
        if draft:
            typer.echo(talk.get(at("incidents", incident, "report"))["words"])
        else:
            _tell(talk, incident, {"deed": "Report", "words": words})


def propose(
    incident: Incident,
    what: Annotated[str, typer.Argument(help="what to do")],
    effect: Annotated[str, typer.Option(help="what it brings")] = "",
    risk: Annotated[str, typer.Option(help="what could go wrong")] = "",
    way_back: Annotated[str, typer.Option(help="how it is undone")] = "",
    person: As = "",
) -> None:
    """Propose what could be done."""
    with one_line_errors():
        deed = {"deed": "Propose", "what": what, "effect": effect, "risk": risk, "way_back": way_back}
        _tell(Talk(person=person), incident, deed)


def choose(
    incident: Incident,
    proposal: Annotated[str, typer.Argument(help="a proposal, as the incident's page numbers it")],
    reason: Annotated[str, typer.Argument(help="why")] = "",
    drop: Annotated[bool, typer.Option("--drop", help="decide against it")] = False,
    person: As = "",
) -> None:
    """Decide for a proposal (or, with --drop, against it)."""
    with one_line_errors():
        _tell(Talk(person=person), incident, {"deed": "DropProposal" if drop else "ChooseProposal", "proposal": proposal, "reason": reason})


def hotfix(
    incident: Incident,
    title: Annotated[str, typer.Argument(help="what it changes, in a line")] = "",
    branch: Annotated[str, typer.Option(help="the branch it is on")] = "",
    link: Annotated[str, typer.Option(help="the merge request, or wherever it is followed")] = "",
    proposal: Annotated[str, typer.Option(help="the proposal it carries out")] = "",
    rollback_of: Annotated[str, typer.Option("--rollback-of", help="begin the way back of this hotfix")] = "",
    stop: Annotated[str, typer.Option("--stop", help="stop this hotfix; the title is then the reason")] = "",
    person: As = "",
) -> None:
    """Begin a hotfix, a rollback of one, or stop one."""
    with one_line_errors():
        begun = {"deed": "StartHotfix", "title": title, "branch": branch, "link": link, "proposal": proposal}
        back = {"kind": "rollback", "back_of": rollback_of} if rollback_of else {}
        deed = {"deed": "StopHotfix", "hotfix": stop, "reason": title} if stop else begun | back
        _tell(Talk(person=person), incident, deed)


def gate(
    incident: Incident,
    verdict: Annotated[Verdict, typer.Argument(help="how it came out")],
    gate: Annotated[str, typer.Argument(help="left out: the one it waits at")] = "",
    hotfix: Which = "",
    reason: Reason = "",
    person: As = "",
) -> None:
    """Say that a gate is passed, failed or skipped."""
    with one_line_errors():
        _tell(Talk(person=person), incident, {"deed": _DEEDS[verdict], "gate": gate, "hotfix": hotfix, "reason": reason})


def hotfixes(incident: Incident) -> None:
    """Show each hotfix and rollback with its gates."""
    with one_line_errors():
        found = Talk().get(at("incidents", incident, "hotfixes"))["hotfixes"]
        if not found:
            tell(text("no hotfix has begun"), err=True)
        for one in found:
            typer.echo(f"{one['hotfix']}  {one['title']}  [{one['state']}]")
            for gate in one["gates"]:
                typer.echo(f"  {_MARKS[gate['state']]} {gate['name']}  {gate['owner']}  {gate['word']}".rstrip())
                for measured in gate["measured"]:
                    typer.echo(f"      {measured['said']}")


def _tell(talk: Talk, incident: str, deed: dict[str, str]) -> None:
    told(talk.post(at("incidents", incident, "deeds"), deed))
