"""Incidents from the terminal: everything that can be done on a page can be done here."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from kuaihui.app.commands.speaking import colon, language, one_line_errors, tell
from kuaihui.app.commands.talking import Talk, at
from kuaihui.language import say as say_words
from kuaihui.language import text

REACHED = {
    "ordered": text("ordered"),
    "failed": text("failed"),
    "sent": text("sent"),
    "delivered": text("delivered"),
    "read": text("read"),
    "acknowledged": text("acknowledged"),
}
Incident = Annotated[str, typer.Argument(help="an incident, as `kuaihui incidents` lists it")]
Reason = Annotated[str, typer.Option(help="why")]
As = Annotated[str, typer.Option("--as", help="who you are, where the house is open on loopback (KUAIHUI_PERSON)")]


def incidents(all: Annotated[bool, typer.Option("--all", help="closed ones too")] = False) -> None:
    """List the open incidents."""
    with one_line_errors():
        found = Talk().get("/api/v1/incidents", state="all" if all else "open")["incidents"]
        if not found:
            tell(text("there is no incident") if all else text("no incident is open"), err=True)
        for one in found:
            typer.echo(f"{one['incident']}  P{one['severity']}  {one['phase_said']}  {one['opened_local']}  {one['title']}")


def show(incident: Incident, all: Annotated[bool, typer.Option("--all", help="also how the house went about it")] = False) -> None:
    """Show one incident: phase, clocks, whom it paged and how far that got, roles, timeline."""
    with one_line_errors():
        talk = Talk()
        told = talk.get(at("incidents", incident))
        typer.echo(f"{told['title']}  P{told['severity']}  {told['phase_said']}  {told['opened_local']}")
        for stamp in told["stamps"]:
            typer.echo(f"  {stamp['said']}{colon()}{stamp['spent']} / {stamp['budget']}")
        for page in {page["person"]: page for page in told["receipts"] if page["kind"] == "Page"}.values():
            typer.echo(f"  {_paged(page)}")
        for role in told["roles"]:
            typer.echo(f"  {role['name']}{colon()}{role['holder_name'] or '-'}")
        for fact in talk.get(at("incidents", incident, "facts"))["facts"]:
            if all or not fact["quiet"]:
                typer.echo(f"{fact['local']}  {fact['said']}")


def _paged(page: dict[str, Any]) -> str:  # Any: the fields of a receipt, as the API tells them
    """Somebody's newest page: how far it got, and why no further where it failed."""
    words = text("paged {person}: {reached}", person=page["name"], reached=REACHED[page["reached"]])
    return say_words(words, language()) + (f" ({page['failed']})" if page["failed"] else "")


def declare(
    service: Annotated[str, typer.Argument(help="a service, by its id or a name of it")],
    title: Annotated[str, typer.Argument(help="what is broken, in a line")],
    severity: Annotated[int | None, typer.Option(min=1, max=5, help="1 is the worst; left out: the service's own")] = None,
    person: As = "",
) -> None:
    """Open an incident by hand."""
    with one_line_errors():
        made = Talk(person=person).post("/api/v1/incidents", {"service": service, "title": title, "severity": severity})
        typer.echo(made["incident"])


def ack(incident: Incident, person: As = "") -> None:
    """Take it on."""
    _do(incident, person, {"deed": "Acknowledge"})


def say(
    incident: Incident,
    words: Annotated[str, typer.Argument(help="what you say")],
    person: As = "",
    picture: Annotated[Path | None, typer.Option(help="a picture to go with it")] = None,
) -> None:
    """Say something in the topic; a word like 升级 or /role does it."""
    with one_line_errors():
        talk = Talk(person=person)
        pictures = [talk.post_file("/api/v1/artifacts", picture)["hash"]] if picture else []
        told(talk.post(at("incidents", incident, "deeds"), {"deed": "Speak", "words": words, "pictures": pictures}))


def role(
    incident: Incident,
    role: Annotated[str, typer.Argument(help="a role, by its id or its name")],
    to: Annotated[str, typer.Argument(help="a person; left out: you")] = "",
    reason: Reason = "",
    person: As = "",
) -> None:
    """Take a role, or give it to somebody."""
    _do(incident, person, {"deed": "GiveRole", "role": role, "to": to, "reason": reason} if to else {"deed": "TakeRole", "role": role})


def do(
    incident: Incident,
    deed: Annotated[str, typer.Argument(help="one of those above")],
    reason: Reason = "",
    whom: Annotated[str, typer.Option(help="for CallIn: a person")] = "",
    severity: Annotated[int, typer.Option(help="for SetSeverity: 1 to 5, 1 is the worst", show_default=False)] = 0,
    person: As = "",
) -> None:
    """Do anything else: Escalate, CallIn, JoinMeeting, Mitigate, Resolve, DoubtRecovery, DeclareFalseAlarm, SetSeverity."""
    given = {"reason": reason, "whom": whom, "severity": severity}
    _do(incident, person, {"deed": deed} | {name: value for name, value in given.items() if value})


def inbox(person: As = "") -> None:
    """What wants you now; reading it here counts as read."""
    with one_line_errors():
        talk = Talk(person=person)
        words = talk.get("/api/v1/inbox")["words"]
        if not words:
            tell(text("nothing wants you now"), err=True)
        for word in words:
            reached = say_words(REACHED[word["reached"]], language())
            typer.echo(f"{word['incident']}  {word['local']}  [{reached}]  {word['said']}")
        talk.post("/api/v1/inbox/read", {})


def _do(incident: str, person: str, deed: dict[str, Any]) -> None:  # Any: the deed's own fields, checked by the house
    with one_line_errors():
        told(Talk(person=person).post(at("incidents", incident, "deeds"), deed))


def told(answer: dict[str, Any]) -> None:  # as above
    """What became of a deed, each thing once; or that it was so already."""
    for said in dict.fromkeys(fact["said"] for fact in answer["facts"]):
        typer.echo(said)
    if not answer["facts"]:
        tell(text("nothing has changed: it was so already"), err=True)
