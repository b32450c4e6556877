"""Who holds which role, who is asked, who stands second; and who is present."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import msgspec

from kuaihui.incident.fact import Fact
from kuaihui.incident.pages import Acknowledged, Escalated, Read
from kuaihui.incident.recovery import Closed, Mitigated, Resolved
from kuaihui.incident.roles import RoleDeclined, RoleGiven, RoleProposed, RoleTaken
from kuaihui.incident.room import DocumentEdited, MeetingJoined, MeetingLeft, MessagePosted, Reacted, Visited
from kuaihui.incident.timeline import Timeline, remembered

# What shows that somebody is there, whether or not they say a word.
PRESENCE: tuple[type[Fact], ...] = (
    Read,
    Visited,
    Acknowledged,
    Escalated,
    MessagePosted,
    Reacted,
    MeetingJoined,
    DocumentEdited,
    RoleTaken,
    RoleDeclined,
    Mitigated,
    Resolved,
)


_ROLES: tuple[type[Fact], ...] = (RoleProposed, RoleTaken, RoleGiven, RoleDeclined, Closed)


class Part(msgspec.Struct):
    """
    One role as it stands: its holder since when, or who is asked since when, and the second.

    Nobody is asked any more once the incident is closed: whoever was, and did not answer, is `unanswered`.
    """

    role: str
    holder: str = ""
    asked: str = ""
    since: datetime | None = None
    number: int = 0  # of the fact that made it so
    took_it: bool = False  # the holder said so themself
    second: str = ""
    declined: tuple[str, ...] = ()
    unanswered: str = ""


@remembered
def parts(timeline: Timeline) -> dict[str, Part]:
    """Every role that was ever proposed, taken or given, as it stands now."""
    found: dict[str, Part] = {}
    for number, fact in timeline.of(_ROLES):
        match fact:
            case RoleProposed(role=role):
                part = found.setdefault(role, Part(role))
                if not part.holder:
                    part.asked, part.unanswered, part.since, part.number = fact.person, "", fact.at, number
            case RoleTaken(role=role):
                part = found.setdefault(role, Part(role))
                _pass_on(part, fact.by, fact.at, number, took_it=True)
            case RoleGiven(role=role):
                part = found.setdefault(role, Part(role))
                _pass_on(part, fact.person, fact.at, number, took_it=False)
                part.second = fact.former or part.second
            case RoleDeclined(role=role):
                part = found.setdefault(role, Part(role))
                _decline(part, fact.by)
            case Closed():
                _ask_no_more(found.values())
            case _:
                continue
    return found


def _pass_on(part: Part, person: str, at: datetime, number: int, *, took_it: bool) -> None:
    if part.holder and part.holder != person:
        part.second = part.holder
    part.holder, part.asked, part.since, part.number, part.took_it = person, "", at, number, took_it
    part.unanswered = ""


def _ask_no_more(known: Iterable[Part]) -> None:
    for part in known:
        if part.asked:
            part.asked, part.unanswered = "", part.asked


def _decline(part: Part, person: str) -> None:
    part.declined = (*part.declined, person)
    if part.holder == person:
        part.holder = ""
    if part.asked == person:
        part.asked = ""


def holders(timeline: Timeline) -> dict[str, str]:
    """Who holds each role now."""
    return {role: part.holder for role, part in parts(timeline).items() if part.holder}


@remembered
def last_seen(timeline: Timeline, since: int = 0) -> dict[str, datetime]:
    """When each person last showed that they are there, from the fact number `since` on."""
    seen: dict[str, datetime] = {}
    for _, fact in timeline.of(PRESENCE, since):
        seen[fact.person if isinstance(fact, Read) else fact.by] = fact.at
    return seen


@remembered
def in_meeting(timeline: Timeline) -> set[str]:
    """Who is in the meeting now."""
    inside: set[str] = set()
    for _, fact in timeline.of((MeetingJoined, MeetingLeft)):
        if isinstance(fact, MeetingJoined):
            inside.add(fact.by)
        else:
            inside.discard(fact.by)
    return inside
