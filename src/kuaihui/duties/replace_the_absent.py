"""
Pass a role from somebody absent to somebody present, on evidence.

Rule 1: evidence of absence is that, since they were last asked or given the role, they have neither read, joined, written nor done anything
        for the role's `absent_after`. A change of state alone is none.
Rule 2: who took a role themself keeps it, and so does who is in the meeting: silence at work is not absence; the policy's `silent_after`
        looks after that.
Rule 3: the role goes to somebody who has shown that they are there: a candidate of the role first, then whoever holds fewest roles.
        While nobody is there, nothing is passed on.
Rule 4: the one passed over is told, and becomes the second; on the same occasion the role does not come back to them by itself, so it is
        passed on at most once a person.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from kuaihui.catalog.catalog import Catalog
from kuaihui.catalog.roles import Role
from kuaihui.duties.due import Conclude, Due
from kuaihui.duties.fill_the_roles import candidates
from kuaihui.incident.fact import HOUSE
from kuaihui.incident.holders import Part, holders, in_meeting, last_seen, parts
from kuaihui.incident.paged import pages
from kuaihui.incident.phases import Phase
from kuaihui.incident.roles import RoleGiven
from kuaihui.incident.room import MeetingOpened
from kuaihui.incident.timeline import Timeline
from kuaihui.language import Text, text
from kuaihui.language.durations import in_words
from kuaihui.orders import Tell


def due(timeline: Timeline, catalog: Catalog, now: datetime) -> Iterator[Due | Conclude]:
    """A role passed on for each absent one, and a word to both."""
    if timeline.phase in (Phase.OPEN, Phase.ENGAGED):
        for part in parts(timeline).values():
            if part.role in catalog.roles:
                yield from _pass_on(timeline, catalog, part, now)
    yield from _tell(timeline)


def _pass_on(timeline: Timeline, catalog: Catalog, part: Part, now: datetime) -> Iterator[Conclude]:
    role, absent = catalog.roles[part.role], part.holder or part.asked
    if not absent or part.took_it or part.since is None or absent in in_meeting(timeline):
        return
    # Whoever was only asked is absent from the first call they slept through; whoever was given the role, from then on.
    since = part.since if part.holder else _asked_since(timeline, absent, part.since)
    seen = last_seen(timeline, timeline.occasion).get(absent)
    if seen is not None and seen >= since:
        return
    stand_in = _stand_in(timeline, catalog, role, absent, now)
    if stand_in is None:
        return
    at = max(since + role.absent_after, part.since)
    reason = _evidence(timeline, absent, role)
    yield Conclude(at, RoleGiven(at=at, role=role.id, person=stand_in, former=absent, reason=reason))


def _asked_since(timeline: Timeline, person: str, asked: datetime) -> datetime:
    """When the person was first called for on this occasion: a page they slept through counts from the page."""
    return min([asked, *_called(timeline, person)])


def _stand_in(timeline: Timeline, catalog: Catalog, role: Role, absent: str, now: datetime) -> str | None:
    """Who is there and may take the role."""
    passed_over = {given.former for given in timeline.all(RoleGiven, timeline.occasion) if given.role == role.id}
    present = [
        person
        for person, seen in last_seen(timeline, timeline.occasion).items()
        if person in catalog.people and person not in (absent, *passed_over) and seen >= _last_called(timeline, person, seen)
    ]
    if not present:
        return None
    for person, _ in candidates(timeline, catalog, role, now):
        if person in present:
            return person
    held = list(holders(timeline).values())
    return min(present, key=held.count)


def _last_called(timeline: Timeline, person: str, otherwise: datetime) -> datetime:
    """When the person was last paged on this occasion: whoever has not stirred since is not there."""
    return max(_called(timeline, person), default=otherwise)


def _called(timeline: Timeline, person: str) -> list[datetime]:
    """When the person was paged on this occasion."""
    since = timeline.occasion
    return [at for number, at, page in pages(timeline) if number >= since and page.person == person]


def _evidence(timeline: Timeline, absent: str, role: Role) -> Text:
    who, span = f"@{absent}", in_words(role.absent_after)
    if timeline.has(MeetingOpened) and absent not in in_meeting(timeline):
        return text("{person} has not read, joined or answered for {span}", person=who, span=span)
    return text("{person} has not read or answered for {span}", person=who, span=span)


def _tell(timeline: Timeline) -> Iterator[Due]:
    """The passed-over one and the new holder each get a word."""
    for number, given in timeline.numbered(RoleGiven):
        if given.by != HOUSE or not given.former:
            continue
        for person in (given.former, given.person):
            yield Due(given.at, Tell(occasion=number, person=person, about=f"role {given.role}", words=_word(given, person)))


def _word(given: RoleGiven, person: str) -> Text:
    role = f"@role:{given.role}"
    if person == given.former:
        return text(
            "{role} passed to {person} ({reason}). You are the second now: read in when you can.",
            role=role,
            person=f"@{given.person}",
            reason=given.reason,
        )
    return text("You are {role} now: {reason}", role=role, reason=given.reason)
